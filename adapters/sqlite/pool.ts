// Owns: the warm sandboxes. S1: one leaves once, and what a session has or had is not taken in again.
// A claim is one durable commit: the row leaves the pool and the session appears, or neither.
import { runtimeKeyText, type SandboxRef } from '../../model/sandbox.ts';
import type { WarmPool, WarmSandbox } from '../../model/session-store.ts';
import type { Session } from '../../model/session.ts';
import type { Database } from './database.ts';
import { changingColumns, fixedColumns } from './records.ts';
import { insertSession } from './writes.ts';

/** The statements, exported so that a test can read their query plans. */
export const poolStatements = {
  take: `
    DELETE FROM pool WHERE (runtime_key, revision, ready_at, sandbox_id) = (
      SELECT runtime_key, revision, ready_at, sandbox_id FROM pool
      WHERE runtime_key = ? AND revision = ? ORDER BY ready_at, sandbox_id LIMIT 1)
    RETURNING body`,
  withdraw: 'DELETE FROM pool WHERE sandbox_id = ?',
} as const;

const offerUnlessKnown = `
  INSERT INTO pool (runtime_key, revision, ready_at, sandbox_id, body)
  SELECT :key, :revision, :readyAt, :sandboxId, :body
  WHERE NOT EXISTS (SELECT 1 FROM sessions WHERE sandbox_id = :sandboxId)
  ON CONFLICT (sandbox_id) DO NOTHING`;

/** Thrown so that what the claim did so far is undone. */
class SessionExists extends Error {}

function asExists(fault: unknown): 'exists' {
  if (fault instanceof SessionExists) return 'exists';
  throw fault;
}

/** The warm pool of the session store. */
export function warmPool(db: Database): WarmPool {
  const offer = db.prepare(offerUnlessKnown);
  const take = db.prepare(poolStatements.take);
  const withdraw = db.prepare(poolStatements.withdraw);
  const all = db.prepare('SELECT body FROM pool ORDER BY runtime_key, revision, ready_at, sandbox_id');
  const insert = db.prepare(insertSession);

  const store = (session: Session, dueAt: number | null): Session => {
    const made = insert.run({ ...changingColumns(session, dueAt), ...fixedColumns(session) });
    if (made.changes !== 1) throw new SessionExists();
    return session;
  };
  const bodyOf = (row: unknown): WarmSandbox => JSON.parse((row as { body: string }).body) as WarmSandbox;

  return {
    offer: (entry) =>
      db.write('durable', () => {
        offer.run({
          key: runtimeKeyText(entry.runtime),
          revision: entry.revision,
          readyAt: entry.readyAt,
          sandboxId: entry.sandbox.id,
          body: JSON.stringify(entry),
        });
      }),
    claim: (runtime, revision, bind: (sandbox: SandboxRef) => { session: Session; dueAt: number | null }) =>
      db
        .write<Session | 'empty'>('durable', () => {
          const row = take.get(runtimeKeyText(runtime), revision);
          if (row === undefined) return 'empty';
          const { session, dueAt } = bind(bodyOf(row).sandbox);
          return store(session, dueAt);
        })
        .catch(asExists),
    withdraw: (sandboxId) => db.write('durable', () => withdraw.run(sandboxId).changes === 1),
    entries: () => db.read(() => all.all().map(bodyOf)),
  };
}
