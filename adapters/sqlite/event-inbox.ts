// Owns: many deliveries of one append as one row, so that an append costs little more for many than for one: ingress is one write.
// Whoever gives places unpacks first what he comes to (event-lanes.ts); until then a packed delivery has no place and nobody has it.
// Does not own the numbers of deliveries: a row holds as many in a sequence as it says, from its own number on.
import type { EncodedEvent, NewDelivery } from '../../model/event-queue.ts';
import { sizeOf } from '../../model/event-size.ts';
import type { Database } from './database.ts';

const insertRow = 'INSERT INTO event_inbox (seq, at, packed, bodies) VALUES (?, ?, ?, ?)';
const insertTrigger = 'INSERT INTO event_inbox_triggers (trigger_n, seq, at) VALUES (?, ?, ?)';
const firstRow = 'SELECT seq, at, packed, bodies FROM event_inbox WHERE seq <= ? ORDER BY seq LIMIT 1';
const oldest = 'SELECT at FROM event_inbox_triggers WHERE trigger_n = ? ORDER BY seq LIMIT 1';
/** Whoever takes a few unpacks a whole row: a millisecond or two. */
const mostInRow = 250;

export const insertDelivery = `
  INSERT INTO deliveries (seq, trigger_n, at, lane, size, hops, source, id, type, mode, headers, body)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

/** What the body and the headers aside are of a delivery: `headers` is the number of their text, `bytes` the length of the body. */
type PackedDelivery = readonly [
  n: number,
  lane: string | null,
  size: number,
  hops: number,
  source: string,
  id: string,
  type: string,
  mode: EncodedEvent['mode'],
  headers: number,
  bytes: number,
];

interface Packed {
  readonly headers: readonly string[];
  readonly deliveries: readonly PackedDelivery[];
}

interface InboxRow {
  readonly seq: number;
  readonly at: number;
  readonly packed: string;
  readonly bodies: Uint8Array;
}

/** Texts by number; most events of a batch have the same headers. */
class Texts {
  readonly all: string[] = [];
  readonly #numbers = new Map<string, number>();

  numberOf(text: string): number {
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    this.#numbers.set(text, this.all.length);
    return this.all.push(text) - 1;
  }
}

function pack(deliveries: readonly NewDelivery[], numberOf: (trigger: string) => number): string {
  const texts = new Texts();
  const packed = deliveries.map(({ trigger, lane, hops, source, id, type, event }): PackedDelivery => [
    numberOf(trigger),
    lane ?? null,
    sizeOf(event),
    hops,
    source,
    id,
    type,
    event.mode,
    texts.numberOf(JSON.stringify(event.headers)),
    event.body.length,
  ]);
  return JSON.stringify({ headers: texts.all, deliveries: packed } satisfies Packed);
}

export class EventInbox {
  readonly #statements;

  constructor(db: Database) {
    this.#statements = {
      insertRow: db.prepare(insertRow),
      insertTrigger: db.prepare(insertTrigger),
      firstRow: db.prepare(firstRow),
      oldest: db.prepare(oldest),
      insertDelivery: db.prepare(insertDelivery),
      deleteRow: db.prepare('DELETE FROM event_inbox WHERE seq = ?'),
      deleteTriggers: db.prepare('DELETE FROM event_inbox_triggers WHERE trigger_n = ? AND seq = ?'),
    };
  }

  /** Keeps deliveries that are numbered from `seq` on; `numbers`: those of their triggers. In a transaction. */
  put(
    deliveries: readonly NewDelivery[],
    numbers: ReadonlyMap<string, number>,
    seq: number,
    now: number,
  ): void {
    const numberOf = (trigger: string): number => numbers.get(trigger) ?? 0;
    for (let at = 0; at < deliveries.length; at += mostInRow)
      this.#putRow(deliveries.slice(at, at + mostInRow), numberOf, seq + at, now);
  }

  /** Makes rows of their own of all deliveries up to the number `to`, and of what came together with them; in a transaction. */
  unpack(to: number): void {
    for (;;) {
      const row = this.#statements.firstRow.get(to) as unknown as InboxRow | undefined;
      if (!row) return;
      this.#unpack(row);
    }
  }

  /** When the first was appended that is packed for the trigger of this number. */
  oldestAt(n: number): number | undefined {
    return (this.#statements.oldest.get(n) as unknown as { at: number } | undefined)?.at;
  }

  #putRow(
    deliveries: readonly NewDelivery[],
    numberOf: (trigger: string) => number,
    seq: number,
    now: number,
  ): void {
    const bodies = Buffer.concat(deliveries.map(({ event }) => event.body));
    this.#statements.insertRow.run(seq, now, pack(deliveries, numberOf), bodies);
    for (const trigger of new Set(deliveries.map((one) => one.trigger)))
      this.#statements.insertTrigger.run(numberOf(trigger), seq, now);
  }

  #unpack({ seq, at, packed, bodies }: InboxRow): void {
    const { headers, deliveries } = JSON.parse(packed) as Packed;
    let [next, from] = [seq, 0];
    for (const [n, lane, size, hops, source, id, type, mode, head, bytes] of deliveries) {
      const body = bodies.subarray(from, from + bytes);
      const what = [lane, size, hops, source, id, type, mode, headers[head] ?? '[]', body] as const;
      this.#statements.insertDelivery.run(next, n, at, ...what);
      next += 1;
      from += bytes;
    }
    for (const n of new Set(deliveries.map(([one]) => one))) this.#statements.deleteTriggers.run(n, seq);
    this.#statements.deleteRow.run(seq);
  }
}
