// After a restart: what lives against what is remembered, and what follows. Decides only.
// S4: a session whose sandbox is gone says so; S5: a sandbox that nobody knows is removed; S1: nothing is handed out twice.
import type { FoundSandbox } from '../../model/sandbox-spec.ts';
import type { WarmSandbox } from '../../model/session-store.ts';
import { sandboxIdOf } from '../../model/session-query.ts';
import { actionOf, type Session, type SessionEvent } from '../../model/session.ts';

export interface RecoveryFacts {
  readonly found: readonly FoundSandbox[];
  /** All sessions that have not ended. */
  readonly sessions: readonly Session[];
  readonly pool: readonly WarmSandbox[];
}

export interface RecoveryPlan {
  /** Nobody knows them, or they were never finished: stop and remove. */
  readonly remove: readonly string[];
  /** Taken out of the pool. */
  readonly withdraw: readonly string[];
  /** Frozen although their session runs. */
  readonly resume: readonly string[];
  readonly events: readonly { readonly sessionId: string; readonly event: SessionEvent }[];
  /** Sessions in a transitional state, to be carried on. */
  readonly carryOn: readonly string[];
}

const interrupted = 'the platform was stopped while the sandbox was being made';

/** What is to be told to a session whose sandbox was found so; null when all is well. */
function eventFor(session: Session, sandbox: FoundSandbox | undefined): SessionEvent | null {
  const { state, generation } = session;
  if (state.kind === 'ending' || state.kind === 'ended') return null;
  if (state.kind === 'creating') return { kind: 'start-failed', generation, why: interrupted };
  if (!sandbox)
    return {
      kind: 'end',
      reason: { kind: 'failed', why: 'its sandbox was gone when the platform came back' },
    };
  const needsMemory =
    state.kind !== 'suspended' && state.kind !== 'restarting' && state.kind !== 'suspending';
  if (!needsMemory || sandbox.state !== 'stopped') return null;
  return { kind: 'lost', generation, why: sandbox.why ?? 'it ended while the platform was down' };
}

/** Brings what is remembered and what lives together. */
export function planRecovery({ found, sessions, pool }: RecoveryFacts): RecoveryPlan {
  const byId = new Map(found.map((sandbox) => [sandbox.spec.id, sandbox]));
  const owned = new Map<string, Session>();
  for (const session of sessions) {
    const id = sandboxIdOf(session);
    if (id !== undefined && session.state.kind !== 'creating') owned.set(id, session);
  }
  const fit = (id: string): boolean => byId.get(id)?.state === 'paused' && byId.get(id)?.ref !== undefined;
  const warm = new Set(pool.map((entry) => entry.sandbox.id).filter((id) => fit(id) && !owned.has(id)));
  const events = sessions.flatMap((session) => {
    const event = eventFor(session, byId.get(sandboxIdOf(session) ?? ''));
    return event ? [{ sessionId: session.id, event }] : [];
  });
  const told = new Set(events.map((one) => one.sessionId));
  return {
    remove: found.map((sandbox) => sandbox.spec.id).filter((id) => !owned.has(id) && !warm.has(id)),
    withdraw: pool.map((entry) => entry.sandbox.id).filter((id) => !warm.has(id)),
    resume: [...owned]
      .filter(([id, session]) => session.state.kind === 'running' && byId.get(id)?.state === 'paused')
      .map(([id]) => id),
    events,
    carryOn: sessions.filter((one) => !told.has(one.id) && actionOf(one.state) !== null).map((one) => one.id),
  };
}
