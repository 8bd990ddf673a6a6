// Random numbers that a seed determines, and start-up times made of them. Two runs with one seed are the same run.
import type { StartUpTimes } from './replay.ts';

/** How long start-ups take: seconds that half of them need, seconds that 99 of 100 need, share that fails. */
export interface StartUpPlan {
  readonly median: number;
  readonly p99: number;
  readonly failing: number;
}

/** Numbers in [0, 1). Mulberry32. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What the standard normal distribution exceeds once in a hundred times. */
const normal99 = 2.3263;

/** Start-up times: log-normal through median and 99th percentile; all alike when both are the same. */
export function startUpTimes({ median, p99, failing }: StartUpPlan, seed: number): StartUpTimes {
  const random = randomOf(seed);
  const spread = Math.log(p99 / median) / normal99;
  return () => {
    if (failing > 0 && random() < failing) return undefined;
    if (spread === 0) return median * 1_000;
    // Box and Muller, A Note on the Generation of Random Normal Deviates, 1958.
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    return median * 1_000 * Math.exp(spread * normal);
  };
}
