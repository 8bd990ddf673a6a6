// Owns: how an event becomes columns and columns an event, and the sums that limits are compared with.
// Does not own which rows are written when. Everything here runs inside the transaction of whoever calls it.
import type { EncodedEvent } from '../../model/event-queue.ts';
import type { Database } from './database.ts';

/** The columns of an event, of `deliveries` and of `dead_letters` alike. */
export const eventColumns = 'at, lane, size, hops, source, id, type, mode, headers, body';

export interface EventRow {
  readonly at: number;
  readonly lane: string | null;
  readonly size: number;
  readonly hops: number;
  readonly source: string;
  readonly id: string;
  readonly type: string;
  readonly mode: EncodedEvent['mode'];
  readonly headers: string;
  readonly body: Uint8Array;
}

/** What a row says of the event and where it goes. */
export const deliveryOfRow = (row: EventRow, trigger: string) => ({
  trigger,
  ...(row.lane !== null && { lane: row.lane }),
  source: row.source,
  id: row.id,
  type: row.type,
  hops: row.hops,
  event: {
    mode: row.mode,
    headers: JSON.parse(row.headers) as EncodedEvent['headers'],
    body: row.body,
  },
});

export interface Sums {
  readonly waiting: number;
  readonly bytes: number;
  /** The number of the delivery that was appended last. */
  readonly last: number;
  /** Deliveries up to this number have their place in their lane, later ones are still to be looked at. */
  readonly sorted: number;
}

export interface TriggerRow {
  readonly n: number;
  readonly waiting: number;
}

/** Counters of what is kept, changed in the transactions that keep it. */
export function eventSums(db: Database) {
  const sums = db.prepare('SELECT waiting, bytes, last, sorted FROM event_sums');
  const add = db.prepare(
    'UPDATE event_sums SET waiting = waiting + ?, bytes = bytes + ?, last = max(last, ?)',
  );
  const sorted = db.prepare('UPDATE event_sums SET sorted = ?');
  const byName = db.prepare('SELECT n, waiting FROM event_triggers WHERE name = ?');
  const nameOf = db.prepare('SELECT name FROM event_triggers WHERE n = ?');
  const insert = db.prepare('INSERT INTO event_triggers (name) VALUES (?) RETURNING n, waiting');
  const count = db.prepare('UPDATE event_triggers SET waiting = waiting + ?, dead = dead + ? WHERE n = ?');
  return {
    read: () => sums.get() as unknown as Sums,
    add: (waiting: number, bytes: number, last = 0) => void add.run(waiting, bytes, last),
    sortedTo: (seq: number) => void sorted.run(seq),
    find: (trigger: string) => byName.get(trigger) as unknown as TriggerRow | undefined,
    findOrMake: (trigger: string) => (byName.get(trigger) ?? insert.get(trigger)) as unknown as TriggerRow,
    nameOf: (n: number) => (nameOf.get(n) as unknown as { name: string }).name,
    count: (n: number, waiting: number, dead: number) => void count.run(waiting, dead, n),
  };
}

export type EventSums = ReturnType<typeof eventSums>;
