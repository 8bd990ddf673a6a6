// Owns: storing sessions by compare-and-set on `version`; each write is durable when answered, but for a save that may come soon.
// S1: one sandbox belongs to at most one session for as long as that is remembered; breaking this is a fault and is refused.
import type { SessionWrites, Upkeep } from '../../model/session-store.ts';
import type { Session } from '../../model/session.ts';
import type { Database } from './database.ts';
import { grantLease } from './grant.ts';
import { changingColumns, fixedColumns } from './records.ts';

/** `ON CONFLICT` names the id alone, so that a sandbox in two sessions is a fault and not an `exists`. */
export const insertSession = `
  INSERT INTO sessions (id, version, generation, state, kind, namespace, runtime, created_at, due_at, sandbox_id, body)
  VALUES (:id, :version, :generation, :state, :kind, :namespace, :runtime, :createdAt, :dueAt, :sandboxId, :body)
  ON CONFLICT (id) DO NOTHING`;

// An ended session keeps its sandbox's id in the column, so that the sandbox is never taken for a new one.
const overPrevious = `
  UPDATE sessions SET version = :version, generation = :generation, state = :state, due_at = :dueAt,
    sandbox_id = coalesce(:sandboxId, sandbox_id), body = :body
  WHERE id = :id AND version = :version - 1`;

const andUnleased = `
  AND NOT EXISTS (SELECT 1 FROM leases AS l
    WHERE l.session_id = sessions.id AND l.generation = sessions.generation AND l.until > :now)
  AND NOT EXISTS (SELECT 1 FROM activity AS a WHERE a.session_id = sessions.id AND a.last_at > :idleSince)
  AND created_at <= :idleSince`;

/** The writing half of the session store. */
export function sessionWrites(db: Database): SessionWrites {
  const insert = db.prepare(insertSession);
  const update = db.prepare(overPrevious);
  const updateUnleased = db.prepare(overPrevious + andUnleased);
  const grant = db.prepare(grantLease);
  const stored = db.prepare('SELECT version FROM sessions WHERE id = ?');
  const forgetting = [
    "DELETE FROM activity WHERE session_id = (SELECT id FROM sessions WHERE id = ? AND state = 'ended')",
    "DELETE FROM leases WHERE session_id = (SELECT id FROM sessions WHERE id = ? AND state = 'ended')",
    "DELETE FROM sessions WHERE id = ? AND state = 'ended'",
  ].map((sql) => db.prepare(sql));

  const saveIfUnleased = (session: Session, dueAt: number | null, now: number, idleSince: number) => {
    const params = { ...changingColumns(session, dueAt), now, idleSince };
    if (updateUnleased.run(params).changes === 1) return 'saved';
    return stored.get(session.id)?.['version'] === session.version - 1 ? 'leased' : 'conflict';
  };

  return {
    create: (session, dueAt) =>
      db.write('durable', () => {
        const made = insert.run({ ...changingColumns(session, dueAt), ...fixedColumns(session) });
        return made.changes === 1 ? 'created' : 'exists';
      }),
    save: (session, dueAt, durability = 'durable') =>
      db.write(durability, () =>
        update.run(changingColumns(session, dueAt)).changes === 1 ? 'saved' : 'conflict',
      ),
    saveIfUnleased: (session, dueAt, now, idleSince) =>
      db.write('durable', () => saveIfUnleased(session, dueAt, now, idleSince)),
    saveLeased: (session, dueAt, holder, until) =>
      db.write('soon', () => {
        if (update.run(changingColumns(session, dueAt)).changes !== 1) return 'conflict';
        grant.run({ id: session.id, holder, generation: session.generation, until });
        return 'saved';
      }),
    forget: (id) =>
      db.write('durable', () => {
        for (const statement of forgetting) statement.run(id);
      }),
  };
}

/** `activity` only ever grows (S7), and only for sessions that exist. */
export const recordActivity = `
  INSERT INTO activity (session_id, last_at) SELECT id, :at FROM sessions WHERE id = :id
  ON CONFLICT (session_id) DO UPDATE SET last_at = max(last_at, excluded.last_at)`;

/** What may lose its last moments in a power cut: the session is then looked at too early, which costs a look. */
export function upkeep(db: Database): Upkeep {
  const postpone = db.prepare('UPDATE sessions SET due_at = :dueAt WHERE id = :id AND version = :version');
  const touch = db.prepare(recordActivity);
  return {
    postpone: (id, version, dueAt) =>
      db.write('soon', () => {
        postpone.run({ id, version, dueAt });
      }),
    touch: (id, at) =>
      db.write('soon', () => {
        touch.run({ id, at });
      }),
  };
}
