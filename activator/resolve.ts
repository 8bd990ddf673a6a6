// From a caller to a sandbox: the cached route of its session, or a wait at the session's gate, or a new session.
// On the hot path nobody is asked: a living lease is enough. Whose session it is counts there too. Who may call at all is guard.ts.
// Does not own how a request is forwarded or refused; HTTP requests and upgrades are both callers.
import type { Clock } from '../model/clock.ts';
import type { DemandCounter } from '../model/demand-tally.ts';
import { asPlatformError, type PlatformError } from '../model/errors.ts';
import { owns, type Identity } from '../model/identity.ts';
import { openSession, type OpenedSession, type OpenSessionDeps } from '../model/open-session.ts';
import type { Wakes } from '../model/platform.ts';
import type { Beside } from './answer.ts';
import { failed, failureOf, runtimeNotFound, type Failure } from './core/failures.ts';
import type { Target } from './core/route.ts';
import { serverTiming, type WaitKind } from './core/timing.ts';
import type { Gates, Waiter } from './gates.ts';
import type { LeaseBook, Log, Route } from './lease-book.ts';
import type { WaitingRoom } from './waiting-room.ts';

/** Somebody who wants a sandbox. Exactly one of `forward` and `refuse` is called, at most once unless it asks again, and neither after it is gone. */
export interface Caller {
  readonly target: Target;
  /** Who it is; undefined for the platform itself, and where callers need not say so. */
  readonly identity?: Identity | undefined;
  /** Whether nobody waits for an answer any more. */
  readonly gone: boolean;
  /** `again`: for one whose sandbox is not there; asks the store where it is, and has the caller forwarded or refused anew. Absent the second time. */
  forward(route: Route, serverTiming: string | undefined, again?: () => void): void;
  refuse(failure: Failure, beside: Beside): void;
  /** Calls back when it leaves before it is served. The answer stops listening. */
  onGone(listener: () => void): () => void;
}

export interface ResolverDeps {
  readonly opening: OpenSessionDeps;
  readonly wakes: Wakes;
  readonly clock: Clock;
  readonly log: Log;
  readonly leases: LeaseBook;
  readonly gates: Gates;
  readonly room: WaitingRoom;
  /** Told of each new session. */
  readonly demand?: DemandCounter;
}

export class Resolver {
  readonly #deps: ResolverDeps;
  #closed = false;

  constructor(deps: ResolverDeps) {
    this.#deps = deps;
  }

  /** From now on every caller is refused. */
  close(): void {
    this.#closed = true;
  }

  /** `sessionId`: from the session header; undefined asks for a new session. */
  resolve(caller: Caller, sessionId: string | undefined): void {
    const { clock, leases, room } = this.#deps;
    if (this.#closed) return refuse(caller, failed('SHUTTING_DOWN'));
    const admission = room.mayEnter();
    if (admission !== 'go') return refuse(caller, failed(admission));
    if (sessionId === undefined) return void this.#open(caller);
    const route = leases.usable(sessionId, clock.now());
    if (route?.targetText === caller.target.text && owns(caller.identity, route.ownerId))
      caller.forward(route, undefined, () => this.#again(caller, sessionId));
    else this.#wait(caller, sessionId, clock.monotonic(), undefined);
  }

  /** Its route was of yesterday: news that the session moved was lost, or is still on its way. */
  #again(caller: Caller, sessionId: string): void {
    if (this.#closed) return refuse(caller, failed('SHUTTING_DOWN'));
    this.#wait(caller, sessionId, this.#deps.clock.monotonic(), undefined);
  }

  #wait(caller: Caller, sessionId: string, since: number, opened: OpenedSession | undefined): void {
    const { room, gates } = this.#deps;
    const admission = room.enter(sessionId, caller.target);
    if (admission !== 'go') return this.#turnAway(caller, failed(admission, { sessionId }), opened);
    const visit = new Visit(this.#deps, caller, sessionId, since, opened?.how);
    visit.leaveGate = gates.wait(sessionId, visit, opened?.session);
  }

  /** A session that was opened for the caller is told all the same, so that it is not lost to it. */
  #turnAway(caller: Caller, error: PlatformError, opened: OpenedSession | undefined): void {
    if (opened === undefined) return refuse(caller, error);
    if (opened.how === 'cold') this.#deps.wakes.wake(opened.session.id, opened.session);
    if (!caller.gone) caller.refuse(failureOf(error, false), { sessionId: opened.session.id });
  }

  async #open(caller: Caller): Promise<void> {
    const { room, clock, wakes, log, demand } = this.#deps;
    const { key, text } = caller.target;
    const admission = room.enter(undefined, caller.target);
    if (admission !== 'go') return refuse(caller, failed(admission));
    const since = clock.monotonic();
    try {
      const opened = await openSession(this.#deps.opening, {
        runtime: key,
        now: clock.now(),
        ...(caller.identity && { ownerId: caller.identity.subject }),
      });
      room.leave(undefined, caller.target);
      demand?.opened(key, opened.how);
      if (this.#closed) return this.#turnAway(caller, failed('SHUTTING_DOWN'), opened);
      if (!caller.gone) this.#wait(caller, opened.session.id, since, opened);
      // Nobody wants it any more, but a start that is stored must be carried out; being idle then ends it.
      else if (opened.how === 'cold') wakes.wake(opened.session.id, opened.session);
    } catch (fault) {
      room.leave(undefined, caller.target);
      const error = asPlatformError(fault);
      if (error.code === 'INTERNAL') log('a session could not be opened', { runtime: text, fault });
      refuse(caller, error.code === 'RUNTIME_NOT_FOUND' ? runtimeNotFound(key) : error);
    }
  }
}

function refuse(caller: Caller, error: PlatformError): void {
  if (!caller.gone) caller.refuse(failureOf(error, false), {});
}

/** One caller's time at a gate: it holds a place in the waiting room until it is served, refused or gone. */
class Visit implements Waiter {
  readonly targetText: string;
  readonly identity: Identity | undefined;
  readonly #deps: ResolverDeps;
  readonly #caller: Caller;
  readonly #sessionId: string;
  readonly #since: number;
  readonly #how: OpenedSession['how'] | undefined;
  readonly #stopWatching: () => void;
  leaveGate: () => void = () => {};
  #over = false;

  constructor(
    deps: ResolverDeps,
    caller: Caller,
    sessionId: string,
    since: number,
    how: OpenedSession['how'] | undefined,
  ) {
    this.#deps = deps;
    this.#caller = caller;
    this.#sessionId = sessionId;
    this.#since = since;
    this.#how = how;
    this.targetText = caller.target.text;
    this.identity = caller.identity;
    this.#stopWatching = caller.onGone(() => {
      if (this.#end()) this.leaveGate();
    });
  }

  open(route: Route, woken: WaitKind | undefined): void {
    if (!this.#end()) return;
    const { demand, clock } = this.#deps;
    if (this.#how !== undefined) demand?.served(this.#caller.target.key, clock.monotonic() - this.#since);
    this.#caller.forward(route, this.#timing(woken));
  }

  refuse(error: PlatformError, known: boolean, woken: WaitKind | undefined): void {
    if (!this.#end()) return;
    const beside = known ? { sessionId: this.#sessionId, serverTiming: this.#timing(woken) } : {};
    this.#caller.refuse(failureOf(error, this.#how !== undefined), beside);
  }

  #timing(woken: WaitKind | undefined): string | undefined {
    const wait = this.#how === undefined ? woken : { kind: this.#how };
    return wait && serverTiming(wait, this.#deps.clock.monotonic() - this.#since);
  }

  /** True the first time. */
  #end(): boolean {
    if (this.#over) return false;
    this.#over = true;
    this.#stopWatching();
    this.#deps.room.leave(this.#sessionId, this.#caller.target);
    return true;
  }
}
