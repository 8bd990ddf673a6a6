// Virtual time: what happens next, one event after another. Nothing here waits, and nothing else makes time pass.
// After each event everything that can go on without another event goes on (promises settle), and then the next one comes.

interface Event {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
  cancelled: boolean;
}

const before = (one: Event, other: Event): boolean =>
  one.at < other.at || (one.at === other.at && one.order < other.order);

/** A binary heap: the earliest event is at the top, equal times in the order in which they were planned. */
class Agenda {
  readonly #events: Event[] = [];

  get first(): Event | undefined {
    return this.#events[0];
  }

  add(event: Event): void {
    const events = this.#events;
    let at = events.push(event) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(event, events[parent] as Event)) break;
      events[at] = events[parent] as Event;
      at = parent;
    }
    events[at] = event;
  }

  take(): void {
    const events = this.#events;
    const last = events.pop();
    if (last === undefined || events.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= events.length) break;
      if (child + 1 < events.length && before(events[child + 1] as Event, events[child] as Event)) child += 1;
      if (!before(events[child] as Event, last)) break;
      events[at] = events[child] as Event;
      at = child;
    }
    events[at] = last;
  }
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export class Scheduler {
  /** Milliseconds since the simulation's epoch, with fractions. */
  now: number;
  /** Events that ran so far. */
  events = 0;
  readonly #agenda = new Agenda();
  #order = 0;

  constructor(start: number) {
    this.now = start;
  }

  /** Runs `run` after a delay (ms) of virtual time. The answer keeps it from running. */
  after(delayMs: number, run: () => void): () => void {
    const event = { at: this.now + Math.max(0, delayMs), order: this.#order++, run, cancelled: false };
    this.#agenda.add(event);
    return () => {
      event.cancelled = true;
    };
  }

  /** Runs everything due until `end`, and calls `checked` after each; it answers whether to stop. */
  async runUntil(end: number, checked: () => boolean): Promise<void> {
    for (let event = this.#agenda.first; event && event.at <= end; event = this.#agenda.first) {
      this.#agenda.take();
      if (event.cancelled) continue;
      this.now = event.at;
      this.events += 1;
      event.run();
      await settled();
      if (checked()) return;
    }
    this.now = Math.max(this.now, end);
  }
}
