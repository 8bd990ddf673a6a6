// What a runtime's warm pool needs now, and which pool's start comes first. Decides only; starting and stopping is the shell's
// (controller/pools.ts, controller/pool-starter.ts).
// S1, S5: a sandbox of an older revision, or of a runtime that is gone, is taken out and never handed on.
import type { WarmSandbox } from '../../model/session-store.ts';

export interface PoolFacts {
  /** null when the runtime is not deployed (any more). */
  readonly wanted: { readonly revision: string; readonly size: number } | null;
  /** The runtime's warm sandboxes of whatever revision, oldest first. */
  readonly mine: readonly WarmSandbox[];
  /** Starts under way for its newest revision. */
  readonly starting: number;
}

export interface PoolPlan {
  readonly start: number;
  /** Sandboxes to take out and stop, oldest revision first. */
  readonly retire: readonly WarmSandbox[];
  readonly ready: number;
}

/**
 * The difference between the pool as it is and as it should be. The oldest go first: what they hold in memory was reclaimed or has
 * gone stale (connections, certificates) more likely than in those that were made after them.
 */
export function planPool({ wanted, mine, starting }: PoolFacts): PoolPlan {
  const current = mine.filter((entry) => entry.revision === wanted?.revision);
  const size = wanted?.size ?? 0;
  const surplus = current.slice(0, Math.max(0, current.length - size));
  return {
    start: Math.max(0, size - current.length - starting),
    retire: [...mine.filter((entry) => entry.revision !== wanted?.revision), ...surplus],
    ready: Math.min(current.length, size),
  };
}

/** A pool as far as it matters for whose start comes first. */
export interface Lack {
  /** How many starts it lacks beside those under way. */
  readonly lacking: number;
  readonly starting: number;
  readonly ready: number;
  readonly size: number;
  /** Starts that failed in a row. */
  readonly failures: number;
  /** Nothing is tried before (ms since the epoch). */
  readonly quietUntil: number;
  /** Grows with each start of any pool: when this one had its last. */
  readonly lastTurn: number;
}

/** One that fails may take its time for it: it does not get to hold up the others. */
const mayStart = ({ lacking, starting, failures, quietUntil }: Lack, now: number): boolean =>
  lacking > 0 && now >= quietUntil && (failures === 0 || starting === 0);

const filled = ({ ready, starting, size }: Lack): number => (ready + starting) / Math.max(1, size);

const before = (one: Lack, other: Lack): boolean => {
  const order = one.starting - other.starting || filled(one) - filled(other) || one.lastTurn - other.lastTurn;
  return order < 0;
};

/**
 * Which pool starts a sandbox next: the one with the fewest on their way (max-min fair, so that slow starts of one take no more
 * than its share), of those the emptiest, of those whoever waited longest. Undefined when none may start any now.
 */
export function nextToStart<T extends Lack>(lacks: Iterable<T>, now: number): T | undefined {
  let first: T | undefined;
  for (const one of lacks) if (mayStart(one, now) && (!first || before(one, first))) first = one;
  return first;
}

const firstBackoffMs = 1_000;
const longestBackoffMs = 60_000;

/** How long to leave a pool alone after that many failed starts in a row (ms): 1 s, doubling to a minute. */
export const backoffMs = (failures: number): number =>
  Math.min(longestBackoffMs, firstBackoffMs * 2 ** Math.max(0, failures - 1));
