// Owns: how a session becomes a row and a row a record. Does not own which rows are asked for.
import { sandboxIdOf } from '../../model/session-query.ts';
import type { SessionRecord } from '../../model/session-store.ts';
import type { Session } from '../../model/session.ts';

/** Selects a record of `sessions AS s`. A lease counts only for the generation it was given for (S6). */
export const recordColumns = `
  s.body AS body,
  max(s.created_at, coalesce((SELECT a.last_at FROM activity AS a WHERE a.session_id = s.id), 0)) AS lastAt,
  coalesce((SELECT max(l.until) FROM leases AS l
    WHERE l.session_id = s.id AND l.generation = s.generation), 0) AS leasedUntil`;

interface RecordRow {
  readonly body: string;
  readonly lastAt: number;
  readonly leasedUntil: number;
}

/** What node:sqlite gave for `recordColumns`. */
export function recordOf(row: unknown): SessionRecord {
  const { body, lastAt, leasedUntil } = row as RecordRow;
  return { session: JSON.parse(body) as Session, lastActivityAt: lastAt, leasedUntil };
}

/** The columns that change with a session, by parameter name. */
export const changingColumns = (session: Session, dueAt: number | null) => ({
  id: session.id,
  version: session.version,
  generation: session.generation,
  state: session.state.kind,
  dueAt,
  sandboxId: sandboxIdOf(session) ?? null,
  body: JSON.stringify(session),
});

/** The columns that stay as they were made. */
export const fixedColumns = (session: Session) => ({
  kind: session.runtime.kind,
  namespace: session.runtime.namespace,
  runtime: session.runtime.name,
  createdAt: session.createdAt,
});
