// What every program promises together, whatever is killed, frozen, cut off or lost: some hundred seeds of it.
// More: `npm run simulate:faults -- --seeds 10000`, or SIMULATION_SEEDS=10000 for this test.
import { expect, test } from '@jest/globals';
import { runBatch } from './batch.ts';
import { planFor, simulate } from './simulation.ts';
import { failureText } from './report.ts';
import { shortestFailure } from './shrink.ts';

const seeds = Number(process.env.SIMULATION_SEEDS ?? 1_000);
const patienceMs = 60_000 + seeds * 200;

test(
  `${seeds} seeds keep S1 to S7`,
  async () => {
    const { ran, failed } = await runBatch({ from: 1, seeds });
    const shortest = failed === undefined ? undefined : await shortestFailure(failed);
    const text =
      shortest && failureText(failed ?? 0, shortest, `npm run simulate:faults -- --seed ${failed}`);
    expect({ ran, text }).toEqual({ ran: seeds, text: undefined });
  },
  patienceMs,
);

test('the same seed is the same history, step by step', async () => {
  const [one, other] = [await simulate(7, { keepHistory: true }), await simulate(7, { keepHistory: true })];
  expect(other).toEqual(one);
  expect(one.history.length).toBeGreaterThan(50);
});

test('seeds differ, and all kinds of faults are among them', () => {
  const plans = Array.from({ length: 200 }, (_, seed) => planFor(seed));
  expect(new Set(plans.map((plan) => JSON.stringify(plan))).size).toBe(200);
  const kinds = new Set(plans.flat().map(({ kind }) => kind));
  expect([...kinds].sort()).toEqual(
    [
      ...['ask', 'leave', 'command', 'crash', 'crash-warm', 'kill', 'freeze', 'drain'],
      ...[
        'cut',
        'lossy',
        'slow',
        'deaf',
        'hush',
        'store-down',
        'store-emptied',
        'starts-fail',
        'node-down',
        'hold',
      ],
    ].sort(),
  );
});
