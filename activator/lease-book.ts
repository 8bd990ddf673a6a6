// The sessions this activator may forward to without asking: their leases, doors and work in hand.
// S2: a lease is extended while work is in hand. S6: news of an older version changes nothing.
// What is extended, given back or dropped is decided in core/leases.ts; when one is asked for, in gates.ts.
import type { Clock } from '../model/clock.ts';
import type { Wakes } from '../model/platform.ts';
import { runtimeKeyText, type RuntimeKey } from '../model/sandbox.ts';
import type { LeaseClaim, Leases, Saved, SessionWrites } from '../model/session-store.ts';
import type { Session } from '../model/session.ts';
import { effectOf, isUsable, upkeepMs, upkeepOf, type Held } from './core/leases.ts';
import { doorsOf, type Door } from './doors.ts';
import { OwedLeases } from './owed-leases.ts';

export type Log = (message: string, fields: Readonly<Record<string, unknown>>) => void;

export interface LeaseBookDeps {
  readonly store: Pick<Leases, 'acquire' | 'renew' | 'release'> & Pick<SessionWrites, 'saveLeased'>;
  readonly wakes: Wakes;
  readonly clock: Clock;
  readonly log: Log;
  /** Names this activator among those that hold leases; the names its leases are held by begin with it. */
  readonly holder: string;
  /** How long a lease lasts from when it is asked for (ms). */
  readonly leaseMs: number;
}

/** A session that may be forwarded to for as long as its lease lives. */
export interface Route extends Held {
  readonly targetText: string;
  readonly ownerId: string | undefined;
  readonly doors: readonly Door[];
  /** Begins a piece of work. The answer ends it; more calls than one count once. */
  work(): () => void;
  /** The sandbox is not where it should be: the store is asked before it is forwarded to again. Work in hand goes on. */
  doubt(): void;
}

class LeasedRoute implements Route {
  readonly sessionId: string;
  readonly generation: number;
  readonly runtime: RuntimeKey;
  readonly targetText: string;
  readonly ownerId: string | undefined;
  readonly doors: readonly Door[];
  readonly pauseAfterMs: number | null;
  readonly #clock: Clock;
  version: number;
  leasedUntil: number;
  /** The name that the store knows the lease by. */
  holder: string;
  inHand = 0;
  lastActivityAt: number;
  touched = true;

  constructor(session: Session, leasedUntil: number, holder: string, clock: Clock) {
    this.sessionId = session.id;
    this.generation = session.generation;
    this.runtime = session.runtime;
    this.targetText = runtimeKeyText(session.runtime);
    this.ownerId = session.ownerId;
    this.doors = doorsOf(session, clock);
    this.pauseAfterMs = session.policy.pauseAfterMs;
    this.version = session.version;
    this.leasedUntil = leasedUntil;
    this.holder = holder;
    this.#clock = clock;
    this.lastActivityAt = clock.now();
  }

  work(): () => void {
    this.inHand += 1;
    this.#touch();
    let over = false;
    return () => {
      if (over) return;
      over = true;
      this.inHand -= 1;
      this.#touch();
    };
  }

  doubt(): void {
    this.leasedUntil = 0;
  }

  #touch(): void {
    this.touched = true;
    this.lastActivityAt = this.#clock.now();
  }

  close(): void {
    for (const door of this.doors) if ('pool' in door) door.pool.close();
  }
}

/** How often a lease of a session is being asked for, and the newest that was heard of it meanwhile. */
interface Asking {
  count: number;
  news: Session | undefined;
}

const claimOf = ({ sessionId, generation, lastActivityAt }: Held): LeaseClaim => ({
  sessionId,
  generation,
  lastActivityAt,
});

export class LeaseBook {
  readonly #deps: LeaseBookDeps;
  readonly #routes = new Map<string, LeasedRoute>();
  readonly #releasing = new Map<string, Promise<void>>();
  /** Sessions that a lease was asked for: giving one back meanwhile would take away the new one. */
  readonly #asking = new Map<string, Asking>();
  readonly #owed: OwedLeases;
  readonly #stopUpkeep: () => void;
  /** What leases are asked for by. Another name after one could not be given back, because that may still happen, late. */
  #holder: string;
  #names = 1;
  #renewing = false;
  #doubted = false;
  /** A recheck was asked for while a renewal was on its way. */
  #renewAgain = false;
  #closed = false;

  constructor(deps: LeaseBookDeps) {
    this.#deps = deps;
    this.#owed = new OwedLeases(deps.store);
    this.#holder = deps.holder;
    this.#stopUpkeep = deps.clock.every(upkeepMs, () => this.#upkeep());
  }

  get size(): number {
    return this.#routes.size;
  }

  /** Work in hand, session by session; of several sessions of a runtime each is told. */
  *inHand(): Iterable<readonly [RuntimeKey, number]> {
    for (const { runtime, inHand } of this.#routes.values()) if (inHand > 0) yield [runtime, inHand];
  }

  /** The route of a session under a living lease; undefined means: ask. */
  usable(sessionId: string, now: number): Route | undefined {
    const route = this.#routes.get(sessionId);
    return route && isUsable(route, now) ? route : undefined;
  }

  /** Asks the store for a lease and enters it; answers as the store does. Rejects with STORE_UNAVAILABLE. */
  acquire(sessionId: string): ReturnType<Leases['acquire']> {
    return this.#ask(sessionId, async (holder, until, now) => {
      const answer = await this.#deps.store.acquire(sessionId, holder, until, now);
      if (answer.granted && answer.record) this.#grant(answer.record.session, until, holder);
      return answer;
    });
  }

  /** Stores a session that runs, with a lease on it, and enters that. Rejects with STORE_UNAVAILABLE; it may have been stored then. */
  awaken(session: Session, dueAt: number | null): Promise<Saved> {
    return this.#ask(session.id, async (holder, until) => {
      const saved = await this.#deps.store.saveLeased(session, dueAt, holder, until);
      if (saved === 'saved') this.#grant(session, until, holder);
      return saved;
    });
  }

  /** News may overtake the answer: what was heard meanwhile counts after it. */
  async #ask<T>(
    sessionId: string,
    ask: (holder: string, until: number, now: number) => Promise<T>,
  ): Promise<T> {
    const { clock, leaseMs } = this.#deps;
    await this.#releasing.get(sessionId);
    const now = clock.now();
    const asking = this.#asking.get(sessionId) ?? { count: 0, news: undefined };
    this.#asking.set(sessionId, asking);
    asking.count += 1;
    try {
      return await ask(this.#holder, now + leaseMs, now);
    } finally {
      asking.count -= 1;
      if (asking.count === 0) this.#asking.delete(sessionId);
      if (asking.news) this.changed(asking.news);
    }
  }

  #grant(session: Session, until: number, holder: string): void {
    const known = this.#routes.get(session.id);
    if (known?.generation === session.generation) {
      known.version = Math.max(known.version, session.version);
      return this.#extend(known, until, holder);
    }
    known?.close();
    const route = new LeasedRoute(session, until, holder, this.#deps.clock);
    if (this.#closed) void this.#release([route]);
    else this.#routes.set(route.sessionId, route);
  }

  /** News of a session. */
  changed(session: Session): void {
    const asking = this.#asking.get(session.id);
    if (asking && session.version > (asking.news?.version ?? 0)) asking.news = session;
    const route = this.#routes.get(session.id);
    if (!route || session.version <= route.version) return;
    route.version = session.version;
    const effect = effectOf(route.generation, session);
    if (effect === 'drop') this.#forget(route);
    else if (effect === 'revoke') this.#revoke(route, session);
  }

  /** Gives a lease back before its time; work in hand, or on its way, keeps it (S2). */
  recall(sessionId: string): void {
    const route = this.#routes.get(sessionId);
    if (!route || route.inHand > 0 || this.#asking.has(sessionId)) return;
    this.#forget(route);
    void this.#release([route]);
  }

  /** News may have been missed, or the store may have lost what it knew: every lease that is still wanted is renewed now. */
  recheck(): void {
    this.#doubted = true;
    if (this.#renewing) this.#renewAgain = true;
    else this.#upkeep();
  }

  /** Gives every lease back and keeps no connection. Never rejects. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#stopUpkeep();
    const all = [...this.#routes.values()];
    for (const route of all) this.#forget(route);
    await Promise.all([this.#release(all), this.#owed.settle()]);
  }

  #extend(route: LeasedRoute, until: number, holder: string): void {
    route.leasedUntil = Math.max(route.leasedUntil, until);
    if (route.holder === holder) return;
    this.#owed.add(route.holder, [claimOf(route)]);
    route.holder = holder;
  }

  #forget(route: LeasedRoute): void {
    route.leasedUntil = 0;
    route.close();
    if (this.#routes.get(route.sessionId) === route) this.#routes.delete(route.sessionId);
  }

  /** S2: what is in hand keeps its sandbox awake, so a pause that came all the same is undone. */
  #revoke(route: LeasedRoute, seen?: Session): void {
    route.leasedUntil = 0;
    if (route.inHand > 0) this.#deps.wakes.wake(route.sessionId, seen);
    else this.#forget(route);
  }

  #upkeep(): void {
    const now = this.#deps.clock.now();
    const renew: LeasedRoute[] = [];
    const release: LeasedRoute[] = [];
    for (const route of this.#routes.values()) {
      const due = upkeepOf(route, now, this.#doubted);
      if (due === 'renew') renew.push(route);
      else if (due !== 'leave' && !this.#asking.has(route.sessionId)) {
        if (due === 'release') release.push(route);
        this.#forget(route);
      }
      for (const door of route.doors) if ('pool' in door) door.pool.sweep();
    }
    void this.#owed.settle();
    void this.#release(release);
    void this.#renew(renew, now);
  }

  async #renew(routes: readonly LeasedRoute[], now: number): Promise<void> {
    if (this.#renewing) return;
    this.#doubted = false;
    if (routes.length === 0) return;
    this.#renewing = true;
    for (const route of routes) route.touched = false;
    try {
      await this.#askToRenew(routes, now + this.#deps.leaseMs);
    } catch (fault) {
      for (const route of routes) route.touched = true;
      // A store that was away may come back without the leases that nobody uses just now.
      this.#doubted = true;
      this.#deps.log('leases could not be renewed; trying again', { fault, sessions: routes.length });
    } finally {
      this.#renewing = false;
    }
    if (!this.#renewAgain) return;
    this.#renewAgain = false;
    this.#doubted = true;
    this.#upkeep();
  }

  async #askToRenew(routes: readonly LeasedRoute[], until: number): Promise<void> {
    const holder = this.#holder;
    const asked = routes.map((route) => ({ route, version: route.version }));
    const rejected = new Set(await this.#deps.store.renew(routes.map(claimOf), holder, until));
    for (const { route, version } of asked) {
      // News that came meanwhile may be newer than the answer; the next round asks again.
      const stands = route.version === version && this.#routes.get(route.sessionId) === route;
      if (!stands) continue;
      if (rejected.has(route.sessionId)) this.#revoke(route);
      else this.#extend(route, until, holder);
    }
  }

  async #release(routes: readonly LeasedRoute[]): Promise<void> {
    const byHolder = Map.groupBy(routes, ({ holder }) => holder);
    await Promise.all([...byHolder].map(([holder, held]) => this.#giveBack(holder, held.map(claimOf))));
  }

  async #giveBack(holder: string, claims: readonly LeaseClaim[]): Promise<void> {
    const done = this.#deps.store.release(claims, holder).catch((fault: unknown) => {
      this.#deps.log('leases could not be given back; trying again', { fault, sessions: claims.length });
      this.#owed.add(holder, claims);
      // What this name gives back may be taken late: it asks for no lease any more.
      if (holder === this.#holder) this.#holder = `${this.#deps.holder}.${++this.#names}`;
    });
    for (const { sessionId } of claims) this.#releasing.set(sessionId, done);
    await done;
    for (const { sessionId } of claims) {
      if (this.#releasing.get(sessionId) === done) this.#releasing.delete(sessionId);
    }
  }
}
