// Waiting at the start for what is merely away: said to people after a while, and tried again until it is there.
// Does not own what is a mistake (that ends the start at once).
import { setTimeout as sleep } from 'node:timers/promises';
import { PlatformError } from '../model/errors.ts';

const tryAgainMs = 500;
/** How long it must be away to be worth a line, and how often that is said again (ms). */
const quietMs = 1_000;
const againMs = 10_000;

export interface Waiting {
  /** Whether a failure may pass by itself. */
  readonly passes: (fault: unknown) => boolean;
  /** Writes a line for people. */
  readonly say: (line: string) => void;
  /** True when nobody waits any more: then the last failure is the answer. */
  readonly given?: () => boolean;
}

/** The API server of a cluster is away, or something there has not been made yet. */
export const clusterIsAway = (fault: unknown): boolean =>
  fault instanceof PlatformError && fault.code === 'CLUSTER_UNAVAILABLE';

/** Answers what `attempt` does as soon as it succeeds. Rejects as it does when that does not pass by itself. */
export async function patiently<T>(attempt: () => Promise<T>, waiting: Waiting): Promise<T> {
  let sayAt = performance.now() + quietMs;
  for (;;) {
    try {
      return await attempt();
    } catch (fault) {
      if (!waiting.passes(fault) || waiting.given?.() === true) throw fault;
      if (performance.now() >= sayAt) {
        waiting.say(`waiting: ${(fault as Error).message}`);
        sayAt = performance.now() + againMs;
      }
    }
    await sleep(tryAgainMs);
  }
}
