// Owns: how a session becomes the fields of a hash and those fields a record. What Lua compares is a field of its own.
// Does not own which session is asked for. A lease counts only for the generation it was given for (S6).
import { sandboxIdOf } from '../../model/session-query.ts';
import type { SessionRecord } from '../../model/session-store.ts';
import type { Session } from '../../model/session.ts';

/** Field, value, field, value, … of a session's hash; empty when there is none. */
export type Fields = readonly string[];

const leasePrefix = 'l:';

function leaseEnd(value: string, generation: number): number {
  const space = value.indexOf(' ');
  return value.slice(0, space) === String(generation) ? Number(value.slice(space + 1)) : 0;
}

/** What a hash says; undefined when it is not there. */
export function recordOf(fields: Fields): SessionRecord | undefined {
  let body: string | undefined;
  let lastActivityAt = 0;
  const leases: string[] = [];
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const [field = '', value = ''] = [fields[at], fields[at + 1]];
    if (field === 'body') body = value;
    else if (field === 'at') lastActivityAt = Number(value);
    else if (field.startsWith(leasePrefix)) leases.push(value);
  }
  if (body === undefined) return undefined;
  const session = JSON.parse(body) as Session;
  const leasedUntil = Math.max(0, ...leases.map((lease) => leaseEnd(lease, session.generation)));
  return { session, lastActivityAt, leasedUntil };
}

/** Those of many that are there. */
export const recordsOf = (many: readonly Fields[]): SessionRecord[] =>
  many.map(recordOf).filter((record) => record !== undefined);

/** When to look again, as Lua takes it. */
export const dueText = (dueAt: number | null): string => (dueAt === null ? '' : String(dueAt));

/** The sandbox a session has, as Lua takes it. */
export const sandboxText = (session: Session): string => sandboxIdOf(session) ?? '';

/** The fields that stay as they were made, as Lua takes them: kind, namespace, runtime. */
export const runtimeTexts = ({ runtime }: Session): readonly [string, string, string] => [
  runtime.kind,
  runtime.namespace,
  runtime.name,
];
