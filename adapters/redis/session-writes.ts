// Owns: storing sessions in Redis by compare-and-set on `version`, and telling of it in the same step.
// How durable an answered write is, is the server's setting for all (appendfsync); what it loses is rebuilt from the sandboxes.
// S1: one sandbox belongs to at most one session for as long as that is remembered; breaking this is a fault and is refused.
import type { SessionWrites, Upkeep } from '../../model/session-store.ts';
import type { Session } from '../../model/session.ts';
import type { ForeignEntry } from './compat.ts';
import { dueText, headTexts, sandboxText } from './session-records.ts';
import type { Run } from './scripts/script.ts';
import type { writeScripts } from './scripts/writes.ts';

type Runs = Readonly<Record<keyof ReturnType<typeof writeScripts>, Run>>;

/** What AgentCube is told of a session. */
export type Foreign = (session: Session, kind: 'Sandbox' | 'SandboxClaim') => ForeignEntry;

type Answer = readonly ['created' | 'exists' | 'saved' | 'conflict' | 'leased'] | readonly ['taken', string];

/** The answer of a write, or the fault of whoever gave a sandbox to two sessions. */
function answered<A extends string>(reply: unknown, session: Session): A {
  const [kind, owner] = reply as Answer;
  if (kind === 'taken') throw new Error(`sandbox ${sandboxText(session)} belongs to session ${owner}`);
  return kind as A;
}

/** The writing half of the session store. */
export function sessionWrites(runs: Runs, foreign: Foreign): SessionWrites {
  const common = (session: Session, dueAt: number | null): (string | number)[] => {
    const { json, expiresAt } = foreign(session, 'Sandbox');
    return [
      ...[session.id, dueText(dueAt), sandboxText(session), ...headTexts(session)],
      ...[JSON.stringify(session), session.createdAt, json, expiresAt],
    ];
  };
  return {
    async create(session, dueAt) {
      return answered(await runs.create(...common(session, dueAt)), session);
    },
    async save(session, dueAt) {
      return answered(await runs.save(...common(session, dueAt), session.version - 1), session);
    },
    async saveIfUnleased(session, dueAt, now, idleSince) {
      const guards = [session.version - 1, now, idleSince];
      return answered(await runs.saveIfUnleased(...common(session, dueAt), ...guards), session);
    },
    async saveLeased(session, dueAt, holder, until) {
      const lease = [session.version - 1, holder, until];
      return answered(await runs.saveLeased(...common(session, dueAt), ...lease), session);
    },
    async forget(id) {
      await runs.forget(id);
    },
  };
}

/** When to look again, and activity. */
export const sessionUpkeep = (runs: Runs): Upkeep => ({
  async postpone(id, version, dueAt) {
    await runs.postpone(id, version, dueText(dueAt));
  },
  async touch(id, at) {
    await runs.touch(id, at);
  },
});
