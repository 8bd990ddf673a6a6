// The event queue of one process, in memory: for tests and simulations. Nothing survives the process.
// Does not own dead letters (event-dead-letters.ts), it only hands them over.
// E2: only the first of a lane is ever handed out, and it leaves its lane when it is settled.
import type {
  Appended,
  DeliveryError,
  EventQueue,
  NewDelivery,
  Outcome,
  QueueLimits,
  Taken,
  TakeRequest,
  TriggerBacklog,
} from '../../model/event-queue.ts';
import { sizeOf } from '../../model/event-size.ts';

/** A delivery that waits or is in hand. */
export interface Waiting {
  readonly delivery: NewDelivery;
  readonly number: number;
  readonly at: number;
  tries: number;
  lastError?: DeliveryError;
  /** When it may be handed out (again). */
  dueAt: number;
  held?: { readonly ticket: string; readonly holder: string };
}

/** Where what is buried goes. */
export interface Graves {
  bury(item: Waiting, error: DeliveryError, at: number): void;
  countOf(trigger: string): number;
  bytes(): number;
  triggers(): Iterable<string>;
}

export class MemoryEventQueue implements EventQueue {
  readonly #graves: Graves;
  readonly #triggers = new Map<string, Set<Waiting>>();
  readonly #lanes = new Map<string, Waiting[]>();
  readonly #inHand = new Map<string, Waiting>();
  /** When an event came last, for those that drop repeats. */
  readonly #came = new Map<string, number>();
  readonly #listeners = new Set<(trigger: string) => void>();
  #numbers = 0;
  #total = 0;
  #bytes = 0;

  constructor(graves: Graves) {
    this.#graves = graves;
  }

  async append(deliveries: readonly NewDelivery[], limits: QueueLimits, now: number): Promise<Appended> {
    const fresh = this.#withoutRepeats(deliveries, now);
    const full = this.#fullFor(fresh, limits);
    if (full) return full;
    for (const delivery of fresh) this.put(delivery, now);
    return { kind: 'stored', repeats: deliveries.length - fresh.length };
  }

  /** Puts one at the end, whatever the limits. */
  put(delivery: NewDelivery, now: number): void {
    const { trigger, lane } = delivery;
    if (delivery.dropRepeatsWithinMs !== undefined) this.#came.set(repeatKey(delivery), now);
    const item: Waiting = { delivery, number: (this.#numbers += 1), at: now, tries: 0, dueAt: now };
    this.#triggers.set(trigger, (this.#triggers.get(trigger) ?? new Set()).add(item));
    if (lane !== undefined) this.#lanes.set(lane, [...(this.#lanes.get(lane) ?? []), item]);
    this.#total += 1;
    this.#bytes += sizeOf(delivery.event);
    this.#tell(trigger);
  }

  async take({ holder, now, until, wants }: TakeRequest): Promise<readonly Taken[]> {
    const taken: Taken[] = [];
    for (const [trigger, most] of wants) {
      let left = most;
      for (const item of this.#triggers.get(trigger) ?? []) {
        if (left <= 0) break;
        if (item.dueAt > now || !this.#isFirst(item)) continue;
        taken.push(this.#hand(item, holder, until));
        left -= 1;
      }
    }
    return taken;
  }

  async renew(tickets: readonly string[], holder: string, until: number): Promise<readonly string[]> {
    return tickets.filter((ticket) => {
      const item = this.#heldBy(ticket, holder);
      if (item) item.dueAt = until;
      return !item;
    });
  }

  async settle(ticket: string, holder: string, outcome: Outcome): Promise<boolean> {
    const item = this.#heldBy(ticket, holder);
    if (!item) return false;
    this.#letGo(item);
    if (outcome.kind === 'done') this.#remove(item);
    if (outcome.kind === 'buried') this.#bury(item, outcome.error, outcome.at);
    if (outcome.kind === 'again' || outcome.kind === 'untried') item.dueAt = outcome.dueAt;
    if (outcome.kind === 'again') {
      item.tries += 1;
      item.lastError = outcome.error;
    }
    return true;
  }

  async backlog(): Promise<readonly TriggerBacklog[]> {
    const names = new Set([...this.#triggers.keys(), ...this.#graves.triggers()]);
    return [...names].sort().map((trigger) => {
      const [oldest] = this.#triggers.get(trigger) ?? [];
      return {
        trigger,
        waiting: this.#waitingFor(trigger),
        dead: this.#graves.countOf(trigger),
        ...(oldest && { oldestAt: oldest.at }),
      };
    });
  }

  async expire(trigger: string, before: number, error: DeliveryError, now: number): Promise<number> {
    const old = [...(this.#triggers.get(trigger) ?? [])].filter(
      (item) => item.at < before && !(item.held && item.dueAt > now),
    );
    for (const item of old) {
      this.#letGo(item);
      this.#bury(item, error, now);
    }
    return old.length;
  }

  /** Whether any delivery of that lane waits or is in hand. */
  hasLane(lane: string): boolean {
    return this.#lanes.has(lane);
  }

  onAppended(listener: (trigger: string) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #withoutRepeats(deliveries: readonly NewDelivery[], now: number): NewDelivery[] {
    const seen = new Set<string>();
    return deliveries.filter((delivery) => {
      if (delivery.dropRepeatsWithinMs === undefined) return true;
      const key = repeatKey(delivery);
      const came = this.#came.get(key);
      const repeat = seen.has(key) || (came !== undefined && now - came < delivery.dropRepeatsWithinMs);
      seen.add(key);
      return !repeat;
    });
  }

  #fullFor(deliveries: readonly NewDelivery[], limits: QueueLimits): Appended | undefined {
    const counts = new Map<string, number>();
    for (const { trigger } of deliveries) counts.set(trigger, (counts.get(trigger) ?? 0) + 1);
    for (const [trigger, count] of counts) {
      if (this.#waitingFor(trigger) + count > limits.perTrigger) return { kind: 'full', trigger };
    }
    const bytes = deliveries.reduce((sum, { event }) => sum + sizeOf(event), 0);
    const over =
      this.#total + deliveries.length > limits.total ||
      this.#bytes + this.#graves.bytes() + bytes > (limits.bytes ?? Infinity);
    return deliveries.length > 0 && over ? { kind: 'full' } : undefined;
  }

  #waitingFor(trigger: string): number {
    return this.#triggers.get(trigger)?.size ?? 0;
  }

  #isFirst(item: Waiting): boolean {
    const { lane } = item.delivery;
    return lane === undefined || this.#lanes.get(lane)?.[0] === item;
  }

  #hand(item: Waiting, holder: string, until: number): Taken {
    this.#letGo(item);
    const ticket = `${item.number}.${(this.#numbers += 1)}`;
    item.held = { ticket, holder };
    item.dueAt = until;
    this.#inHand.set(ticket, item);
    const { tries, at, lastError } = item;
    return { ...item.delivery, ticket, at, tries, ...(lastError && { lastError }) };
  }

  #heldBy(ticket: string, holder: string): Waiting | undefined {
    const item = this.#inHand.get(ticket);
    return item?.held?.holder === holder ? item : undefined;
  }

  #letGo(item: Waiting): void {
    if (item.held) this.#inHand.delete(item.held.ticket);
    delete item.held;
  }

  #bury(item: Waiting, error: DeliveryError, at: number): void {
    this.#remove(item);
    this.#graves.bury(item, error, at);
  }

  #remove(item: Waiting): void {
    const { trigger, lane, event } = item.delivery;
    this.#total -= 1;
    this.#bytes -= sizeOf(event);
    const ofTrigger = this.#triggers.get(trigger);
    ofTrigger?.delete(item);
    if (ofTrigger?.size === 0) this.#triggers.delete(trigger);
    if (lane !== undefined) this.#leaveLane(lane, item);
  }

  #leaveLane(lane: string, item: Waiting): void {
    const rest = (this.#lanes.get(lane) ?? []).filter((other) => other !== item);
    if (rest.length === 0) this.#lanes.delete(lane);
    else this.#lanes.set(lane, rest);
    if (rest[0]) this.#tell(rest[0].delivery.trigger);
  }

  #tell(trigger: string): void {
    for (const listener of [...this.#listeners]) queueMicrotask(() => listener(trigger));
  }
}

const repeatKey = ({ trigger, source, id }: NewDelivery): string => `${trigger}\n${source}\n${id}`;
