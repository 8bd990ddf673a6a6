// The sessions this activator may forward to without asking: their leases, doors and work in hand.
// S2: a lease is extended while work is in hand. S6: news of an older version changes nothing.
// What is extended, given back or dropped is decided in core/leases.ts; how a lease is got, in gates.ts.
import type { Clock } from '../model/clock.ts';
import type { Wakes } from '../model/platform.ts';
import { runtimeKeyText } from '../model/sandbox.ts';
import type { LeaseClaim, Leases, SessionRecord } from '../model/session-store.ts';
import type { Session } from '../model/session.ts';
import { effectOf, isUsable, upkeepMs, upkeepOf, type Held } from './core/leases.ts';
import { doorsOf, type Door } from './doors.ts';

export type Log = (message: string, fields: Readonly<Record<string, unknown>>) => void;

export interface LeaseBookDeps {
  readonly store: Pick<Leases, 'renew' | 'release'>;
  readonly wakes: Wakes;
  readonly clock: Clock;
  readonly log: Log;
  /** Names this activator among those that hold leases. */
  readonly holder: string;
  /** How long a renewed lease lasts (ms). */
  readonly leaseMs: number;
}

/** A session that may be forwarded to for as long as its lease lives. */
export interface Route extends Held {
  readonly targetText: string;
  readonly doors: readonly Door[];
  /** Begins a piece of work. The answer ends it; more calls than one count once. */
  work(): () => void;
}

class LeasedRoute implements Route {
  readonly sessionId: string;
  readonly generation: number;
  readonly targetText: string;
  readonly doors: readonly Door[];
  readonly pauseAfterMs: number | null;
  readonly #clock: Clock;
  version: number;
  leasedUntil: number;
  inHand = 0;
  lastActivityAt: number;
  touched = true;

  constructor({ session }: SessionRecord, leasedUntil: number, clock: Clock) {
    this.sessionId = session.id;
    this.generation = session.generation;
    this.targetText = runtimeKeyText(session.runtime);
    this.doors = doorsOf(session, clock);
    this.pauseAfterMs = session.policy.pauseAfterMs;
    this.version = session.version;
    this.leasedUntil = leasedUntil;
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

  #touch(): void {
    this.touched = true;
    this.lastActivityAt = this.#clock.now();
  }

  close(): void {
    for (const door of this.doors) if ('pool' in door) door.pool.close();
  }
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
  readonly #stopUpkeep: () => void;
  #renewing = false;

  constructor(deps: LeaseBookDeps) {
    this.#deps = deps;
    this.#stopUpkeep = deps.clock.every(upkeepMs, () => this.#upkeep());
  }

  get size(): number {
    return this.#routes.size;
  }

  /** The route of a session under a living lease; undefined means: ask. */
  usable(sessionId: string, now: number): Route | undefined {
    const route = this.#routes.get(sessionId);
    return route && isUsable(route, now) ? route : undefined;
  }

  /** Resolves when a lease of the session that is being given back is given back: to ask before would be to lose the new one. */
  async released(sessionId: string): Promise<void> {
    await this.#releasing.get(sessionId);
  }

  /** Enters a lease that the store granted until `until` (ms since the epoch). */
  grant(record: SessionRecord, until: number): Route {
    const known = this.#routes.get(record.session.id);
    if (known?.generation === record.session.generation) {
      known.leasedUntil = Math.max(known.leasedUntil, until);
      known.version = Math.max(known.version, record.session.version);
      return known;
    }
    known?.close();
    const route = new LeasedRoute(record, until, this.#deps.clock);
    this.#routes.set(route.sessionId, route);
    return route;
  }

  /** News of a session. */
  changed(session: Session): void {
    const route = this.#routes.get(session.id);
    if (!route || session.version <= route.version) return;
    route.version = session.version;
    const effect = effectOf(route.generation, session);
    if (effect === 'drop') this.#forget(route);
    else if (effect === 'revoke') this.#revoke(route);
  }

  /** Gives a lease back before its time; work in hand keeps it (S2). */
  recall(sessionId: string): void {
    const route = this.#routes.get(sessionId);
    if (!route || route.inHand > 0) return;
    this.#forget(route);
    void this.#release([route]);
  }

  /** Gives every lease back and keeps no connection. Never rejects. */
  async close(): Promise<void> {
    this.#stopUpkeep();
    const all = [...this.#routes.values()];
    for (const route of all) this.#forget(route);
    await this.#release(all);
  }

  #forget(route: LeasedRoute): void {
    route.leasedUntil = 0;
    route.close();
    if (this.#routes.get(route.sessionId) === route) this.#routes.delete(route.sessionId);
  }

  /** S2: what is in hand keeps its sandbox awake, so a pause that came all the same is undone. */
  #revoke(route: LeasedRoute): void {
    route.leasedUntil = 0;
    if (route.inHand > 0) this.#deps.wakes.wake(route.sessionId);
    else this.#forget(route);
  }

  #upkeep(): void {
    const now = this.#deps.clock.now();
    const renew: LeasedRoute[] = [];
    const release: LeasedRoute[] = [];
    for (const route of this.#routes.values()) {
      const due = upkeepOf(route, now);
      if (due === 'renew') renew.push(route);
      if (due === 'release') release.push(route);
      if (due === 'release' || due === 'forget') this.#forget(route);
      for (const door of route.doors) if ('pool' in door) door.pool.sweep();
    }
    void this.#release(release);
    void this.#renew(renew, now);
  }

  async #renew(routes: readonly LeasedRoute[], now: number): Promise<void> {
    if (routes.length === 0 || this.#renewing) return;
    this.#renewing = true;
    const until = now + this.#deps.leaseMs;
    const asked = routes.map((route) => ({ route, version: route.version }));
    for (const route of routes) route.touched = false;
    try {
      const rejected = new Set(await this.#deps.store.renew(routes.map(claimOf), this.#deps.holder, until));
      for (const { route, version } of asked) {
        // News that came meanwhile may be newer than the answer; the next round asks again.
        if (route.version === version) this.#renewed(route, !rejected.has(route.sessionId), until);
      }
    } catch (fault) {
      for (const route of routes) route.touched = true;
      this.#deps.log('leases could not be renewed; trying again', { fault, sessions: routes.length });
    } finally {
      this.#renewing = false;
    }
  }

  #renewed(route: LeasedRoute, granted: boolean, until: number): void {
    if (this.#routes.get(route.sessionId) !== route) return;
    if (granted) route.leasedUntil = Math.max(route.leasedUntil, until);
    else this.#revoke(route);
  }

  async #release(routes: readonly LeasedRoute[]): Promise<void> {
    if (routes.length === 0) return;
    const done = this.#deps.store.release(routes.map(claimOf), this.#deps.holder).catch((fault: unknown) => {
      this.#deps.log('leases could not be given back; they run out by themselves', { fault });
    });
    for (const { sessionId } of routes) this.#releasing.set(sessionId, done);
    await done;
    for (const { sessionId } of routes) {
      if (this.#releasing.get(sessionId) === done) this.#releasing.delete(sessionId);
    }
  }
}
