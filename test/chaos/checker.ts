// Whether a history keeps what the platform promises. Pure: reads the history and nothing else, and knows of the platform only
// its error codes. An empty answer means that nothing was found.
import { checkAnswers } from './checks/answers.ts';
import { checkCounts } from './checks/counts.ts';
import { checkRest } from './checks/rest.ts';
import { runOf, type Violation } from './checks/run.ts';
import type { Entry } from './history.ts';

export type { Violation };

/** Every broken promise, in the order of the rules. */
export function check(entries: readonly Entry[]): Violation[] {
  const run = runOf(entries);
  return [...checkAnswers(run), ...checkCounts(run), ...checkRest(run)];
}
