// One run of a program: whatever it does later passes through here, so that it can be killed or frozen between any two steps.
// A killed one never goes on. A frozen one is held, and does late what it would have done.
import type { Cancel, Clock } from '../../model/clock.ts';
import type { Scheduler } from './scheduler.ts';

export class SimProcess {
  readonly name: string;
  readonly clock: Clock;
  alive = true;
  frozen = false;
  frozenTimes = 0;
  readonly #scheduler: Scheduler;
  readonly #held: (() => void)[] = [];

  constructor(name: string, scheduler: Scheduler, skewMs: number) {
    this.name = name;
    this.#scheduler = scheduler;
    const later = (delayMs: number, run: () => void): Cancel => this.later(delayMs, run);
    this.clock = {
      now: () => Math.floor(scheduler.now + skewMs),
      monotonic: () => scheduler.now,
      after: later,
      every: (periodMs, run) => repeated(later, periodMs, run),
    };
  }

  /** As Clock.after: not after it was killed, and held while it is frozen. */
  later(delayMs: number, run: () => void): Cancel {
    let cancelled = false;
    const unlessCancelled = (): void => {
      if (!cancelled) run();
    };
    const cancel = this.#scheduler.after(delayMs, () => this.#step(unlessCancelled));
    return () => {
      cancelled = true;
      cancel();
    };
  }

  /** Resolves after so much time of this process. */
  pass(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.later(delayMs, resolve));
  }

  kill(): void {
    this.alive = false;
    this.#held.length = 0;
  }

  freeze(): void {
    this.frozen = true;
    this.frozenTimes += 1;
  }

  thaw(): void {
    this.frozen = false;
    // One by one, as they would have come: each is a step of its own, and between them it may be frozen again.
    for (const run of this.#held.splice(0)) this.later(0, run);
  }

  #step(run: () => void): void {
    if (!this.alive) return;
    if (this.frozen) this.#held.push(run);
    else run();
  }
}

/** Like setInterval: while it was frozen, only one turn is owed. */
function repeated(
  later: (delayMs: number, run: () => void) => Cancel,
  periodMs: number,
  run: () => void,
): Cancel {
  let cancel: Cancel = () => undefined;
  let stopped = false;
  const turn = (): void => {
    if (stopped) return;
    cancel = later(periodMs, turn);
    run();
  };
  cancel = later(periodMs, turn);
  return () => {
    stopped = true;
    cancel();
  };
}
