// Owns: putting the parts of the event store together over one database, and telling of what became due, which only this process needs to know.
// E1: an append is answered after its durable commit, and a row leaves only by `settle`, `expire`, `drop` or `ageOut`.
import type { DeliveryError, EventStore, TriggerBacklog } from '../../model/event-queue.ts';
import type { Database } from './database.ts';
import { EventAppender } from './event-append.ts';
import { EventInbox } from './event-inbox.ts';
import { sqliteBindings } from './event-bindings.ts';
import { sqliteDeadLetters } from './event-dead-letters.ts';
import { DeliveryLanes, type Leaving } from './event-lanes.ts';
import { eventSums, type EventSums } from './event-rows.ts';
import { DeliveryTurns } from './event-turns.ts';

const backlogOf = `
  SELECT name AS trigger, waiting, dead,
    (SELECT at FROM deliveries WHERE trigger_n = n ORDER BY seq LIMIT 1) AS placedAt,
    (SELECT at FROM event_inbox_triggers WHERE trigger_n = n ORDER BY seq LIMIT 1) AS packedAt
  FROM event_triggers WHERE waiting > 0 OR dead > 0 ORDER BY name`;
const oldOnes = `
  SELECT d.seq AS seq, d.trigger_n AS n, d.lane AS lane, d.at AS at, t.due AS due, t.holder AS holder, coalesce(t.tries, 0) AS tries
  FROM deliveries AS d LEFT JOIN delivery_turns AS t ON t.seq = d.seq
  WHERE d.trigger_n = ? AND d.seq > ? ORDER BY d.seq LIMIT ?`;
/** Deliveries that are looked at in one transaction. */
const portion = 500;

interface OldRow extends Leaving {
  readonly at: number;
  readonly due: number | null;
  readonly holder: string | null;
  readonly tries: number;
}

interface BacklogRow extends Omit<TriggerBacklog, 'oldestAt'> {
  readonly placedAt: number | null;
  readonly packedAt: number | null;
}

function backlogOfRow({ placedAt, packedAt, ...rest }: BacklogRow): TriggerBacklog {
  const oldestAt = Math.min(placedAt ?? Infinity, packedAt ?? Infinity);
  return { ...rest, ...(oldestAt < Infinity && { oldestAt }) };
}

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

interface ExpiryParts {
  readonly db: Database;
  readonly sums: EventSums;
  readonly lanes: DeliveryLanes;
  readonly inbox: EventInbox;
}

/** Buries what is old, portion by portion. */
function expiry({ db, sums, lanes, inbox }: ExpiryParts, tell: (trigger: string) => void) {
  const select = db.prepare(oldOnes);
  return async (trigger: string, before: number, error: DeliveryError, now: number): Promise<number> => {
    const text = JSON.stringify(error);
    const some = (n: number, after: number) => {
      const unsorted = lanes.sort(portion);
      const rows = select.all(n, after, portion) as unknown as readonly OldRow[];
      // Without a place it cannot be removed: first all get theirs.
      if (unsorted) {
        const oldestAt = Math.min(rows[0]?.at ?? Infinity, inbox.oldestAt(n) ?? Infinity);
        return { after, more: oldestAt < before, count: 0, next: [] };
      }
      const old = rows.filter(({ at }) => at < before);
      const gone = old.filter(({ holder, due }) => holder === null || (due ?? 0) <= now);
      const next = gone.map((row) => lanes.remove(row, { at: now, tries: row.tries, error: text }));
      const more = rows.length === portion && old.length === rows.length;
      return { after: rows.at(-1)?.seq ?? after, more, count: gone.length, next };
    };
    const n = (await db.read(() => sums.find(trigger)))?.n;
    let [after, count, more] = [0, 0, n !== undefined];
    while (more) {
      const step = await db.write('soon', () => some(n ?? 0, after));
      ({ after, more } = step);
      count += step.count;
      for (const name of step.next) if (name !== undefined) tell(name);
      await nextTurn();
    }
    return count;
  };
}

/** An event store on an open database, the only one of it; whoever opened that closes it. What was in hand is in nobody's. */
export function sqliteEventStore(db: Database): EventStore {
  const sums = eventSums(db);
  const inbox = new EventInbox(db);
  const appender = new EventAppender(db, sums, inbox);
  const lanes = new DeliveryLanes(db, sums, inbox);
  const turns = new DeliveryTurns(db, sums, lanes);
  // What stays in dead hands for want of a disk is handed out when its time is over.
  turns.freeAll().catch(() => undefined);
  const listeners = new Set<(trigger: string) => void>();
  const tell = (trigger: string) => {
    for (const listener of [...listeners]) queueMicrotask(() => listener(trigger));
  };
  const tellAll = (triggers: readonly string[]) => new Set(triggers).forEach(tell);
  const backlog = db.prepare(backlogOf);
  return {
    ...sqliteBindings(db, { sums, inbox }),
    ...sqliteDeadLetters(db, {
      sums,
      tell: tellAll,
      put: (deliveries, now) => appender.put(deliveries, now),
    }),
    expire: expiry({ db, sums, lanes, inbox }, tell),
    async append(deliveries, limits, now) {
      const answer = await db.write('durable', () => appender.append(deliveries, limits, now));
      if (answer.kind === 'stored') tellAll(deliveries.map(({ trigger }) => trigger));
      return answer;
    },
    take: (request) => turns.take(request),
    renew: (tickets, holder, until) => turns.renew(tickets, holder, until),
    async settle(ticket, holder, outcome) {
      const settled = await db.write('soon', () => turns.settle(ticket, holder, outcome));
      if (settled?.next !== undefined) tell(settled.next);
      return settled !== undefined;
    },
    backlog: () => db.read(() => (backlog.all() as unknown as BacklogRow[]).map(backlogOfRow)),
    onAppended(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
