// Changes sessions and carries out what each change asks of the driver: the only writer of sessions after they were opened.
// One run per session at a time, so one wake however many ask (S3); every driver action is idempotent, so a run that died
// with its process is simply run again. What to do is decided by the session machine (model/session.ts).
import type { Clock } from '../model/clock.ts';
import { dueAt } from '../model/due.ts';
import type { SessionRecord, SessionStore } from '../model/session-store.ts';
import { actionOf, step, type Session, type SessionEvent } from '../model/session.ts';

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

export interface SessionRunner {
  /** Stores what the event makes of the session and starts the work that follows. Rejects with STORE_UNAVAILABLE. */
  apply(sessionId: string, event: SessionEvent, guard?: Guard): Promise<Applied>;
  /** Carries on whatever is due for a session, e.g. after a restart. Returns at once. */
  carryOn(sessionId: string): void;
  /** Resolves when no run is under way. */
  settled(): Promise<void>;
}

const retryFaultMs = 500;

export function createSessionRunner(deps: RunnerDeps): SessionRunner {
  const { store, clock } = deps;
  const running = new Map<string, Promise<void>>();

  async function attempt(record: SessionRecord, event: SessionEvent, guard: Guard): Promise<Applied | 'conflict'> {
    const now = clock.now();
    const result = step(record.session, event, now);
    if ('ignored' in result) return { kind: 'ignored', why: result.ignored, record };
    const next = result.changed;
    const due = dueAt(next, record.lastActivityAt);
    const saved =
      guard.kind === 'none'
        ? await store.save(next, due)
        : await store.saveIfUnleased(next, due, now, guard.idleSince);
    if (saved === 'conflict') return 'conflict';
    if (saved === 'leased') return { kind: 'leased' };
    deps.publish(next);
    return { kind: 'changed', session: next };
  }

  async function change(sessionId: string, event: SessionEvent, guard: Guard): Promise<Applied> {
    for (;;) {
      const record = await store.get(sessionId);
      if (!record) return { kind: 'unknown' };
      const applied = await attempt(record, event, guard);
      if (applied !== 'conflict') return applied;
    }
  }

  async function run(sessionId: string): Promise<void> {
    for (;;) {
      const record = await store.get(sessionId);
      if (!record || actionOf(record.session.state) === null) return;
      const outcome = await deps.perform(record.session);
      if ('againInMs' in outcome) {
        clock.after(outcome.againInMs, () => carryOn(sessionId));
        return;
      }
      await change(sessionId, outcome, { kind: 'none' });
    }
  }

  function carryOn(sessionId: string): void {
    if (running.has(sessionId)) return;
    const done = run(sessionId).then(
      () => finish(sessionId),
      (fault: unknown) => {
        running.delete(sessionId);
        deps.onFault(sessionId, fault);
        clock.after(retryFaultMs, () => carryOn(sessionId));
      },
    );
    running.set(sessionId, done);
  }

  /** A change may have come between the run's last look and its end; looking once more closes that gap. */
  async function finish(sessionId: string): Promise<void> {
    running.delete(sessionId);
    const record = await store.get(sessionId);
    if (record && actionOf(record.session.state) !== null) carryOn(sessionId);
  }

  async function settled(): Promise<void> {
    while (running.size > 0) await Promise.all(running.values());
  }

  return {
    async apply(sessionId, event, guard = { kind: 'none' }) {
      const applied = await change(sessionId, event, guard);
      if (applied.kind === 'changed' && actionOf(applied.session.state) !== null) carryOn(sessionId);
      return applied;
    },
    carryOn,
    settled,
  };
}
