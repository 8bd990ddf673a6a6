import { describe, expect, test } from '@jest/globals';
import { explain, kpaDefaults, type KpaPolicy } from '../../model/scaling.ts';
import { KpaScaler, kpaState } from './kpa.ts';
import type { Decision, Signals } from './signals.ts';

const policy: KpaPolicy = { ...kpaDefaults, target: 1, initialScale: 0 };

const signals = (seconds: number, more: Partial<Signals> = {}): Signals => ({
  now: seconds * 1_000,
  arrivals: 0,
  coldStarts: 0,
  ready: 0,
  starting: 0,
  startUps: [],
  failures: 0,
  ...more,
});

/** Sizes of rounds of one second; the pool has what the round before asked for. */
function run(scaler: KpaScaler, loads: readonly number[], from = 0): number[] {
  let ready = 0;
  return loads.map((arrivals, round) => {
    ready = scaler.round(signals(from + round, { arrivals, ready })).size;
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
  const sizes = Array.from(
    { length: 20 },
    (_, round) => scaler.round(signals(81 + round, { ready: 16 })).size,
  );
  expect(Math.min(...sizes)).toBe(8);
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

describe('windows', () => {
  test('after a silence at zero the first second decides alone, as when the window fills for the first time', () => {
    const scaler = new KpaScaler(policy);
    run(scaler, times(10, 3));
    expect(run(scaler, times(300, 0), 10).at(-1)).toBe(0);
    expect(run(scaler, [7], 310)).toEqual([7]);
  });

  test('while sandboxes are there a silence counts, and the first second is one of many', () => {
    const scaler = new KpaScaler({ ...policy, min: 1, panicThresholdPercentage: 1_000 });
    run(scaler, times(100, 0));
    expect(run(scaler, [30], 100)).toEqual([1]);
  });

  test('the panic window is at least a second, and whole seconds', () => {
    const scaler = new KpaScaler({ ...policy, stableWindowMs: 6_000, panicWindowPercentage: 1, min: 1 });
    run(scaler, times(20, 0));
    const { why } = scaler.round(signals(20, { arrivals: 12, ready: 1 }));
    expect([why.numbers['stable'], why.numbers['panic']]).toEqual([2, 12]);
  });

  test('rounds more often than every second do not change the averages', () => {
    const scaler = new KpaScaler({ ...policy, metric: 'concurrency', target: 10 });
    let last: Decision | undefined;
    for (let at = 0; at < 200; at += 1) last = scaler.round(signals(at / 2, { inFlight: 40, ready: 4 }));
    expect(last?.why.numbers['stable']).toBeCloseTo(40, 0);
    expect(last?.size).toBe(4);
  });

  test('a round that comes late counts what came as what came in all its seconds', () => {
    const scaler = new KpaScaler({ ...policy, metric: 'concurrency', target: 10 });
    scaler.round(signals(0, { inFlight: 40, ready: 4 }));
    const { why } = scaler.round(signals(5, { inFlight: 40, ready: 4 }));
    expect([why.numbers['stable'], why.numbers['panic']]).toEqual([40, 40]);
  });
});

describe('requests in hand', () => {
  const held: KpaPolicy = { ...policy, metric: 'concurrency', target: 70 };

  test('decide, not new sessions', () => {
    const scaler = new KpaScaler(held);
    expect(scaler.round(signals(0, { arrivals: 500, inFlight: 0 })).size).toBe(0);
    expect(scaler.round(signals(1, { arrivals: 0, inFlight: 140 })).size).toBe(2);
    expect(scaler.round(signals(2, { arrivals: 0, inFlight: 142 })).size).toBe(3);
  });

  test('none when nobody says', () => {
    expect(new KpaScaler(held).round(signals(0, { arrivals: 500 })).why.numbers['stable']).toBe(0);
  });
});

test('without data the decision before stands, and the reason says so', () => {
  const scaler = new KpaScaler(policy);
  run(scaler, times(10, 3));
  for (let at = 10; at < 100; at += 1) scaler.round(signals(at, { starting: 3 }));
  const { size, why } = scaler.round(signals(100, { starting: 3 }));
  expect([size, why.rule, why.numbers['desired']]).toEqual([3, 'kpa without data', undefined]);
});

describe('pods that are ready', () => {
  /** A pool of nine, of which each second `taken` are taken and `ready` are there again. */
  const inUse = (ready: number, taken: number): Decision => {
    const scaler = new KpaScaler({ ...policy, target: 1 });
    let last = scaler.round(signals(0, { arrivals: 9, coldStarts: 9 }));
    for (let at = 1; at < 200; at += 1)
      last = scaler.round(signals(at, { arrivals: 9, coldStarts: 9 - taken, ready, starting: 9 - ready }));
    return last;
  };

  test('are those that were taken within the last second, too: a pool in full use is no reason to panic', () => {
    const { size, why } = inUse(0, 6);
    expect([size, why.rule, why.numbers['pods']]).toEqual([9, 'kpa', 6]);
    expect(inUse(0, 2).why.rule).toBe('kpa in panic');
  });

  test('are no more than the pool was to hold, however fast they are replaced: it can still be made smaller', () => {
    expect(inUse(9, 9).why.numbers['pods']).toBe(9);
    const scaler = new KpaScaler({ ...policy, target: 10 });
    expect(scaler.round(signals(0, { ready: 40 })).size).toBe(40);
    let ready = 40;
    for (let at = 1; at < 100; at += 1) ready = scaler.round(signals(at, { arrivals: 20, ready })).size;
    expect(ready).toBe(2);
  });
});

test('a new leader begins in panic at what it finds, so that empty windows drop nothing', () => {
  const scaler = new KpaScaler(policy);
  expect(scaler.round(signals(0, { ready: 9 })).size).toBe(9);
  expect(scaler.round(signals(50, { ready: 9 })).size).toBe(9);
  expect(scaler.round(signals(61, { ready: 9 })).size).toBe(4);
});

test('a leader that knows nothing and finds what only starts keeps it', () => {
  const { size, why } = new KpaScaler(policy).round(signals(0, { starting: 5 }));
  expect([size, why.rule]).toEqual([5, 'kpa without data']);
});

test('when start-ups fail the pool is not grown: one is tried after each pause', () => {
  const scaler = new KpaScaler(policy);
  expect(scaler.round(signals(0, { arrivals: 5 })).size).toBe(5);
  const failed = scaler.round(signals(1, { arrivals: 5, failures: 5 }));
  expect([failed.size, failed.why.rule]).toEqual([0, 'start-ups fail, waiting']);
  const tried = scaler.round(signals(11, { arrivals: 5 }));
  expect([tried.size, tried.why.rule]).toEqual([1, 'start-ups fail, trying one']);
  expect(scaler.round(signals(12, { arrivals: 5, ready: 1, startUps: [1_000] })).size).toBeGreaterThan(1);
});

test('a state goes on where it was; a clock that goes back makes no time pass', () => {
  const scaler = new KpaScaler(policy);
  run(scaler, times(60, 5));
  const state = kpaState(JSON.parse(JSON.stringify(scaler.state())));
  expect(state).toBeDefined();
  expect(new KpaScaler(policy, state).round(signals(60, { ready: 5 })).size).toBe(5);
  expect(scaler.round(signals(-3_600, { ready: 5 })).size).toBe(5);
});

test('what is remembered of an hour of windows is small where it is quiet', () => {
  const scaler = new KpaScaler({ ...policy, stableWindowMs: 3_600_000 });
  run(scaler, times(3_600, 2));
  expect(JSON.stringify({ ...scaler.state(), startUps: null }).length).toBeLessThan(600);
});

test('a decision says why in numbers', () => {
  const { why } = new KpaScaler(policy).round(signals(0, { arrivals: 3 }));
  expect(explain(why)).toBe(
    'kpa in panic: stable 3, panic 3, target 1, pods 0, scaled 3, desired 3, failing 0, size 3',
  );
});
