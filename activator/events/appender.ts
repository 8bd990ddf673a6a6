// Makes deliveries durable, those of many requests with one write: what comes while a write is under way, or in the same turn of the
// event loop, waits for the next. Does not own what a delivery is, nor what is answered.
// The order in which deliveries came is the order in which they are written; those of one group are stored together or not at all.
import type { Appended, EventQueue, NewDelivery, QueueLimits } from '../../model/event-queue.ts';

interface Group {
  readonly deliveries: readonly NewDelivery[];
  readonly done: (appended: Appended) => void;
  readonly failed: (fault: unknown) => void;
}

/** One write should not keep the queue from others for long. */
const mostDeliveries = 2_000;
const mostBytes = 4 * 2 ** 20;

const bytesOf = (deliveries: readonly NewDelivery[]): number =>
  deliveries.reduce((sum, { event }) => sum + event.body.length, 0);

export class Appender {
  readonly #queue: Pick<EventQueue, 'append'>;
  readonly #limits: QueueLimits;
  readonly #now: () => number;
  #waiting: Group[] = [];
  #busy = false;

  constructor(queue: Pick<EventQueue, 'append'>, limits: QueueLimits, now: () => number) {
    this.#queue = queue;
    this.#limits = limits;
    this.#now = now;
  }

  /** Resolves when they are durable, or refused. Rejects with STORE_UNAVAILABLE: then they may be stored or not. */
  append(deliveries: readonly NewDelivery[]): Promise<Appended> {
    return new Promise((done, failed) => {
      this.#waiting.push({ deliveries, done, failed });
      if (!this.#busy) this.#soon();
    });
  }

  /** Groups that wait for the next write. */
  get waiting(): number {
    return this.#waiting.length;
  }

  #soon(): void {
    this.#busy = true;
    setImmediate(() => void this.#flush());
  }

  async #flush(): Promise<void> {
    await this.#write(this.#next());
    this.#busy = false;
    if (this.#waiting.length > 0) this.#soon();
  }

  /** As many of those that wait as one write takes, in order; one at least. */
  #next(): readonly Group[] {
    let [groups, deliveries, bytes] = [0, 0, 0];
    for (const group of this.#waiting) {
      deliveries += group.deliveries.length;
      bytes += bytesOf(group.deliveries);
      if (groups > 0 && (deliveries > mostDeliveries || bytes > mostBytes)) break;
      groups += 1;
    }
    return this.#waiting.splice(0, groups);
  }

  /** Never rejects. A full queue refuses all of a write, so those it is full for are taken out, and the others tried again. */
  async #write(groups: readonly Group[]): Promise<void> {
    if (groups.length === 0) return;
    try {
      const all = groups.flatMap(({ deliveries }) => deliveries);
      const appended = await this.#queue.append(all, this.#limits, this.#now());
      if (appended.kind === 'stored' || groups.length === 1) return answerAll(groups, appended);
      const { trigger } = appended;
      const refused = groups.filter((group) => trigger === undefined || isOf(group, trigger));
      answerAll(refused, appended);
      await this.#write(groups.filter((group) => !refused.includes(group)));
    } catch (fault) {
      for (const { failed } of groups) failed(fault);
    }
  }
}

const isOf = ({ deliveries }: Group, trigger: string): boolean =>
  deliveries.some((delivery) => delivery.trigger === trigger);

function answerAll(groups: readonly Group[], appended: Appended): void {
  for (const { done } of groups) done(appended);
}
