import { describe, expect, test } from '@jest/globals';
import { explain, noMaximum, type TargetPolicy } from '../../model/scaling.ts';
import type { Signals } from './signals.ts';
import { TargetScaler, type TargetState } from './target.ts';
import { Replay } from '../simulate/replay.ts';

const policy: TargetPolicy = { class: 'target', min: 0, max: noMaximum, warmStarts: 0.99 };

const signals = (now: number, more: Partial<Signals> = {}): Signals => ({
  now,
  arrivals: 0,
  coldStarts: 0,
  ready: 0,
  starting: 0,
  startUps: [],
  failures: 0,
  ...more,
});

/** Whole numbers that a seed determines. */
function numbersOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** A scaler that has seen bursts and silences of a seed, and when they ended. */
function taught(seed: number, wanted = policy): { scaler: TargetScaler; sizes: number[]; now: number } {
  const next = numbersOf(seed);
  const scaler = new TargetScaler(wanted);
  const sizes: number[] = [];
  let load = 0;
  for (let round = 0; round < 900; round += 1) {
    if (next(20) === 0) load = [0, 1, 5, 40][next(4)] ?? 0;
    const arrivals = load === 0 ? 0 : next(2 * load);
    const coldStarts = next(10) === 0 ? arrivals : 0;
    const { size } = scaler.round(
      signals(round * 1_000, { arrivals, coldStarts, startUps: arrivals > 0 ? [1_500] : [] }),
    );
    sizes.push(size);
  }
  return { scaler, sizes, now: 900_000 };
}

const seeds = Array.from({ length: 20 }, (_, seed) => seed + 1);

describe('whatever comes', () => {
  test.each(seeds)('the pool is never below min and never above max (seed %d)', (seed) => {
    const { sizes } = taught(seed, { ...policy, min: 2, max: 9 });
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(2);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(9);
    expect(new Set(sizes).size).toBeGreaterThan(1);
  });

  test.each(seeds)(
    'more load never gives a smaller pool, by what was learned until then (seed %d)',
    (seed) => {
      const { scaler, now } = taught(seed);
      const state = JSON.parse(JSON.stringify(scaler.state())) as TargetState;
      const sizes = [0, 1, 2, 4, 8, 16, 32, 64, 128, 256].map((arrivals) => {
        const again = new TargetScaler(policy, state);
        again.round(signals(now));
        return again.round(signals(now + 1_000, { arrivals })).size;
      });
      expect(sizes).toEqual(sizes.toSorted((a, b) => a - b));
      expect(sizes.at(-1)).toBeGreaterThan(sizes[0] ?? 0);
    },
  );

  test.each(seeds)(
    'a scaler made from the state of another decides much as that one does (seed %d)',
    (seed) => {
      const { scaler, now } = taught(seed);
      const next = new TargetScaler(policy, JSON.parse(JSON.stringify(scaler.state())) as TargetState);
      // A first round has no round before it: no time has passed.
      next.round(signals(now - 1_000));
      scaler.round(signals(now - 1_000));
      const seen = signals(now, { arrivals: 7 });
      const [theirs, ours] = [next.round(seen).size, scaler.round(seen).size];
      expect(Math.abs(theirs - ours)).toBeLessThanOrEqual(1 + ours / 8);
      expect(JSON.stringify(scaler.state()).length).toBeLessThan(2_048);
    },
  );
});

test.each([1, 4, 25])('a constant load of %d a second gives a pool that does not sway', (arrivals) => {
  const scaler = new TargetScaler(policy);
  const sizes = Array.from(
    { length: 1_800 },
    (_, round) => scaler.round(signals(round * 1_000, { arrivals, startUps: [1_500] })).size,
  );
  // It may rise once more while little is known; then it only falls, as what could come is known better, and stays.
  const rises = sizes.flatMap((size, round) =>
    round > 60 && size > (sizes[round - 1] ?? size) ? [round] : [],
  );
  expect(rises.length).toBeLessThanOrEqual(1);
  expect(rises.filter((round) => round > 1_200)).toEqual([]);
  expect(sizes.at(-1)).toBeGreaterThanOrEqual(1.5 * arrivals);
});

test('before the first session of all one sandbox is ready', () => {
  const scaler = new TargetScaler(policy);
  const sizes = [0, 1, 60, 3_600].map((second) => scaler.round(signals(second * 1_000)).size);
  expect(sizes).toEqual([1, 1, 1, 1]);
});

test('a burst is answered in the round that sees it', () => {
  const scaler = new TargetScaler(policy);
  for (let round = 0; round < 60; round += 1) scaler.round(signals(round * 1_000));
  expect(scaler.round(signals(61_000, { arrivals: 30, coldStarts: 30 })).size).toBeGreaterThanOrEqual(30);
});

test('a clock that is set back makes no time pass, and the pool stays', () => {
  const { scaler, now } = taught(1);
  const before = scaler.round(signals(now, { arrivals: 5 })).size;
  expect(scaler.round(signals(now - 3_600_000)).size).toBe(before);
  expect(scaler.round(signals(now - 3_600_000 + 1_000, { arrivals: 5 })).size).toBeGreaterThan(0);
});

test('a leader that remembers nothing keeps what it finds until it has seen enough', () => {
  const scaler = new TargetScaler(policy);
  expect(scaler.round(signals(0, { ready: 12, starting: 3 })).size).toBe(15);
  const { size, why } = scaler.round(signals(10_000, { ready: 15 }));
  expect([size, why.rule]).toEqual([15, 'as found']);
  for (let round = 11; round < 120; round += 1) scaler.round(signals(round * 1_000, { ready: 15 }));
  expect(scaler.round(signals(120_000, { ready: 15 })).size).toBe(1);
});

test('when start-ups fail the pool is not grown: one is tried after each pause', () => {
  const scaler = new TargetScaler({ ...policy, min: 5 });
  expect(scaler.round(signals(0)).size).toBe(5);
  const sizes = Array.from({ length: 100 }, (_, round) =>
    scaler.round(signals(1_000 + round * 1_000, { starting: 1, failures: 1 })),
  );
  expect(sizes.map(({ size }) => size).every((size) => size <= 1)).toBe(true);
  expect(sizes[0]?.why.rule).toBe('start-ups fail, waiting');
  expect(scaler.round(signals(102_000, { ready: 1, startUps: [1_500] })).size).toBe(5);
});

test('without a session for long the pool is empty; with one it is there again', () => {
  const scaler = new TargetScaler({ ...policy, toZeroAfterMs: 60_000 });
  for (let round = 0; round < 30; round += 1)
    scaler.round(signals(round * 1_000, { arrivals: 3, startUps: [1_500] }));
  const { size, why } = scaler.round(signals(89_000));
  expect([size, why.rule]).toEqual([0, 'no session for long']);
  expect(scaler.round(signals(90_000, { arrivals: 1 })).size).toBeGreaterThan(0);
});

test('a decision says why in numbers', () => {
  const { why } = new TargetScaler(policy).round(signals(0, { arrivals: 3 }));
  expect(explain(why)).toMatch(/^target: lately 3, .*startUpSeconds 2, .*askedWarm 0\.99, .*size \d+$/);
});

test('each further sandbox is worth no more than the one before, and less than nothing is none', () => {
  const { scaler, now } = taught(3);
  for (const arrivals of [0, 1, 30]) {
    const { size, worth } = scaler.round(signals(now + arrivals * 1_000, { arrivals }));
    const all = Array.from({ length: size + 10 }, (_, index) => worth?.(index + 1) ?? NaN);
    expect(all).toEqual(all.toSorted((a, b) => b - a));
    expect(all.every((saved) => saved >= 0)).toBe(true);
  }
});

test('what a schedule shows is there when it strikes, though no session came for long', () => {
  const scaler = new TargetScaler({ ...policy, toZeroAfterMs: 60_000 });
  for (let round = 0; round < 90; round += 1) scaler.round(signals(round * 1_000));
  expect(scaler.round(signals(90_000, { scheduled: [{ inMs: 30_000, sessions: 7 }] })).size).toBe(0);
  const { size, why } = scaler.round(signals(118_000, { scheduled: [{ inMs: 2_000, sessions: 7 }] }));
  expect([size, why.rule]).toEqual([7, 'schedule']);
});

test('a timer finds a sandbox, and there is none between its strikes', () => {
  const scaler = new TargetScaler({ ...policy, warmStarts: 0.9 });
  const sizes = Array.from(
    { length: 3_000 },
    (_, second) => scaler.round(signals(second * 1_000, { arrivals: second % 120 === 60 ? 1 : 0 })).size,
  );
  const late = sizes.slice(2_000);
  const at = (phase: number): number[] => late.filter((_, index) => (index + 2_000) % 120 === phase);
  expect(Math.min(...at(59))).toBeGreaterThan(0);
  expect(Math.max(...at(20))).toBe(0);
});

test.each([
  [0.99, 300, 10],
  [0.9, 800, 2],
  [0.99, 800, 1],
  [0.999, 1_500, 2],
])(
  'of sessions that always come when a round is made, %d find a sandbox: start-up %d ms, one every %d s',
  (warmStarts, startUp, every) => {
    const arrivals = Array.from({ length: 3_000 / every }, (_, at) => (at + 0.5) * every * 1_000);
    const replay = new Replay({ arrivals, startUp: () => startUp });
    const scaler = new TargetScaler({ ...policy, warmStarts });
    const late = { sessions: 0, cold: 0 };
    for (let round = 0; round < 3_000; round += 1) {
      const seen = replay.until(round * 1_000);
      if (round > 900) late.sessions += seen.arrivals;
      if (round > 900) late.cold += seen.coldStarts;
      replay.hold(scaler.round(seen).size);
    }
    expect(late.sessions).toBeGreaterThan(100);
    expect(late.cold / late.sessions).toBeLessThanOrEqual((1 - warmStarts) * (4 / 3));
  },
);
