// A history put together: operations with their ends, sessions with all that was done to them, and when which program was away.
import type { Begin, Entry, Final, Inventory, Result } from '../history.ts';

export interface Violation {
  /** Which promise was broken, in a word or two. */
  readonly rule: string;
  readonly text: string;
}

export interface Operation extends Begin {
  readonly endAt: number;
  readonly result: Result;
}

export interface Span {
  readonly from: number;
  readonly to: number;
}

export interface ClientSession {
  readonly label: string;
  readonly ids: ReadonlySet<string>;
  readonly operations: readonly Operation[];
  readonly final: Final | undefined;
  /** Its client asked for its end; when it first did. */
  readonly deletedAt: number | undefined;
  /** Whether its sandbox ever answered. */
  readonly established: boolean;
}

export interface Run {
  readonly operations: readonly Operation[];
  /** Begun, and the history has no end, or more than one. */
  readonly unbalanced: readonly { readonly op: string; readonly ends: number }[];
  readonly sessions: ReadonlyMap<string, ClientSession>;
  /** When each program was not ready. */
  readonly gone: ReadonlyMap<string, readonly Span[]>;
  readonly frozen: ReadonlyMap<string, readonly Span[]>;
  readonly inventory: Inventory | undefined;
}

function groupBy<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  return Map.groupBy(items, key);
}

const ofType = <T extends Entry['t']>(entries: readonly Entry[], t: T): Extract<Entry, { t: T }>[] =>
  entries.filter((entry): entry is Extract<Entry, { t: T }> => entry.t === t);

/** From each opening to the next closing of the same target; what was never closed lasts for ever. */
function spans(
  marks: readonly { readonly at: number; readonly of: string; readonly opens: boolean }[],
): Map<string, Span[]> {
  const result = new Map<string, Span[]>();
  for (const [of, own] of groupBy(marks, (mark) => mark.of)) {
    const found: Span[] = [];
    let from: number | undefined;
    for (const { at, opens } of own) {
      if (opens) from ??= at;
      else if (from !== undefined) {
        found.push({ from, to: at });
        from = undefined;
      }
    }
    if (from !== undefined) found.push({ from, to: Number.POSITIVE_INFINITY });
    result.set(of, found);
  }
  return result;
}

const goneSpans = (entries: readonly Entry[]): Map<string, Span[]> =>
  spans(
    ofType(entries, 'life').map(({ at, program, what }) => ({ at, of: program, opens: what === 'gone' })),
  );

/** A frozen program goes on when it is thawed, or is gone. */
const frozenSpans = (entries: readonly Entry[]): Map<string, Span[]> =>
  spans(
    entries.flatMap((entry) => {
      if (entry.t === 'fault' && (entry.what === 'freeze' || entry.what === 'thaw'))
        return [{ at: entry.at, of: entry.target, opens: entry.what === 'freeze' }];
      return entry.t === 'life' && entry.what === 'gone'
        ? [{ at: entry.at, of: entry.program, opens: false }]
        : [];
    }),
  );

const idOf = (operation: Operation): readonly string[] => {
  const told = 'sessionId' in operation.result ? operation.result.sessionId : undefined;
  return [operation.id, told].filter((id) => id !== undefined);
};

function sessionOf(label: string, operations: readonly Operation[], final: Final | undefined): ClientSession {
  return {
    label,
    operations,
    final,
    ids: new Set([...operations.flatMap(idOf), ...(final ? [final.id] : [])]),
    deletedAt: operations.find(({ kind }) => kind === 'delete')?.at,
    established: operations.some(({ result }) => result.kind === 'answer' && result.reading !== undefined),
  };
}

/** Reads a history that may have been cut off anywhere. */
export function runOf(entries: readonly Entry[]): Run {
  const ends = groupBy(ofType(entries, 'end'), ({ op }) => op);
  const begins = ofType(entries, 'begin');
  const operations = begins.flatMap((begin): Operation[] => {
    const end = ends.get(begin.op)?.[0];
    return end ? [{ ...begin, endAt: end.at, result: end.result }] : [];
  });
  const finals = new Map(ofType(entries, 'final').map((final) => [final.label, final]));
  const sessions = [...groupBy(operations, ({ label }) => label)].map(
    ([label, own]) => [label, sessionOf(label, own, finals.get(label))] as const,
  );
  return {
    operations,
    unbalanced: begins
      .map(({ op }) => ({ op, ends: ends.get(op)?.length ?? 0 }))
      .filter((one) => one.ends !== 1),
    sessions: new Map(sessions),
    gone: goneSpans(entries),
    frozen: frozenSpans(entries),
    inventory: ofType(entries, 'inventory').at(-1),
  };
}
