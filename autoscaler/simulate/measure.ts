// How long a round of decisions takes for many runtimes: each has a scaler that learned from the trace, from another moment on.
// Takes the time from whoever calls; says, and judges nothing.
import { targetPolicy } from './compare.ts';
import { createScaler } from '../core/scaler.ts';
import type { Trace } from './trace.ts';

const taught = 60;
const measured = 20;

/** New sessions of each second of the busiest runtime. */
function loadsOf({ runtimes, lengthMs }: Trace): readonly number[] {
  const [busiest] = runtimes.toSorted((a, b) => b.arrivals.length - a.arrivals.length);
  const loads = new Array<number>(Math.floor(lengthMs / 1_000) + 1).fill(0);
  for (const at of busiest?.arrivals ?? [])
    loads[Math.floor(at / 1_000)] = (loads[Math.floor(at / 1_000)] ?? 0) + 1;
  return loads;
}

/** A line about rounds of `count` runtimes; `clock` in milliseconds. */
export function measureRounds(trace: Trace, count: number, clock: () => number): string {
  const loads = loadsOf(trace);
  const scalers = Array.from({ length: count }, () => createScaler(targetPolicy(0.99)));
  const took: number[] = [];
  for (let round = 0; round < taught + measured; round += 1) {
    const began = clock();
    for (const [index, scaler] of scalers.entries()) {
      const arrivals = loads[(index * 37 + round) % loads.length] ?? 0;
      const startUps = arrivals === 0 ? [] : [1_500];
      scaler.round({
        now: round * 1_000,
        arrivals,
        coldStarts: 0,
        ready: 1,
        starting: 0,
        startUps,
        failures: 0,
      });
    }
    if (round >= taught) took.push(clock() - began);
  }
  const median = took.sort((a, b) => a - b)[Math.floor(took.length / 2)] ?? 0;
  return `a round of ${count} runtimes: ${median.toFixed(1)} ms, ${((median * 1_000) / count).toFixed(2)} µs each`;
}
