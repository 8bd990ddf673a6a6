// Changes sessions and carries out what each change asks of the driver: the only writer of sessions after they were opened.
// One run per session at a time, so one wake however many ask (S3); every driver action is idempotent, so a run that died
// with its process is simply run again. What to do is decided by the session machine (model/session.ts).
import type { Clock } from '../model/clock.ts';
import { dueAt } from '../model/due.ts';
import { PlatformError } from '../model/errors.ts';
import type { SessionRecord, SessionStore } from '../model/session-store.ts';
import { actionOf, mustOutlivePower, step, type Session, type SessionEvent } from '../model/session.ts';

/** Carries out the one driver action that a session's state asks for, and says what came of it. Never rejects. */
export type Perform = (session: Session) => Promise<SessionEvent | { readonly againInMs: number }>;

export interface RunnerDeps {
  readonly store: Pick<SessionStore, 'get' | 'save' | 'saveIfUnleased'>;
  readonly clock: Clock;
  readonly perform: Perform;
  readonly publish: (session: Session) => void;
  /** A run that failed for want of the store; it is tried again by itself. */
  readonly onFault: (sessionId: string, fault: unknown) => void;
}

/** `only-at-rest`: not while a lease lives, nor when the session was used after `idleSince` (S2). */
export type Guard = { readonly kind: 'none' } | { readonly kind: 'only-at-rest'; readonly idleSince: number };

export type Applied =
  | { readonly kind: 'changed'; readonly session: Session }
  | { readonly kind: 'ignored'; readonly why: string; readonly record: SessionRecord }
  | { readonly kind: 'leased' }
  | { readonly kind: 'unknown' };

const retryFaultMs = 500;

const leadsNoMore = (): PlatformError => new PlatformError('NOT_LEADER', 'this controller leads no more');

export class SessionRunner {
  readonly #deps: RunnerDeps;
  readonly #running = new Map<string, Promise<void>>();
  #resigned = false;

  constructor(deps: RunnerDeps) {
    this.#deps = deps;
  }

  /**
   * Stores what the event makes of the session and starts the work that follows. Rejects with STORE_UNAVAILABLE; the change may
   * have been stored all the same, so the session is looked at again. Rejects with NOT_LEADER.
   */
  async apply(sessionId: string, event: SessionEvent, guard: Guard = { kind: 'none' }): Promise<Applied> {
    try {
      const applied = await this.#change(sessionId, event, guard);
      if (applied.kind === 'changed' && actionOf(applied.session.state) !== null) this.carryOn(sessionId);
      return applied;
    } catch (fault) {
      this.#later(sessionId, retryFaultMs);
      throw fault;
    }
  }

  /** Carries on whatever is due for a session, e.g. after a restart. Returns at once. */
  carryOn(sessionId: string): void {
    if (this.#resigned || this.#running.has(sessionId)) return;
    const done = this.#run(sessionId)
      .then((how) => this.#finish(sessionId, how))
      .catch((fault: unknown) => {
        this.#running.delete(sessionId);
        if (this.#resigned) return;
        this.#deps.onFault(sessionId, fault);
        this.#later(sessionId, retryFaultMs);
      });
    this.#running.set(sessionId, done);
  }

  /** Begins nothing any more and stores nothing, not even what is under way. */
  resign(): void {
    this.#resigned = true;
  }

  #later(sessionId: string, delayMs: number): void {
    if (!this.#resigned) this.#deps.clock.after(delayMs, () => this.carryOn(sessionId));
  }

  /** Resolves when no run is under way. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running.values());
  }

  async #attempt(record: SessionRecord, event: SessionEvent, guard: Guard): Promise<Applied | 'conflict'> {
    const { store, clock } = this.#deps;
    if (this.#resigned) throw leadsNoMore();
    const now = clock.now();
    const result = step(record.session, event, now);
    if ('ignored' in result) return { kind: 'ignored', why: result.ignored, record };
    const next = result.changed;
    const due = dueAt(next, record.lastActivityAt);
    const saved =
      guard.kind === 'none'
        ? await store.save(next, due, mustOutlivePower(record.session, next) ? 'durable' : 'soon')
        : await store.saveIfUnleased(next, due, now, guard.idleSince);
    if (saved === 'conflict') return 'conflict';
    if (saved === 'leased') return { kind: 'leased' };
    this.#deps.publish(next);
    return { kind: 'changed', session: next };
  }

  async #change(sessionId: string, event: SessionEvent, guard: Guard): Promise<Applied> {
    for (;;) {
      const record = await this.#deps.store.get(sessionId);
      if (!record) return { kind: 'unknown' };
      const applied = await this.#attempt(record, event, guard);
      if (applied !== 'conflict') return applied;
    }
  }

  async #run(sessionId: string): Promise<'at rest' | 'later'> {
    for (;;) {
      const record = await this.#deps.store.get(sessionId);
      if (!record || actionOf(record.session.state) === null) return 'at rest';
      if (this.#resigned) throw leadsNoMore();
      const outcome = await this.#deps.perform(record.session);
      if ('againInMs' in outcome) {
        this.#later(sessionId, outcome.againInMs);
        return 'later';
      }
      await this.#change(sessionId, outcome, { kind: 'none' });
    }
  }

  /** A change may have come between the run's last look and its end; looking once more closes that gap. */
  async #finish(sessionId: string, how: 'at rest' | 'later'): Promise<void> {
    this.#running.delete(sessionId);
    if (how === 'later' || this.#resigned) return;
    const record = await this.#deps.store.get(sessionId);
    if (record && actionOf(record.session.state) !== null) this.carryOn(sessionId);
  }
}
