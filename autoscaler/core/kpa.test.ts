import { expect, test } from '@jest/globals';
import { KpaScaler, type KpaState } from './kpa.ts';
import { kpaDefaults, type KpaPolicy } from '../../model/scaling.ts';
import type { Signals } from './signals.ts';

const policy: KpaPolicy = { ...kpaDefaults, target: 1, initialScale: 0 };

const signals = (seconds: number, arrivals: number, ready = 1): Signals => ({
  now: seconds * 1_000,
  arrivals,
  coldStarts: 0,
  ready,
  starting: 0,
  startUps: [],
  failures: 0,
});

/** Sizes of rounds of one second; the pool has what the round before asked for. */
function run(scaler: KpaScaler, loads: readonly number[], from = 0): number[] {
  let ready = 0;
  return loads.map((load, round) => {
    ready = scaler.round(signals(from + round, load, ready)).size;
    return ready;
  });
}

const times = (count: number, load: number): number[] => new Array<number>(count).fill(load);

test('a steady load of five a second wants five sandboxes at one each', () => {
  expect(run(new KpaScaler(policy), times(120, 5)).at(-1)).toBe(5);
  expect(run(new KpaScaler({ ...policy, target: 2.5 }), times(120, 5)).at(-1)).toBe(2);
});

test('the panic window sees a burst long before the stable one; in panic nothing is given back', () => {
  const scaler = new KpaScaler(policy);
  run(scaler, times(60, 1));
  const burst = run(scaler, times(10, 20), 60);
  expect(burst.at(-1)).toBe(20);
  const after = run(scaler, times(50, 0), 70);
  expect(new Set(after)).toEqual(new Set([20]));
});

test('after a stable window without panic the pool falls, by no more than the largest rate', () => {
  const scaler = new KpaScaler(policy);
  run(scaler, times(20, 16));
  run(scaler, times(61, 0), 20);
  const sizes = Array.from({ length: 20 }, (_, round) => scaler.round(signals(81 + round, 0, 16)).size);
  expect(Math.min(...sizes)).toBe(8);
});

test('no more is added at once than the largest rate allows', () => {
  expect(run(new KpaScaler({ ...policy, maxScaleUpRate: 2 }), [0, 100, 100, 100]).slice(1)).toEqual([
    2, 4, 8,
  ]);
});

test('the scale-down delay keeps the largest wish', () => {
  const scaler = new KpaScaler({ ...policy, scaleDownDelayMs: 300_000, stableWindowMs: 6_000 });
  run(scaler, times(10, 4));
  expect(run(scaler, times(200, 0), 10).at(-1)).toBe(4);
  expect(scaler.round(signals(400, 0, 4)).size).toBeLessThan(4);
});

test('the last sandbox stays for the grace and the retention period', () => {
  const last = (more: Partial<KpaPolicy>): number => {
    const scaler = new KpaScaler({ ...policy, ...more });
    run(scaler, times(10, 1));
    return run(scaler, times(600, 0), 10).lastIndexOf(1);
  };
  const plain = last({});
  expect(last({ scaleToZeroGraceMs: 1_000 })).toBe(plain - 29);
  expect(last({ scaleToZeroPodRetentionMs: 90_000 })).toBe(plain + 60);
  expect(plain).toBeLessThan(599);
});

test('scales: min, max, activation, initial', () => {
  expect(run(new KpaScaler({ ...policy, min: 3 }), times(3, 0))).toEqual([3, 3, 3]);
  expect(run(new KpaScaler({ ...policy, max: 4 }), times(30, 50)).at(-1)).toBe(4);
  expect(run(new KpaScaler({ ...policy, activationScale: 6 }), [1]).at(-1)).toBe(6);
  expect(run(new KpaScaler({ ...policy, initialScale: 2 }), [0]).at(-1)).toBe(2);
});

test('a new leader begins in panic at what it finds, so that empty windows drop nothing', () => {
  const scaler = new KpaScaler(policy);
  expect(scaler.round(signals(0, 0, 9)).size).toBe(9);
  expect(scaler.round(signals(50, 0, 9)).size).toBe(9);
});

test('a state goes on where it was; a clock that goes back makes no time pass', () => {
  const scaler = new KpaScaler(policy);
  run(scaler, times(60, 5));
  const state = JSON.parse(JSON.stringify(scaler.state())) as KpaState;
  expect(new KpaScaler(policy, state).round(signals(60, 0, 5)).size).toBe(5);
  expect(scaler.round(signals(-3_600, 0, 5)).size).toBe(5);
});
