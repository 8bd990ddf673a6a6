// Owns: dead letters as rows: finding, forgetting, and putting them back. How a delivery becomes one is event-lanes.ts' business.
import type { DeadLetter, DeadLetterQuery, DeadLetters, NewDelivery } from '../../model/event-queue.ts';
import type { Database } from './database.ts';
import { deliveryOfRow, eventColumns, type EventRow, type EventSums } from './event-rows.ts';

const columns = `dead_letters.seq AS seq, trigger_n AS n, buried_at AS buriedAt, tries, error, ${eventColumns}`;

interface LetterRow extends EventRow {
  readonly seq: number;
  readonly n: number;
  readonly buriedAt: number;
  readonly tries: number;
  readonly error: string;
}

/** The number of a dead letter; of any other text one that none has. */
const numberOf = (deadId: string): number => (/^\d{1,15}$/.test(deadId) ? Number(deadId) : -1);

type Remove = (row: Pick<LetterRow, 'seq' | 'n' | 'size'>) => void;

/** Forgets what is too old or too much, from the oldest on. */
function ageOut(db: Database, remove: Remove): DeadLetters['ageOut'] {
  const withDead = db.prepare('SELECT n, name, dead FROM event_triggers WHERE dead > 0');
  const oldest = db.prepare(
    'SELECT seq, trigger_n AS n, buried_at AS buriedAt, size FROM dead_letters WHERE trigger_n = ? ORDER BY seq LIMIT 1',
  );
  const ageOutOf = (n: number, dead: number, before: number, most: number): number => {
    for (let gone = 0; ; gone += 1) {
      const row = oldest.get(n) as unknown as LetterRow | undefined;
      if (!row || (row.buriedAt >= before && dead - gone <= most)) return gone;
      remove(row);
    }
  };
  return (before, most) =>
    db.write('soon', () => {
      const triggers = withDead.all() as unknown as readonly { n: number; name: string; dead: number }[];
      const gone = triggers.map(({ n, name, dead }) => [name, ageOutOf(n, dead, before, most)] as const);
      return new Map(gone.filter(([, count]) => count > 0));
    });
}

export interface DeadLettersParts {
  readonly sums: EventSums;
  /** Puts deliveries at the end of the queue, in the transaction that is open. */
  readonly put: (deliveries: readonly NewDelivery[], now: number) => void;
  /** Called after they are stored. */
  readonly tell: (triggers: readonly string[]) => void;
}

/** The dead letters of the event store. */
export function sqliteDeadLetters(db: Database, { sums, put, tell }: DeadLettersParts): DeadLetters {
  const one = db.prepare(`SELECT ${columns} FROM dead_letters WHERE seq = ?`);
  const ofNamespace = db.prepare(
    `SELECT ${columns} FROM dead_letters WHERE namespace = ? AND seq > ? ORDER BY seq LIMIT ?`,
  );
  const ofTrigger = db.prepare(
    `SELECT ${columns} FROM dead_letters WHERE trigger_n = ? AND namespace = ? AND seq > ? ORDER BY seq LIMIT ?`,
  );
  const erase = db.prepare('DELETE FROM dead_letters WHERE seq = ?');

  const letterOf = (row: LetterRow): DeadLetter => ({
    ...deliveryOfRow(row, sums.nameOf(row.n)),
    deadId: String(row.seq),
    tries: row.tries,
    at: row.at,
    buriedAt: row.buriedAt,
    error: JSON.parse(row.error) as DeadLetter['error'],
  });
  const remove: Remove = ({ seq, n, size }) => {
    erase.run(seq);
    sums.count(n, 0, -1);
    sums.add(0, -size);
  };
  const takeOut = (deadIds: readonly string[]): LetterRow[] =>
    deadIds.flatMap((deadId) => {
      const row = one.get(numberOf(deadId)) as unknown as LetterRow | undefined;
      if (row) remove(row);
      return row ?? [];
    });
  const listed = ({ namespace, trigger, limit, after = '0' }: DeadLetterQuery): DeadLetter[] => {
    const from = numberOf(after);
    if (trigger === undefined)
      return ofNamespace.all(namespace, from, limit).map((row) => letterOf(row as unknown as LetterRow));
    const n = sums.find(trigger)?.n ?? -1;
    return ofTrigger.all(n, namespace, from, limit).map((row) => letterOf(row as unknown as LetterRow));
  };
  return {
    dead: (query) => db.read(() => (query.limit <= 0 ? [] : listed(query))),
    deadOne: (deadId) =>
      db.read(() => {
        const row = one.get(numberOf(deadId)) as unknown as LetterRow | undefined;
        return row && letterOf(row);
      }),
    async replay(deadIds, now) {
      const triggers = await db.write('durable', () => {
        const deliveries = takeOut(deadIds).map((row) => deliveryOfRow(row, sums.nameOf(row.n)));
        if (deliveries.length > 0) put(deliveries, now);
        return deliveries.map(({ trigger }) => trigger);
      });
      tell(triggers);
      return triggers.length;
    },
    drop: (deadIds) => db.write('durable', () => takeOut(deadIds).length),
    ageOut: ageOut(db, remove),
  };
}
