// Owns: finding sessions. Each question is an index search; labels are compared on what the index found.
import { hasLabels } from '../../model/session-query.ts';
import type { SessionQuery, SessionReads, SessionRecord } from '../../model/session-store.ts';
import type { Database } from './database.ts';
import { recordColumns, recordOf } from './records.ts';

const page = (where: string): string => `
  SELECT ${recordColumns} FROM sessions AS s
  WHERE ${where} s.id > :after
    AND (:kind IS NULL OR s.kind = :kind)
    AND (:namespace IS NULL OR s.namespace = :namespace)
    AND (:states IS NULL OR s.state IN (SELECT value FROM json_each(:states)))
  ORDER BY s.id`;

/** The statements, exported so that a test can read their query plans. */
export const readStatements = {
  byId: `SELECT ${recordColumns} FROM sessions AS s WHERE s.id = ?`,
  bySandbox: `SELECT ${recordColumns} FROM sessions AS s WHERE s.sandbox_id = ? AND s.state <> 'ended'`,
  due: `SELECT ${recordColumns} FROM sessions AS s WHERE s.due_at <= ? ORDER BY s.due_at, s.id LIMIT ?`,
  page: page(''),
  pageOfRuntime: page('s.runtime = :runtime AND '),
} as const;

/** The reading half of the session store. */
export function sessionReads(db: Database): SessionReads {
  const byId = db.prepare(readStatements.byId);
  const bySandbox = db.prepare(readStatements.bySandbox);
  const due = db.prepare(readStatements.due);
  const all = db.prepare(readStatements.page);
  const ofRuntime = db.prepare(readStatements.pageOfRuntime);

  const rowsOf = (query: SessionQuery) => {
    const common = {
      after: query.after ?? '',
      kind: query.kind ?? null,
      namespace: query.namespace ?? null,
      states: query.states ? JSON.stringify(query.states) : null,
    };
    return query.runtime === undefined
      ? all.iterate(common)
      : ofRuntime.iterate({ ...common, runtime: query.runtime });
  };
  const list = (query: SessionQuery): SessionRecord[] => {
    const found: SessionRecord[] = [];
    if (query.limit <= 0) return found;
    for (const row of rowsOf(query)) {
      const record = recordOf(row);
      if (hasLabels(record.session, query.labels)) found.push(record);
      if (found.length >= query.limit) break;
    }
    return found;
  };
  const one = (row: unknown): SessionRecord | undefined => (row === undefined ? undefined : recordOf(row));

  return {
    get: (id) => db.read(() => one(byId.get(id))),
    bySandbox: (sandboxId) => db.read(() => one(bySandbox.get(sandboxId))),
    due: (now, limit) => db.read(() => due.all(now, limit).map(recordOf)),
    list: (query) => db.read(() => list(query)),
  };
}
