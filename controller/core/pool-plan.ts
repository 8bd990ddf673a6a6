// What a runtime's warm pool needs now. Decides only; starting and stopping is the shell's (controller/pools.ts).
// S1, S5: a sandbox of an older revision, or of a runtime that is gone, is taken out and never handed on.
import { runtimeKeyText, type RuntimeKey } from '../../model/sandbox.ts';
import type { WarmSandbox } from '../../model/session-store.ts';

export interface PoolFacts {
  readonly key: RuntimeKey;
  /** null when the runtime is not deployed (any more). */
  readonly wanted: { readonly revision: string; readonly size: number } | null;
  /** All warm sandboxes in the store, of whatever runtime. */
  readonly entries: readonly WarmSandbox[];
  /** Starts under way for this runtime's newest revision. */
  readonly starting: number;
}

export interface PoolPlan {
  readonly start: number;
  /** Sandboxes to take out and stop, oldest revision first. */
  readonly retire: readonly WarmSandbox[];
  readonly ready: number;
}

/** The difference between the pool as it is and as it should be. */
export function planPool({ key, wanted, entries, starting }: PoolFacts): PoolPlan {
  const mine = entries.filter((entry) => runtimeKeyText(entry.runtime) === runtimeKeyText(key));
  const current = mine.filter((entry) => entry.revision === wanted?.revision);
  const size = wanted?.size ?? 0;
  const surplus = current.slice(0, Math.max(0, current.length - size));
  return {
    start: Math.max(0, size - current.length - starting),
    retire: [...mine.filter((entry) => entry.revision !== wanted?.revision), ...surplus],
    ready: Math.min(current.length, size),
  };
}

const firstBackoffMs = 1_000;
const longestBackoffMs = 60_000;

/** How long to leave a pool alone after that many failed starts in a row (ms): 1 s, doubling to a minute. */
export const backoffMs = (failures: number): number =>
  Math.min(longestBackoffMs, firstBackoffMs * 2 ** Math.max(0, failures - 1));
