// Owns: how a session becomes what Redis keeps, and that a record. What Lua compares is told apart from the JSON.
// Does not own which session is asked for. A lease counts only for the generation it was given for (S6).
import { sandboxIdOf } from '../../model/session-query.ts';
import type { SessionRecord } from '../../model/session-store.ts';
import type { Session } from '../../model/session.ts';

/** A session's string, empty when there is none, and field, value, field, value, … of its use. */
export type Stored = readonly [string, readonly string[]];

function leaseEnd(value: string, generation: number): number {
  const space = value.indexOf(' ');
  return value.slice(0, space) === String(generation) ? Number(value.slice(space + 1)) : 0;
}

/** What is known of a session; undefined when it is not there. */
export function recordOf([text, use]: Stored): SessionRecord | undefined {
  if (text === '') return undefined;
  const session = JSON.parse(text.slice(text.lastIndexOf('\n') + 1)) as Session;
  let lastActivityAt = session.createdAt;
  let leasedUntil = 0;
  for (let at = 0; at + 1 < use.length; at += 2) {
    const [field = '', value = ''] = [use[at], use[at + 1]];
    if (field === 'at') lastActivityAt = Math.max(lastActivityAt, Number(value));
    else leasedUntil = Math.max(leasedUntil, leaseEnd(value, session.generation));
  }
  return { session, lastActivityAt, leasedUntil };
}

/** Those of many that are there. */
export const recordsOf = (many: readonly Stored[]): SessionRecord[] =>
  many.map(recordOf).filter((record) => record !== undefined);

/** When to look again, as Lua takes it. */
export const dueText = (dueAt: number | null): string => (dueAt === null ? '' : String(dueAt));

/** The sandbox a session has, as Lua takes it. */
export const sandboxText = (session: Session): string => sandboxIdOf(session) ?? '';

/** What Lua compares, before and after the sandbox's id; scripts/fragments.ts reads it. */
export function headTexts({ generation, state, version, createdAt, runtime }: Session): [string, string] {
  const { kind, namespace, name } = runtime;
  return [`${generation} ${state.kind}\n${version}\n`, `\n${createdAt}\n${kind}\n${namespace}\n${name}\n`];
}
