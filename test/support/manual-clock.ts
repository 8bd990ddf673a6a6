// A clock that the test moves by hand: timers run in order of time, and nothing else makes them run.
import type { Clock } from '../../model/clock.ts';

export interface ManualClock extends Clock {
  /** Moves time on, running what falls due on the way, and lets promises settle after each. */
  advance(ms: number): Promise<void>;
}

interface Timer {
  at: number;
  readonly period: number | null;
  readonly run: () => void;
}

/** Lets everything that can go on without time passing go on. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

export function manualClock(start = 1_000_000): ManualClock {
  const timers = new Set<Timer>();
  let now = start;
  const add = (delayMs: number, period: number | null, run: () => void) => {
    const timer = { at: now + delayMs, period, run };
    timers.add(timer);
    return () => void timers.delete(timer);
  };
  const nextBy = (end: number): Timer | undefined =>
    [...timers].filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];

  return {
    now: () => now,
    monotonic: () => now,
    after: (delayMs, run) => add(delayMs, null, run),
    every: (periodMs, run) => add(periodMs, periodMs, run),
    async advance(ms) {
      const end = now + ms;
      await settle();
      for (let timer = nextBy(end); timer; timer = nextBy(end)) {
        now = Math.max(now, timer.at);
        if (timer.period === null) timers.delete(timer);
        else timer.at += timer.period;
        timer.run();
        await settle();
      }
      now = end;
    },
  };
}
