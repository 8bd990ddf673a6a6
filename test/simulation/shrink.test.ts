// A failing plan is made as short as it can be, and still fails.
import { expect, test } from '@jest/globals';
import { runBatch } from './batch.ts';
import { failureText } from './report.ts';
import { planFor } from './simulation.ts';
import { shortestFailure, shrink } from './shrink.ts';

const plan = planFor(3);

test('what does not matter is dropped', async () => {
  const [first, , , , late] = plan;
  const needed = [first, late];
  const shortest = await shrink(plan, async (tried) => needed.every((one) => one && tried.includes(one)));
  expect(shortest).toEqual(needed);
});

test('a plan of which all matters is left as it is', async () => {
  expect(await shrink(plan, async (tried) => tried.length === plan.length)).toEqual(plan);
});

test('a failure without any action is the empty plan', async () => {
  expect(await shrink(plan, async () => true)).toEqual([]);
});

test('a failure tells its seed, its invariant, the shortest plan and what happened', async () => {
  const mutant = 'leaseIgnored';
  const { failed: seed = 0 } = await runBatch({ from: 1, seeds: 200, mutant });
  const shortest = await shortestFailure(seed, mutant);
  if (!shortest) throw new Error('the mutant was not found');
  expect(shortest.plan.length).toBeLessThanOrEqual(planFor(seed).length);
  const text = failureText(seed, shortest, 'again');
  expect(text).toContain(`seed ${seed} breaks S2`);
  expect(text).toContain('VIOLATION of S2');
  for (const action of shortest.plan) expect(text).toContain(`${action.atMs} ms  ${action.kind}`);
});
