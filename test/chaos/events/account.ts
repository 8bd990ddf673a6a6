// A history of events put together: for each event when it was sent and acknowledged, and what became of it. Judges nothing.
import type { Operation, Run } from '../checks/run.ts';
import { runOf } from '../checks/run.ts';
import type { Dead, Entry, Handling } from '../history.ts';

export interface Posted {
  readonly id: string;
  readonly subject: string;
  /** When it was sent first. */
  readonly sentAt: number;
  /** When it was first answered 202; absent: it never was. */
  readonly acknowledgedAt?: number;
  /** How often it was sent. */
  readonly sends: number;
  /** Which first sending it was part of, and its place in that. */
  readonly sending: string;
  readonly place: number;
}

/** One event in a handler's hands, of a session and a subject. */
export interface Seen extends Handling {
  readonly session: string;
  readonly subject: string;
}

export interface Account {
  readonly run: Run;
  readonly posted: ReadonlyMap<string, Posted>;
  /** In the order in which each session wrote them down, one session after the other. */
  readonly seen: readonly Seen[];
  /** How often each event was handled. */
  readonly times: ReadonlyMap<string, number>;
  /** Undefined when nobody could tell. */
  readonly dead: Dead['letters'] | undefined;
  readonly waiting: number | undefined;
  /** The time of `at` 0 (ms since the epoch). */
  readonly epoch: number;
}

function postedOf(operations: readonly Operation[]): Map<string, Posted> {
  const posted = new Map<string, Posted>();
  for (const { at, endAt, op, label, events = [], result } of operations.toSorted((a, b) => a.at - b.at))
    for (const [place, id] of events.entries()) {
      const before = posted.get(id) ?? { id, subject: label, sentAt: at, sends: 0, sending: op, place };
      const first = result.kind === 'answer' && before.acknowledgedAt === undefined;
      posted.set(id, { ...before, sends: before.sends + 1, ...(first && { acknowledgedAt: endAt }) });
    }
  return posted;
}

const last = <T extends Entry['t']>(entries: readonly Entry[], t: T): Extract<Entry, { t: T }> | undefined =>
  entries.findLast((entry): entry is Extract<Entry, { t: T }> => entry.t === t);

/** Reads a history that may have been cut off anywhere. */
export function accountOf(entries: readonly Entry[]): Account {
  const run = runOf(entries);
  const seen = entries.flatMap((entry): Seen[] => {
    if (entry.t !== 'handled') return [];
    const { session, subject } = entry;
    return entry.handlings.map((handling) => ({ ...handling, session, subject }));
  });
  const times = new Map<string, number>();
  for (const { id } of seen) times.set(id, (times.get(id) ?? 0) + 1);
  return {
    run,
    posted: postedOf(run.operations.filter(({ kind }) => kind === 'post')),
    seen,
    times,
    dead: last(entries, 'dead')?.letters,
    waiting: last(entries, 'waiting')?.deliveries,
    epoch: last(entries, 'started')?.epoch ?? 0,
  };
}
