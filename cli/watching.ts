// Changes of things as they happen: told by whoever keeps them, else found by looking again. Ends when the person stops it.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Target } from './contexts/target.ts';
import { CliError } from './failure.ts';
import type { Change, Listing, Query, Row, Things } from './things/thing.ts';

/** How soon a change is found where none is told (ms). */
const everyMs = 1_000;

const keyOf = ({ namespace, name }: Row): string => `${namespace}/${name}`;

/** What a person would see as a change: everything but that time went by. */
const faceOf = (row: Row): string =>
  JSON.stringify([...row.cells, ...row.more].filter((cell) => !/^(\d+[smhdy])+$/.test(cell)));

interface Looked {
  readonly things: Things;
  readonly target: Target;
  readonly query: Query;
  readonly name: string | undefined;
}

async function look({ things, target, query, name }: Looked): Promise<Listing> {
  const listing = await things.rows(target, query);
  return name === undefined ? listing : { ...listing, rows: listing.rows.filter((row) => row.name === name) };
}

/** Rows that are new or look different than before, and those that are gone. */
export function differences(
  before: ReadonlyMap<string, Row>,
  rows: readonly Row[],
): { readonly type: Change['type']; readonly row: Row }[] {
  const now = new Set(rows.map(keyOf));
  const changed = rows.flatMap((row): { type: Change['type']; row: Row }[] => {
    const known = before.get(keyOf(row));
    if (!known) return [{ type: 'ADDED', row }];
    return faceOf(known) === faceOf(row) ? [] : [{ type: 'MODIFIED', row }];
  });
  const gone = [...before.values()].filter((row) => !now.has(keyOf(row)));
  return [...changed, ...gone.map((row) => ({ type: 'DELETED' as const, row }))];
}

async function* lookAgain(
  looked: Looked,
  form: 'rows' | 'objects',
  signal: AbortSignal,
): AsyncGenerator<Change> {
  let before = new Map<string, Row>();
  while (!signal.aborted) {
    const { rows, ...listing } = await look(looked);
    for (const { type, row } of differences(before, rows)) {
      const object =
        form === 'rows' || type === 'DELETED'
          ? {}
          : await looked.things.object(looked.target, row.namespace, row.name);
      yield { type, listing: { ...listing, rows: [row] }, object };
    }
    before = new Map(rows.map((row) => [keyOf(row), row]));
    await sleep(everyMs, undefined, { signal }).catch(() => undefined);
  }
}

/** A server that tells no changes says so as a refusal, not as a failure. */
const tellsNone = (fault: unknown): boolean => fault instanceof CliError && fault.ending === 'refused';

/** What there is as ADDED, then every change. */
export async function* changesOf(
  looked: Looked,
  form: 'rows' | 'objects',
  signal: AbortSignal,
): AsyncGenerator<Change> {
  const { things, target, query, name } = looked;
  let told = false;
  try {
    // A watch may end at any time; the next one begins with what there is.
    for await (const change of things.watch?.(target, query, name, form) ?? []) {
      told = true;
      yield change;
    }
    if (told) return;
  } catch (fault) {
    if (told || !tellsNone(fault)) throw fault;
  }
  yield* lookAgain(looked, form, signal);
}
