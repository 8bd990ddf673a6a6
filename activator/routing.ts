// From callers to sandboxes, whole: leases, gates and new sessions, kept up to date by the feed. Knows nothing of HTTP, so that
// simulations can call as requests do. S2 (leases while work is in hand) is lease-book.ts, S3 (nobody waits in vain) gates.ts.
import type { Cancel, Clock } from '../model/clock.ts';
import type { DemandCounter } from '../model/demand-tally.ts';
import type { Ids } from '../model/open-session.ts';
import type { LeaseRecallFeed, Runtimes, SessionFeed, Thawer, Wakes } from '../model/platform.ts';
import { runtimeKeyText, type RuntimeKey } from '../model/sandbox.ts';
import type { Leases, SessionReads, SessionWrites, WarmPool } from '../model/session-store.ts';
import type { Session } from '../model/session.ts';
import type { Limits } from './core/admission.ts';
import { failed } from './core/failures.ts';
import { DirectWakes } from './direct-wakes.ts';
import { Gates } from './gates.ts';
import { LeaseBook, type Log } from './lease-book.ts';
import { Resolver, type Caller } from './resolve.ts';
import { Sleepers } from './sleepers.ts';
import { WaitingRoom } from './waiting-room.ts';

export interface RoutingDeps {
  readonly store: Pick<SessionReads, 'get'> &
    Pick<SessionWrites, 'create' | 'save' | 'saveLeased'> &
    Pick<WarmPool, 'claim'> &
    Pick<Leases, 'acquire' | 'renew' | 'release'>;
  readonly runtimes: Runtimes;
  readonly wakes: Wakes;
  /** Wakes sandboxes where they lie; without it `wakes` is asked for all. Needs a store that tells the feed of what it stores. */
  readonly thawer?: Thawer;
  readonly feed: SessionFeed;
  readonly recalls: LeaseRecallFeed;
  /** Told of each new session. */
  readonly demand?: DemandCounter;
  readonly ids: Ids;
  readonly clock: Clock;
  readonly log: Log;
}

export interface RoutingConfig extends Limits {
  /** How long a request waits for its sandbox (ms). */
  readonly wakeTimeoutMs: number;
  /**
   * How long a lease lasts (ms): so long sessions that are in use stay reachable while the store is away. Renewed each second,
   * given back when a session rests; one that is held by an activator that died keeps its session from being paused for so long.
   */
  readonly leaseMs: number;
}

export interface RoutingStats {
  /** Requests, streams and sockets that were forwarded and have not ended. */
  readonly inHand: number;
  readonly waiting: number;
  /** Sessions that requests wait for. */
  readonly gates: number;
  /** Sessions that are forwarded to under a lease. */
  readonly leases: number;
}

const drainLookMs = 20;
/** A store that does not answer keeps nobody from stopping: its leases run out by themselves. */
const leastReturnMs = 1_000;

export class Routing {
  /** Counts what is in hand: whoever forwards for a caller enters it there. */
  readonly room: WaitingRoom;
  readonly #clock: Clock;
  readonly #leases: LeaseBook;
  readonly #gates: Gates;
  readonly #resolver: Resolver;
  readonly #stops: readonly Cancel[];
  #draining = false;

  constructor(deps: RoutingDeps, config: RoutingConfig) {
    const { store, clock, log, feed } = deps;
    const { wakeTimeoutMs, leaseMs } = config;
    const room = (this.room = new WaitingRoom(config));
    const wakes: Wakes = { wake: (sessionId, seen) => (direct ?? deps.wakes).wake(sessionId, seen) };
    const leases = new LeaseBook({ store, wakes, clock, log, holder: deps.ids.uuid(), leaseMs });
    const sleepers = new Sleepers();
    const asleep = (sessionId: string): Session | undefined => sleepers.find(sessionId);
    const gates = new Gates({ wakes, clock, log, leases, wakeTimeoutMs, asleep });
    const direct = directWakes(deps, leases, gates, sleepers);
    this.#resolver = new Resolver({ ...deps, opening: deps, wakes, leases, gates, room });
    this.#clock = clock;
    this.#leases = leases;
    this.#gates = gates;
    this.#stops = [
      () => direct?.close(),
      feed.subscribe((session) => {
        if (direct) sleepers.changed(session);
        leases.changed(session);
        if (!direct?.isOwn(session)) gates.changed(session);
      }),
      feed.onGap(() => {
        sleepers.clear();
        leases.recheck();
        gates.recheck();
      }),
      deps.recalls.onRecall((sessionId) => leases.recall(sessionId)),
    ];
  }

  get draining(): boolean {
    return this.#draining;
  }

  /** `sessionId`: of the session that is asked for; undefined asks for a new one. */
  resolve(caller: Caller, sessionId: string | undefined): void {
    this.#resolver.resolve(caller, sessionId);
  }

  /** Whether a caller would be forwarded to this session at once. */
  isAwake(sessionId: string): boolean {
    return this.#leases.usable(sessionId, this.#clock.now()) !== undefined;
  }

  /** See Activator.drain. */
  async drain(deadlineMs: number): Promise<void> {
    const clock = this.#clock;
    this.#draining = true;
    this.#resolver.close();
    this.#gates.close(failed('SHUTTING_DOWN'));
    const end = clock.monotonic() + deadlineMs;
    while (this.room.inHand > 0 && clock.monotonic() < end) {
      await new Promise<void>((resolve) => clock.after(drainLookMs, resolve));
    }
    for (const stop of this.#stops) stop();
    await atMost(clock, Math.max(end - clock.monotonic(), leastReturnMs), this.#leases.close());
  }

  /** Requests in hand and those that wait for a sandbox, by runtime; looked for when it is asked. */
  inFlight(): Iterable<readonly [RuntimeKey, number]> {
    const sums = new Map<string, [RuntimeKey, number]>();
    const add = ([key, count]: readonly [RuntimeKey, number]): void => {
      const text = runtimeKeyText(key);
      sums.set(text, [key, count + (sums.get(text)?.[1] ?? 0)]);
    };
    for (const one of this.#leases.inHand()) add(one);
    for (const one of this.room.byRuntime()) add(one);
    return sums.values();
  }

  stats(): RoutingStats {
    const { inHand, waiting } = this.room;
    return { inHand, waiting, gates: this.#gates.size, leases: this.#leases.size };
  }
}

/** Who wakes sandboxes where they lie; undefined where nobody can. */
function directWakes(
  deps: RoutingDeps,
  leases: LeaseBook,
  gates: Gates,
  sleepers: Sleepers,
): DirectWakes | undefined {
  const { thawer, wakes: fallback, store, clock, log } = deps;
  if (!thawer) return undefined;
  const onAwake = (session: Session): void => gates.awake(session);
  const onDoubt = (sessionId: string): void => {
    sleepers.forget(sessionId);
    gates.doubt(sessionId);
  };
  return new DirectWakes({ store, thawer, fallback, leases, clock, log, onAwake, onDoubt });
}

/** Resolves with the work, or when it takes longer. */
async function atMost(clock: Clock, ms: number, work: Promise<void>): Promise<void> {
  const late = Promise.withResolvers<undefined>();
  const cancel = clock.after(ms, () => late.resolve(undefined));
  await Promise.race([work, late.promise]).finally(cancel);
}
