// The requests that wait for sessions: one gate per session, one question to the store and one wake however many wait.
// S3: each is let through in order of arrival, or refused by type, at the latest at its deadline; a client that left is forgotten at once.
// What becomes of a gate is decided in core/gate.ts. A waiting request is not read: its body stays in the socket.
import type { Cancel, Clock } from '../model/clock.ts';
import { asPlatformError, type PlatformError } from '../model/errors.ts';
import { owns, type Identity } from '../model/identity.ts';
import type { Wakes } from '../model/platform.ts';
import { runtimeKeyText } from '../model/sandbox.ts';
import type { Session } from '../model/session.ts';
import { failed, sessionEnded, sessionNotFound } from './core/failures.ts';
import { askingGate, gateStep, hasNewMemory, type Gate, type GateEvent, type GateMove } from './core/gate.ts';
import type { WaitKind } from './core/timing.ts';
import type { LeaseBook, Log, Route } from './lease-book.ts';

export interface GatesDeps {
  readonly wakes: Wakes;
  readonly clock: Clock;
  readonly log: Log;
  readonly leases: LeaseBook;
  readonly wakeTimeoutMs: number;
  /** A session that is known to sleep, so that the store need not be asked. */
  readonly asleep: (sessionId: string) => Session | undefined;
}

/** A request that waits. Exactly one of `open` and `refuse` is called, unless it left before. */
export interface Waiter {
  /** The runtime its URL names, as text. */
  readonly targetText: string;
  /** See Caller. */
  readonly identity?: Identity | undefined;
  /** `woken`: how the session was found, when it had to be woken. */
  open(route: Route, woken: WaitKind | undefined): void;
  /** `known`: whether the error may tell that the session exists. */
  refuse(error: PlatformError, known: boolean, woken: WaitKind | undefined): void;
}

/** A lost message costs a look-up: how long a gate waits for news before it asks again (ms). */
const doubtMs = 2_000;

interface Place {
  readonly waiter: Waiter;
  readonly cancelDeadline: Cancel;
}

interface OpenGate {
  readonly sessionId: string;
  readonly places: Set<Place>;
  state: Gate;
}

export class Gates {
  readonly #deps: GatesDeps;
  readonly #gates = new Map<string, OpenGate>();
  readonly #stopDoubting: Cancel;

  constructor(deps: GatesDeps) {
    this.#deps = deps;
    this.#stopDoubting = deps.clock.every(doubtMs, () => this.recheck());
  }

  get size(): number {
    return this.#gates.size;
  }

  /** Waits for a session. `opened`: it was made just now, so the store need not be asked. The answer makes the waiter leave. */
  wait(sessionId: string, waiter: Waiter, opened?: Session): () => void {
    const known = this.#gates.get(sessionId);
    const gate = known ?? { sessionId, places: new Set<Place>(), state: askingGate };
    const place = this.#place(gate, waiter);
    gate.places.add(place);
    if (!known) {
      this.#gates.set(sessionId, gate);
      const seen = opened ?? this.#deps.asleep(sessionId);
      if (seen) this.#step(gate, { kind: 'answered', granted: false, session: seen });
      else void this.#ask(gate);
    } else if (gate.state.phase === 'waiting') this.#refuseStrangers(gate);
    return () => this.#leave(gate, place);
  }

  /** News of a session. */
  changed(session: Session): void {
    const gate = this.#gates.get(session.id);
    if (gate) this.#step(gate, { kind: 'changed', session });
  }

  /** It runs, and there is a lease on it. */
  awake(session: Session): void {
    const gate = this.#gates.get(session.id);
    if (gate) this.#step(gate, { kind: 'answered', granted: true, session });
  }

  /** What is known of a session may not be so any more: whoever waits for it asks again. */
  doubt(sessionId: string): void {
    const gate = this.#gates.get(sessionId);
    if (gate) this.#step(gate, { kind: 'doubted' });
  }

  /** News may have been missed: whoever waits for some asks again. */
  recheck(): void {
    for (const gate of [...this.#gates.values()]) this.#step(gate, { kind: 'doubted' });
  }

  /** Refuses everybody who waits; nobody may wait any more. */
  close(error: PlatformError): void {
    this.#stopDoubting();
    for (const gate of [...this.#gates.values()])
      this.#close(gate, (waiter) => waiter.refuse(error, gate.state.seen !== undefined, wokenOf(gate)));
  }

  #place(gate: OpenGate, waiter: Waiter): Place {
    const cancelDeadline = this.#deps.clock.after(this.#deps.wakeTimeoutMs, () => {
      this.#leave(gate, place);
      const { sessionId } = gate;
      const known = gate.state.seen !== undefined;
      waiter.refuse(failed('WAKE_TIMEOUT', known ? { sessionId } : {}), known, wokenOf(gate));
    });
    const place = { waiter, cancelDeadline };
    return place;
  }

  #leave(gate: OpenGate, place: Place): void {
    place.cancelDeadline();
    gate.places.delete(place);
    if (gate.places.size === 0) this.#forget(gate);
  }

  #forget(gate: OpenGate): void {
    if (this.#gates.get(gate.sessionId) === gate) this.#gates.delete(gate.sessionId);
  }

  /** Lets everybody go, in order of arrival. */
  #close(gate: OpenGate, each: (waiter: Waiter) => void): void {
    this.#forget(gate);
    const places = [...gate.places];
    gate.places.clear();
    for (const place of places) {
      place.cancelDeadline();
      each(place.waiter);
    }
  }

  async #ask(gate: OpenGate): Promise<void> {
    const { leases } = this.#deps;
    try {
      const { granted, record } = await leases.acquire(gate.sessionId);
      // Everybody may have left; the lease then runs out by itself, unused.
      if (this.#gates.get(gate.sessionId) !== gate) return;
      this.#step(gate, { kind: 'answered', granted, session: record?.session });
    } catch (fault) {
      this.#deps.log('a session could not be looked up', { sessionId: gate.sessionId, fault });
      const known = gate.state.seen !== undefined;
      this.#close(gate, (waiter) => waiter.refuse(asPlatformError(fault), known, wokenOf(gate)));
    }
  }

  #step(gate: OpenGate, event: GateEvent): void {
    const { gate: state, move } = gateStep(gate.state, event);
    gate.state = state;
    if (state.phase === 'waiting' || move.kind === 'open') this.#refuseStrangers(gate);
    if (gate.places.size > 0) this.#carryOut(gate, move);
  }

  #carryOut(gate: OpenGate, move: GateMove): void {
    switch (move.kind) {
      case 'open':
        return this.#open(gate);
      case 'ask':
        return void this.#ask(gate);
      case 'wake':
        return this.#deps.wakes.wake(gate.sessionId, gate.state.seen);
      case 'refuse':
        return this.#refuse(gate, move);
      case 'wait':
        return;
    }
  }

  #open(gate: OpenGate): void {
    const route = this.#deps.leases.usable(gate.sessionId, this.#deps.clock.now());
    // The lease was lost between the answer and now; the store knows why.
    if (!route) return void this.#ask(gate);
    const woken = wokenOf(gate, hasNewMemory(gate.state));
    this.#close(gate, (waiter) => waiter.open(route, woken));
  }

  #refuse(gate: OpenGate, move: Extract<GateMove, { kind: 'refuse' }>): void {
    const error = refusal(gate.sessionId, move);
    this.#close(gate, (waiter) => waiter.refuse(error, gate.state.seen !== undefined, wokenOf(gate)));
  }

  /** A session answers only under the runtime it belongs to, and to its owner; elsewhere it does not exist. */
  #refuseStrangers(gate: OpenGate): void {
    const { seen } = gate.state;
    if (!seen) return;
    const own = runtimeKeyText(seen.runtime);
    for (const place of [...gate.places]) {
      const { waiter } = place;
      const isOwner = owns(waiter.identity, seen.ownerId);
      if (isOwner && waiter.targetText === own) continue;
      if (!isOwner) this.#tellOf(waiter.identity, gate.sessionId);
      this.#leave(gate, place);
      waiter.refuse(sessionNotFound(gate.sessionId), false, undefined);
    }
    // A lease that only strangers asked for keeps nobody's session awake.
    if (gate.places.size === 0) this.#deps.leases.recall(gate.sessionId);
  }

  #tellOf(identity: Identity | undefined, sessionId: string): void {
    this.#deps.log("somebody else's session was asked for", { sessionId, subject: identity?.subject });
  }
}

const wokenOf = ({ state: { foundIn } }: OpenGate, newMemory = false): WaitKind | undefined =>
  foundIn && { kind: 'wake', from: foundIn, newMemory };

function refusal(sessionId: string, { code, reason }: Extract<GateMove, { kind: 'refuse' }>): PlatformError {
  if (code === 'SESSION_NOT_FOUND') return sessionNotFound(sessionId);
  if (code === 'SESSION_ENDED') return sessionEnded(sessionId, reason ?? 'ended');
  return failed(code, { sessionId, ...(reason !== undefined && { reason }) });
}
