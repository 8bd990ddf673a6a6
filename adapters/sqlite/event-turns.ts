// Owns: whose turn it is and in whose hands it is. What a power cut takes of it is handed out once more, so nothing here waits for the disk.
// Hands do not outlive the process: the file is one process' alone.
// E3: a ticket is the number of the delivery and of its turn; each taking makes a new turn, and ends the one before.
import type { Outcome, Taken, TakeRequest } from '../../model/event-queue.ts';
import type { Database } from './database.ts';
import type { DeliveryLanes } from './event-lanes.ts';
import { deliveryOfRow, type EventRow, type EventSums } from './event-rows.ts';

/** Exported so that a test can read its query plan. */
export const dueTurns = `
  SELECT t.seq AS seq, t.turn AS turn, t.tries AS tries, t.error AS error,
    d.at AS at, d.lane AS lane, d.size AS size, d.hops AS hops, d.source AS source, d.id AS id, d.type AS type,
    d.mode AS mode, d.headers AS headers, d.body AS body
  FROM delivery_turns AS t CROSS JOIN deliveries AS d ON d.seq = t.seq
  WHERE t.trigger_n = ? AND t.due <= ? ORDER BY t.due, t.seq LIMIT ?`;
const hand = 'UPDATE delivery_turns SET holder = ?, due = ?, turn = turn + 1 WHERE seq = ?';
const held = `
  SELECT seq, trigger_n AS n, lane, tries FROM delivery_turns WHERE seq = ? AND turn = ? AND holder = ?`;
const renew = 'UPDATE delivery_turns SET due = ? WHERE seq = ? AND turn = ? AND holder = ?';
const putOff = `
  UPDATE delivery_turns SET holder = NULL, due = :due, tries = tries + :tried, error = coalesce(:error, error)
  WHERE seq = :seq`;
const freeAll = `
  UPDATE delivery_turns SET holder = NULL, due = (SELECT at FROM deliveries AS d WHERE d.seq = delivery_turns.seq)
  WHERE holder IS NOT NULL`;
/** Deliveries that get their places in one transaction: some ten milliseconds. */
const sortedAtOnce = 2_000;

interface TurnRow extends EventRow {
  readonly seq: number;
  readonly turn: number;
  readonly tries: number;
  readonly error: string | null;
}

interface HeldRow {
  readonly seq: number;
  readonly n: number;
  readonly lane: string | null;
  readonly tries: number;
}

const takenOf = (row: TurnRow, trigger: string): Taken => ({
  ...deliveryOfRow(row, trigger),
  ticket: `${row.seq}.${row.turn + 1}`,
  at: row.at,
  tries: row.tries,
  ...(row.error !== null && { lastError: JSON.parse(row.error) as Taken['lastError'] & object }),
});

/** The delivery and its turn that a ticket names; of any other text numbers that nothing has. */
function numbersOf(ticket: string): readonly [seq: number, turn: number] {
  const [seq = '', turn = ''] = /^\d{1,15}\.\d{1,15}$/.test(ticket) ? ticket.split('.') : ['-1', '-1'];
  return [Number(seq), Number(turn)];
}

export class DeliveryTurns {
  readonly #db: Database;
  readonly #sums: EventSums;
  readonly #lanes: DeliveryLanes;
  readonly #statements;

  constructor(db: Database, sums: EventSums, lanes: DeliveryLanes) {
    this.#db = db;
    this.#sums = sums;
    this.#lanes = lanes;
    const prepare = (sql: string) => db.prepare(sql);
    this.#statements = {
      due: prepare(dueTurns),
      hand: prepare(hand),
      held: prepare(held),
      renew: prepare(renew),
      putOff: prepare(putOff),
      freeAll: prepare(freeAll),
    };
  }

  /**
   * Takes everything out of the hands it is in. For whoever opens the file: it is one process' alone, so that whoever had
   * anything in hand is no more.
   */
  async freeAll(): Promise<void> {
    await this.#db.write('soon', () => this.#statements.freeAll.run());
  }

  /** Takes what is due; gives places first to what came meanwhile, and to more while it finds too little. */
  async take(request: TakeRequest): Promise<readonly Taken[]> {
    const left = new Map([...request.wants].filter(([, most]) => most > 0));
    const taken: Taken[] = [];
    let wanted = [...left.values()].reduce((sum, most) => sum + most, 0);
    for (let portion = Math.min(sortedAtOnce, 2 * wanted); wanted > 0; portion = sortedAtOnce) {
      const { found, more } = await this.#db.write('soon', () => {
        const unsorted = this.#lanes.sort(portion);
        return { more: unsorted, found: this.#takeDue(request, left) };
      });
      taken.push(...found);
      wanted -= found.length;
      if (!more) break;
      // Others may have something to do meanwhile.
      await new Promise((resolve) => setImmediate(resolve));
    }
    return taken;
  }

  renew(tickets: readonly string[], holder: string, until: number): Promise<readonly string[]> {
    return this.#db.write('soon', () =>
      tickets.filter(
        (ticket) => this.#statements.renew.run(until, ...numbersOf(ticket), holder).changes === 0,
      ),
    );
  }

  /** In a transaction; undefined when the ticket is the holder's no more, otherwise whose turn it is then, if another trigger's. */
  settle(ticket: string, holder: string, outcome: Outcome): { readonly next?: string } | undefined {
    const row = this.#statements.held.get(...numbersOf(ticket), holder) as unknown as HeldRow | undefined;
    if (!row) return undefined;
    if (outcome.kind === 'done' || outcome.kind === 'buried') {
      const burial = outcome.kind === 'buried' && {
        at: outcome.at,
        tries: row.tries,
        error: JSON.stringify(outcome.error),
      };
      const next = this.#lanes.remove(row, burial || undefined);
      return next === undefined ? {} : { next };
    }
    const tried = outcome.kind === 'again';
    const error = tried ? JSON.stringify(outcome.error) : null;
    this.#statements.putOff.run({ seq: row.seq, due: outcome.dueAt, tried: Number(tried), error });
    return {};
  }

  #takeDue({ holder, now, until }: TakeRequest, left: Map<string, number>): Taken[] {
    const taken: Taken[] = [];
    for (const [trigger, most] of left) {
      const n = this.#sums.find(trigger)?.n;
      const rows = n === undefined ? [] : (this.#statements.due.all(n, now, most) as unknown as TurnRow[]);
      for (const row of rows) {
        this.#statements.hand.run(holder, until, row.seq);
        taken.push(takenOf(row, trigger));
      }
      if (rows.length === most) left.delete(trigger);
      else left.set(trigger, most - rows.length);
    }
    return taken;
  }
}
