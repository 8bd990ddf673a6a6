// A policy that knows the trace: it holds exactly what comes before a replacement could. No policy can be better that decides
// as often; how far one is from it is what not knowing costs.
import type { Scaler } from '../core/signals.ts';

/** `aheadMs`: how far ahead a decision counts, one start-up and one round. */
export function oracle(arrivals: readonly number[], aheadMs: number): Scaler {
  let gone = 0;
  let known = 0;
  return {
    round: ({ now }) => {
      while ((arrivals[gone] ?? Infinity) < now) gone += 1;
      while ((arrivals[known] ?? Infinity) < now + aheadMs) known += 1;
      const size = known - gone;
      return { size, why: { rule: 'the future', numbers: { size } } };
    },
    state: () => ({}),
  };
}
