// Owns: the place of each delivery: its turn has come (`delivery_turns`: due, in hand or to be tried again), or it waits behind
// another of its lane (`delivery_lanes`). Places are given in the order of append, portion by portion, when somebody takes.
// E2: a lane has at most one row in `delivery_turns`, its first; whoever removes that puts the next one there.
import type { Database } from './database.ts';
import type { EventInbox } from './event-inbox.ts';
import { eventColumns, type EventSums } from './event-rows.ts';

const unsorted = `
  SELECT seq, trigger_n AS n, at, lane FROM deliveries WHERE seq > ? ORDER BY seq LIMIT ?`;
// A lane that has its turn already: ignored, and the delivery goes behind.
const begin = 'INSERT OR IGNORE INTO delivery_turns (seq, trigger_n, due, lane) VALUES (?, ?, ?, ?)';
const follow = 'INSERT INTO delivery_lanes (lane, seq, trigger_n, at) VALUES (?, ?, ?, ?)';
const advance = `
  DELETE FROM delivery_lanes WHERE (lane, seq) =
    (SELECT lane, seq FROM delivery_lanes WHERE lane = ? ORDER BY seq LIMIT 1)
  RETURNING seq, trigger_n AS n, at, lane`;
const bury = `
  INSERT INTO dead_letters (namespace, trigger_n, buried_at, tries, error, ${eventColumns})
  SELECT substr(t.name, 1, instr(t.name, '/') - 1), t.n, :at, :tries, :error, ${eventColumns}
  FROM deliveries AS d JOIN event_triggers AS t ON t.n = d.trigger_n WHERE d.seq = :seq`;

interface Placed {
  readonly seq: number;
  readonly n: number;
  readonly at: number;
  readonly lane: string | null;
}

/** Where a delivery is that is to be removed. */
export interface Leaving {
  readonly seq: number;
  readonly n: number;
  readonly lane: string | null;
}

export interface Burial {
  readonly at: number;
  readonly tries: number;
  /** A DeliveryError as JSON. */
  readonly error: string;
}

export class DeliveryLanes {
  readonly #sums: EventSums;
  readonly #inbox: EventInbox;
  readonly #statements;

  constructor(db: Database, sums: EventSums, inbox: EventInbox) {
    this.#sums = sums;
    this.#inbox = inbox;
    this.#statements = {
      unsorted: db.prepare(unsorted),
      begin: db.prepare(begin),
      follow: db.prepare(follow),
      advance: db.prepare(advance),
      bury: db.prepare(bury),
      endTurn: db.prepare('DELETE FROM delivery_turns WHERE seq = ?'),
      leave: db.prepare('DELETE FROM delivery_lanes WHERE lane = ? AND seq = ?'),
      erase: db.prepare('DELETE FROM deliveries WHERE seq = ? RETURNING size'),
    };
  }

  /** Gives up to so many their places, in a transaction; answers whether there are more. */
  sort(most: number): boolean {
    const { sorted, last } = this.#sums.read();
    if (sorted >= last) return false;
    // Numbers have no gaps among those without a place.
    this.#inbox.unpack(sorted + most);
    const rows = this.#statements.unsorted.all(sorted, most) as unknown as readonly Placed[];
    for (const row of rows) this.#place(row);
    const end = rows.length < most ? last : (rows.at(-1)?.seq ?? last);
    this.#sums.sortedTo(end);
    return end < last;
  }

  /** Removes one that has its place; answers the trigger of the one of its lane that follows it, if that has its turn now. */
  remove(row: Leaving, burial?: Burial): string | undefined {
    if (burial) this.#statements.bury.run({ seq: row.seq, ...burial });
    const hadTurn = this.#statements.endTurn.run(row.seq).changes > 0;
    const { size } = this.#statements.erase.get(row.seq) as unknown as { size: number };
    this.#sums.count(row.n, -1, burial ? 1 : 0);
    this.#sums.add(-1, burial ? 0 : -size);
    if (row.lane === null) return undefined;
    if (hadTurn) return this.#advance(row.lane);
    this.#statements.leave.run(row.lane, row.seq);
    return undefined;
  }

  #place({ seq, n, at, lane }: Placed): void {
    const begun = this.#statements.begin.run(seq, n, at, lane).changes > 0;
    if (!begun) this.#statements.follow.run(lane, seq, n, at);
  }

  #advance(lane: string): string | undefined {
    const next = this.#statements.advance.get(lane) as unknown as Placed | undefined;
    if (!next) return undefined;
    this.#place(next);
    return this.#sums.nameOf(next.n);
  }
}
