// Answers that are kept for a while, the one used longest ago going first. Asked once however many want to know at a time;
// a failure is nobody's answer and is not kept. Does not own what is asked.
import type { Clock } from '../../model/clock.ts';

interface Kept<T> {
  readonly value: T;
  readonly until: number;
}

interface Rules<T> {
  readonly capacity: number;
  /** How long an answer counts (ms); 0 is not at all. */
  readonly keptMs: (value: T) => number;
}

export class Remembered<T> {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #rules: Rules<T>;
  readonly #kept = new Map<string, Kept<T>>();
  readonly #asking = new Map<string, Promise<T>>();

  constructor(clock: Pick<Clock, 'monotonic'>, rules: Rules<T>) {
    this.#clock = clock;
    this.#rules = rules;
  }

  /** What was answered a while ago, or what `ask` answers. Rejects as `ask` does. */
  of(key: string, ask: () => Promise<T>): Promise<T> {
    const found = this.#kept.get(key);
    if (found && found.until > this.#clock.monotonic()) {
      this.#put(key, found);
      return Promise.resolve(found.value);
    }
    const underWay = this.#asking.get(key);
    if (underWay) return underWay;
    const asking = this.#ask(key, ask).finally(() => this.#asking.delete(key));
    this.#asking.set(key, asking);
    return asking;
  }

  async #ask(key: string, ask: () => Promise<T>): Promise<T> {
    const value = await ask();
    const keptMs = this.#rules.keptMs(value);
    if (keptMs > 0) this.#put(key, { value, until: this.#clock.monotonic() + keptMs });
    return value;
  }

  #put(key: string, kept: Kept<T>): void {
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    const oldest = this.#kept.size > this.#rules.capacity ? this.#kept.keys().next() : undefined;
    if (oldest && !oldest.done) this.#kept.delete(oldest.value);
  }
}
