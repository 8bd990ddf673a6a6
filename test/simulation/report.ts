// A failure in words: the seed, the invariant, what was done to the platform, and what happened.
import { actionText } from './plan.ts';
import type { Shortest } from './shrink.ts';

const longestHistory = 120;

/** `again`: the command that shows the same failure. */
export function failureText(seed: number, { plan, violation, history }: Shortest, again: string): string {
  const shown = history.slice(-longestHistory);
  const skipped = history.length - shown.length;
  return [
    `seed ${seed} breaks ${violation.invariant} after ${(violation.at / 1_000).toFixed(3)} s: ${violation.what}`,
    '',
    `the shortest plan that does (${plan.length} actions):`,
    ...plan.map((action) => `  ${actionText(action)}`),
    '',
    `what happened${skipped > 0 ? ` (without the first ${skipped} lines)` : ''}, times in ms:`,
    ...shown,
    '',
    `again: ${again}`,
  ].join('\n');
}
