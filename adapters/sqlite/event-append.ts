// Owns: appending deliveries: limits, repeats, one durable commit. An append writes only at the end of what there is, so its cost
// does not grow with what waits; finding each its place in its lane is left to whoever takes (event-lanes.ts).
import type { Appended, NewDelivery, QueueLimits } from '../../model/event-queue.ts';
import { sizeOf } from '../../model/event-size.ts';
import type { Database } from './database.ts';
import { insertDelivery, type EventInbox } from './event-inbox.ts';
import type { EventSums } from './event-rows.ts';

const remember = `
  INSERT INTO event_repeats (trigger_n, source, id, at, until) VALUES (?, ?, ?, ?, ?)
  ON CONFLICT (trigger_n, source, id) DO UPDATE SET at = excluded.at, until = excluded.until`;

/** Rows that are forgotten at each append: more than one append of one event adds, so that they do not pile up. */
const forgottenAtOnce = 20;
/** Fewer deliveries get a row each: packing pays where there are many. */
const fewestPacked = 8;

export class EventAppender {
  readonly #sums: EventSums;
  readonly #inbox: EventInbox;
  readonly #insert;
  readonly #remember;
  readonly #came;
  readonly #forget;

  constructor(db: Database, sums: EventSums, inbox: EventInbox) {
    this.#sums = sums;
    this.#inbox = inbox;
    this.#insert = db.prepare(insertDelivery);
    this.#remember = db.prepare(remember);
    this.#came = db.prepare('SELECT at FROM event_repeats WHERE trigger_n = ? AND source = ? AND id = ?');
    this.#forget = db.prepare(
      `DELETE FROM event_repeats WHERE (trigger_n, source, id) IN
         (SELECT trigger_n, source, id FROM event_repeats WHERE until <= ? ORDER BY until LIMIT ${forgottenAtOnce})`,
    );
  }

  /** Within a transaction. Throws nothing of its own; `full` wrote nothing. */
  append(deliveries: readonly NewDelivery[], limits: QueueLimits, now: number): Appended {
    const fresh = this.#withoutRepeats(deliveries, now);
    const repeats = deliveries.length - fresh.length;
    if (fresh.length === 0) return { kind: 'stored', repeats };
    const counts = countsOf(fresh);
    for (const [trigger, count] of counts) {
      const waiting = this.#sums.find(trigger)?.waiting ?? 0;
      if (waiting + count > limits.perTrigger) return { kind: 'full', trigger };
    }
    const { waiting, bytes } = this.#sums.read();
    const size = fresh.reduce((sum, { event }) => sum + sizeOf(event), 0);
    if (waiting + fresh.length > limits.total || bytes + size > (limits.bytes ?? Infinity))
      return { kind: 'full' };
    this.put(fresh, now);
    return { kind: 'stored', repeats };
  }

  /** Puts them at the end, whatever the limits and repeats; within a transaction. */
  put(deliveries: readonly NewDelivery[], now: number): void {
    let { last } = this.#sums.read();
    let bytes = 0;
    const numbers = new Map<string, number>();
    for (const [trigger, count] of countsOf(deliveries)) {
      const { n } = this.#sums.findOrMake(trigger);
      numbers.set(trigger, n);
      this.#sums.count(n, count, 0);
    }
    const first = last + 1;
    const packs = deliveries.length >= fewestPacked;
    if (packs) this.#inbox.put(deliveries, numbers, first, now);
    for (const delivery of deliveries) {
      const n = numbers.get(delivery.trigger) ?? 0;
      last += 1;
      if (!packs) this.#putOne(delivery, n, last, now);
      bytes += sizeOf(delivery.event);
      this.#rememberOne(delivery, n, now);
    }
    this.#sums.add(deliveries.length, bytes, last);
  }

  #putOne({ lane, hops, source, id, type, event }: NewDelivery, n: number, seq: number, now: number): void {
    const what = [lane ?? null, sizeOf(event), hops, source, id, type, event.mode] as const;
    this.#insert.run(seq, n, now, ...what, JSON.stringify(event.headers), event.body);
  }

  #rememberOne({ source, id, dropRepeatsWithinMs }: NewDelivery, n: number, now: number): void {
    if (dropRepeatsWithinMs !== undefined) this.#remember.run(n, source, id, now, now + dropRepeatsWithinMs);
  }

  #withoutRepeats(deliveries: readonly NewDelivery[], now: number): readonly NewDelivery[] {
    if (deliveries.every(({ dropRepeatsWithinMs }) => dropRepeatsWithinMs === undefined)) return deliveries;
    this.#forget.run(now);
    const seen = new Set<string>();
    return deliveries.filter((delivery) => {
      const within = delivery.dropRepeatsWithinMs;
      if (within === undefined) return true;
      const key = `${delivery.trigger}\n${delivery.source}\n${delivery.id}`;
      const repeat = seen.has(key) || this.#cameWithin(delivery, within, now);
      seen.add(key);
      return !repeat;
    });
  }

  #cameWithin({ trigger, source, id }: NewDelivery, within: number, now: number): boolean {
    const found = this.#sums.find(trigger);
    const came = found && (this.#came.get(found.n, source, id) as unknown as { at: number } | undefined);
    return came !== undefined && now - came.at < within;
  }
}

function countsOf(deliveries: readonly NewDelivery[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { trigger } of deliveries) counts.set(trigger, (counts.get(trigger) ?? 0) + 1);
  return counts;
}
