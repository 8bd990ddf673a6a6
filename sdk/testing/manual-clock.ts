// Owns: time that moves only when it is told to. Timers fire in the order in which they are due, and what each begins is given the
// chance to go as far as it gets before the next. Does not own real I/O: what an agent waits for outside of this clock takes real time.
import type { AgentClock } from '../agent/clock.ts';

interface Timer {
  readonly at: number;
  readonly call: () => void;
}

/** Turns of the event loop that one step is given: a request passes through a handful of streams, each some turns. */
const roundsOfAStep = 12;

/** Lets everything that needs no time happen. */
export async function settle(rounds = roundsOfAStep): Promise<void> {
  for (let i = 0; i < rounds; i += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** A clock that is moved by hand. */
export class ManualClock implements AgentClock {
  #now: number;
  readonly #timers = new Set<Timer>();

  /** Begins at this time (ms since the epoch). */
  constructor(startAt = Date.UTC(2030, 0, 1)) {
    this.#now = startAt;
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, call: () => void): () => void {
    const timer = { at: this.#now + Math.max(0, ms), call };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  /** Moves on by `ms`; resolves when everything that was due on the way has happened. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settle();
    for (let next = this.#next(end); next; next = this.#next(end)) {
      this.#now = next.at;
      this.#timers.delete(next);
      next.call();
      await settle();
    }
    this.#now = end;
  }

  /** The first that is due until then; of several at one time the one that was set first. */
  #next(until: number): Timer | undefined {
    let found: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.at <= until && (found === undefined || timer.at < found.at)) found = timer;
    }
    return found;
  }
}

/** The clock of one sandbox: while it sleeps its timers wait, and those that were due fire when it wakes. */
export class SandboxClock implements AgentClock {
  readonly #clock: AgentClock;
  readonly #held: (() => void)[] = [];
  #asleep = false;
  #gone = false;

  constructor(clock: AgentClock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  after(ms: number, call: () => void): () => void {
    let off = false;
    const due = (): void => {
      if (off || this.#gone) return;
      if (this.#asleep) this.#held.push(due);
      else call();
    };
    const callOff = this.#clock.after(ms, due);
    return () => {
      off = true;
      callOff();
    };
  }

  sleep(): void {
    this.#asleep = true;
  }

  wake(): void {
    this.#asleep = false;
    for (const due of this.#held.splice(0)) due();
  }

  /** Its process is gone: nothing of it happens any more. */
  end(): void {
    this.#gone = true;
  }
}
