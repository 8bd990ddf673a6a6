// Many seeds one after another.
import type { Mutant } from './mutants.ts';
import { simulate } from './simulation.ts';

export interface Batch {
  readonly from: number;
  readonly seeds: number;
  readonly mutant?: Mutant | undefined;
}

export interface BatchResult {
  /** Seeds that were run: up to and with the first that failed. */
  readonly ran: number;
  readonly events: number;
  readonly failed?: number;
}

/** Runs seeds until one fails. */
export async function runBatch({ from, seeds, mutant }: Batch): Promise<BatchResult> {
  let events = 0;
  for (let seed = from; seed < from + seeds; seed += 1) {
    const outcome = await simulate(seed, { mutant });
    events += outcome.events;
    if (outcome.violation) return { ran: seed - from + 1, events, failed: seed };
  }
  return { ran: seeds, events };
}
