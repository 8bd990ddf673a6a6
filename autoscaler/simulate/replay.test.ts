import { expect, test } from '@jest/globals';
import { createScaler } from '../core/scaler.ts';
import { coldAt, runOracle, runPolicy, targetPolicy, type Setup } from './compare.ts';
import { measureRounds } from './measure.ts';
import { startUpTimes } from './random.ts';
import { replay, type ReplayInput } from './replay.ts';

const fixed = (size: number, more: Partial<ReplayInput> = {}) =>
  replay({
    arrivals: [],
    endMs: 10_000,
    roundMs: 1_000,
    startUp: () => 1_500,
    scaler: createScaler({ class: 'fixed', size }),
    ...more,
  });

test('idle is the time that ready sandboxes wait, from when they are ready', () => {
  expect(fixed(2)).toMatchObject({ sessions: 0, coldStarts: 0, idleSeconds: 17, started: 2, unused: 0 });
});

test('a session takes a sandbox out of the pool for good; its replacement takes the start-up time', () => {
  const result = fixed(1, { arrivals: [5_000, 6_000, 7_000] });
  // The second comes while the replacement starts; what is made for it adds nothing to the pool.
  expect(result).toMatchObject({ sessions: 3, coldStarts: 1, started: 3 });
  expect(result.idleSeconds).toBeCloseTo(3.5 + 0.5 + 1.5, 9);
});

test('a start-up that fails is told and tried again', () => {
  const times = [undefined, undefined, 1_500];
  const failures: number[] = [];
  const scaler = createScaler({ class: 'fixed', size: 1 });
  const result = fixed(1, {
    startUp: () => times.shift(),
    scaler: {
      ...scaler,
      state: () => ({}),
      round: (seen) => (failures.push(seen.failures), { size: 1, why: { rule: '', numbers: {} } }),
    },
  });
  expect(failures.reduce((sum, count) => sum + count)).toBe(2);
  expect([result.started, result.idleSeconds]).toEqual([3, 6.5]);
});

test('a pool that is wanted smaller gives back what would be ready last', () => {
  const sizes = [3, 3, 3, 1];
  const scaler = {
    round: () => ({ size: sizes.shift() ?? 1, why: { rule: '', numbers: {} } }),
    state: () => ({}),
  };
  expect(fixed(0, { scaler })).toMatchObject({ started: 3, unused: 2, idleSeconds: 3 * 1.5 + 7 });
});

const arrivals = Array.from(
  { length: 600 },
  (_, index) => 60_000 * Math.floor(index / 60) + 97 * (index % 60),
);
const setup: Setup = {
  trace: {
    name: 'bursts',
    runtimes: [{ runtime: '', arrivals }],
    sessions: 600,
    lengthMs: arrivals.at(-1) ?? 0,
  },
  startUp: { median: 1.5, p99: 4, failing: 0.05 },
  roundMs: 1_000,
  seed: 7,
};

test('one seed is one run; another seed is another', () => {
  const policy = targetPolicy(0.9);
  expect(runPolicy(setup, policy, 0.9)).toEqual(runPolicy(setup, policy, 0.9));
  expect(runPolicy({ ...setup, seed: 8 }, policy, 0.9)).not.toEqual(runPolicy(setup, policy, 0.9));
});

test('who knows the future has next to no cold starts, with next to nothing idle', () => {
  const known = runOracle({ ...setup, startUp: { median: 1.5, p99: 1.5, failing: 0 } });
  // Only those at the very beginning, before anything could have started.
  expect(known.coldStarts).toBe(arrivals.filter((at) => at < 1_500).length);
  expect(known.idle).toBeLessThan(10);
});

test('start-up times go through their median and their 99th percentile', () => {
  const next = startUpTimes({ median: 2, p99: 8, failing: 0 }, 3);
  const times = Array.from({ length: 20_000 }, () => next() ?? NaN).sort((a, b) => a - b);
  expect((times[10_000] ?? 0) / 1_000).toBeCloseTo(2, 1);
  expect(Math.abs((times[19_800] ?? 0) / 8_000 - 1)).toBeLessThan(0.06);
});

test('between two settings a curve is a straight line; beyond its ends nothing is known', () => {
  const cost = runPolicy(setup, { class: 'fixed', size: 1 }, 1);
  const curve = [
    { ...cost, idle: 4, coldStarts: 10 },
    { ...cost, idle: 2, coldStarts: 30 },
  ];
  expect([coldAt(curve, 2), coldAt(curve, 3.5), coldAt(curve, 5), coldAt(curve, 1)]).toEqual([
    30,
    15,
    undefined,
    undefined,
  ]);
});

test('a measurement says what it measured', () => {
  let now = 0;
  const line = measureRounds(setup.trace, 10, () => (now += 5));
  expect(line).toBe('a round of 10 runtimes: 5.0 ms, 500.00 µs each');
});
