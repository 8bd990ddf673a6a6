// The forms in which sessions are answered: a list of objects, metadata alone, or the table that kubectl prints.
// Does not own what a session's object says (session-object.ts) nor which form is wanted (accept.ts).
import { age } from '../../../model/age.ts';
import { restingSince } from '../../../model/due.ts';
import type { Form } from './accept.ts';
import { sessionsApiVersion, sessionsKind, type SessionObject } from './schema.ts';
import { reasonOf, sessionObject, type Shown } from './session-object.ts';

/** What all objects of one answer share. */
export interface Reading {
  /** ms since the epoch; ages count up to it. */
  readonly now: number;
  readonly resourceVersion: string;
}

/** What the rows of a table carry of their objects. */
export type RowObject = 'None' | 'Metadata' | 'Object';

export interface Presentation {
  readonly form: Form;
  readonly rowObject: RowObject;
}

const metaVersion = 'meta.k8s.io/v1';
const unknown = '<unknown>';

/** How long nothing was done in it; a living lease counts as work (S2). */
function idle({ session, use }: Shown, now: number): string {
  if (!use) return unknown;
  return use.leasedUntil > now ? '0s' : age(now - restingSince(session, use.lastActivityAt));
}

interface Column {
  readonly name: string;
  readonly type: 'string';
  readonly format?: 'name';
  readonly description: string;
  /** 0 is always shown, 1 only by `-o wide`. */
  readonly priority: 0 | 1;
  readonly cell: (shown: Shown, now: number) => string;
}

const column = (
  name: string,
  description: string,
  cell: Column['cell'],
  more: Partial<Column> = {},
): Column => ({ name, type: 'string', description, priority: 0, cell, ...more });

const columns: readonly Column[] = [
  column('Name', "the session's id", ({ session }) => session.id, { format: 'name' }),
  column('State', 'paused: asleep with its memory', ({ session }) => session.state.kind),
  column('Runtime', 'what it is a session of', ({ session: { runtime } }) => runtime.name),
  column('Owner', 'who opened it', ({ session }) => session.ownerId ?? ''),
  column('Idle', 'since when nothing was done in it', idle),
  column('Age', 'since when it is', ({ session }, now) => age(now - session.createdAt)),
  column('Reason', 'why it ended, or what became of its sandbox', ({ session }) => reasonOf(session)),
  column('Kind', "its runtime's kind", ({ session: { runtime } }) => runtime.kind, { priority: 1 }),
  column('Since', 'how long it is in this state', ({ session }, now) => age(now - session.stateAt), {
    priority: 1,
  }),
  column('Sandbox', 'name of its pod', ({ session: { state } }) => sandboxName(state), { priority: 1 }),
];

function sandboxName(state: Shown['session']['state']): string {
  if ('sandbox' in state) return state.sandbox.name;
  return 'files' in state ? (state.files?.name ?? '') : '';
}

const columnDefinitions = columns.map(({ cell: _, format = '', ...rest }) => ({ ...rest, format }));

const partial = ({ metadata }: SessionObject): object => ({
  apiVersion: metaVersion,
  kind: 'PartialObjectMetadata',
  metadata,
});

function rowOf(shown: Shown, { now, resourceVersion }: Reading, rowObject: RowObject): object {
  const cells = columns.map(({ cell }) => cell(shown, now));
  if (rowObject === 'None') return { cells };
  const object = sessionObject(shown, resourceVersion);
  return { cells, object: rowObject === 'Object' ? object : partial(object) };
}

const table = (rows: readonly object[], metadata: object): object => ({
  apiVersion: metaVersion,
  kind: 'Table',
  metadata,
  columnDefinitions,
  rows,
});

/** One session in the wanted form. */
export function one(shown: Shown, reading: Reading, { form, rowObject }: Presentation): object {
  const { resourceVersion } = reading;
  if (form === 'table') return table([rowOf(shown, reading, rowObject)], { resourceVersion });
  const object = sessionObject(shown, resourceVersion);
  return form === 'metadata' ? partial(object) : object;
}

const listKinds = {
  objects: { apiVersion: sessionsApiVersion, kind: `${sessionsKind}List` },
  metadata: { apiVersion: metaVersion, kind: 'PartialObjectMetadataList' },
} as const;

/** One page of sessions in the wanted form; `next` is the token of the page after it. */
export function many(
  sessions: readonly Shown[],
  reading: Reading,
  presentation: Presentation,
  next?: string,
): object {
  const { form, rowObject } = presentation;
  const { resourceVersion } = reading;
  const metadata = { resourceVersion, ...(next !== undefined && { continue: next }) };
  if (form === 'table') {
    return table(
      sessions.map((shown) => rowOf(shown, reading, rowObject)),
      metadata,
    );
  }
  return { ...listKinds[form], metadata, items: sessions.map((shown) => one(shown, reading, presentation)) };
}

/** What a watch says when it only tells how far it is: an object of the wanted form with nothing but a version. */
export function bookmarkObject({ resourceVersion }: Reading, { form }: Presentation, atEnd: boolean): object {
  const annotations = atEnd ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {};
  const metadata = { resourceVersion, ...annotations };
  if (form === 'table') return table([], metadata);
  if (form === 'metadata') return { apiVersion: metaVersion, kind: 'PartialObjectMetadata', metadata };
  return { apiVersion: sessionsApiVersion, kind: sessionsKind, metadata };
}
