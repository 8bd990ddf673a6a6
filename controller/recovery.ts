// Finds again what an earlier run left: sessions go on with their memory, orphans go away (S4, S5).
import type { SessionStore } from '../model/session-store.ts';
import { stateKinds, type Session } from '../model/session.ts';
import { planRecovery } from './core/recovery-plan.ts';
import type { Driver } from './driver.ts';
import type { SessionRunner } from './session-runner.ts';

export interface RecoveryDeps {
  readonly store: Pick<SessionStore, 'list' | 'entries' | 'withdraw'>;
  readonly driver: Pick<Driver, 'list' | 'stop' | 'resume'>;
  readonly runner: Pick<SessionRunner, 'apply' | 'carryOn'>;
}

export interface Recovered {
  readonly sessions: number;
  readonly warm: number;
  readonly removed: number;
  readonly lost: number;
}

const page = 1_000;
const alive = stateKinds.filter((kind) => kind !== 'ended');

/** All sessions that have not ended, in order of id. */
export async function liveSessions(store: Pick<SessionStore, 'list'>): Promise<readonly Session[]> {
  const sessions: Session[] = [];
  for (;;) {
    const last = sessions.at(-1);
    const records = await store.list({ states: alive, limit: page, ...(last && { after: last.id }) });
    sessions.push(...records.map((record) => record.session));
    if (records.length < page) return sessions;
  }
}

/** Brings store and driver together once, before anything is served. Rejects when the store or the driver cannot be read. */
export async function recover({ store, driver, runner }: RecoveryDeps): Promise<Recovered> {
  const [found, sessions, pool] = await Promise.all([driver.list(), liveSessions(store), store.entries()]);
  const plan = planRecovery({ found, sessions, pool });
  for (const id of plan.withdraw) await store.withdraw(id);
  for (const { sessionId, event } of plan.events) await runner.apply(sessionId, event);
  await Promise.all(plan.remove.map((id) => driver.stop(id, 'remove')));
  await Promise.all(plan.resume.map((id) => driver.resume(id)));
  for (const id of plan.carryOn) runner.carryOn(id);
  const lost = plan.events.length;
  return {
    sessions: sessions.length - lost,
    warm: pool.length - plan.withdraw.length,
    removed: plan.remove.length,
    lost,
  };
}
