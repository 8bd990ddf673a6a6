// Which leases to extend, give back or forget, once a second, and what a session's change means for the one held on it.
// S2: a lease never runs out while work is in hand. Nothing but work extends one, so nothing but work keeps a session awake.
import type { Session, StateKind } from '../../model/session.ts';

/** How often leases are looked after (ms). */
export const upkeepMs = 1_000;
/** A lease is not relied upon in its last moments (ms): the request has yet to reach the sandbox. */
const marginMs = 250;

export interface Held {
  readonly sessionId: string;
  readonly generation: number;
  /** 0 when it was revoked. */
  readonly leasedUntil: number;
  /** Requests, streams and sockets. */
  readonly inHand: number;
  readonly lastActivityAt: number;
  /** Used since the store was last told. */
  readonly touched: boolean;
  readonly pauseAfterMs: number | null;
}

export const isUsable = (held: Pick<Held, 'leasedUntil'>, now: number): boolean =>
  held.leasedUntil - marginMs > now;

export type Upkeep = 'renew' | 'release' | 'forget' | 'leave';

/**
 * What to do with one lease at `now` (ms since the epoch). `doubted`: the store may have lost it, so it is renewed unless it
 * would be given up anyway; the session counts as no more active for that.
 */
export function upkeepOf(held: Held, now: number, doubted: boolean): Upkeep {
  if (held.inHand > 0) return 'renew';
  if (held.leasedUntil <= now) return held.touched ? 'release' : 'forget';
  if (held.pauseAfterMs !== null && now - held.lastActivityAt >= held.pauseAfterMs) return 'release';
  return held.touched || doubted ? 'renew' : 'leave';
}

/** `revoke`: ask the store before the next request. `drop`: the sandbox that was leased is gone. */
export type Effect = 'keep' | 'revoke' | 'drop';

/** A frozen sandbox is the same sandbox: what it has in hand goes on when it is woken. */
const effects: Readonly<Record<StateKind, Effect>> = {
  creating: 'drop',
  running: 'keep',
  pausing: 'revoke',
  paused: 'revoke',
  resuming: 'revoke',
  suspending: 'drop',
  suspended: 'drop',
  restarting: 'drop',
  ending: 'drop',
  ended: 'drop',
};

/** What a newer version of the session means for a lease on `generation`. */
export function effectOf(generation: number, session: Session): Effect {
  if (session.generation !== generation) return 'drop';
  return effects[session.state.kind];
}
