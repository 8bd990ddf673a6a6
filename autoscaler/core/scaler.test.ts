// What holds for every class of policy, whatever comes.
import { describe, expect, test } from '@jest/globals';
import { kpaDefaults, noMaximum, type ScalingPolicy } from '../../model/scaling.ts';
import { diceFrom } from '../../test/support/crowd.ts';
import { Replay } from '../simulate/replay.ts';
import { createScaler } from './scaler.ts';
import type { Decision, Scaler, Signals } from './signals.ts';

const target = { class: 'target', min: 0, max: noMaximum, warmStarts: 0.99 } as const;
const kpa = { ...kpaDefaults, target: 1, initialScale: 0 };

const policies: readonly (readonly [string, ScalingPolicy])[] = [
  ['target', target],
  ['target, to zero', { ...target, warmStarts: 0.9, toZeroAfterMs: 30_000 }],
  ['target within bounds', { ...target, min: 2, max: 9 }],
  ['kpa', kpa],
  ['kpa on requests in hand', { ...kpa, metric: 'concurrency', target: 3, scaleDownDelayMs: 20_000 }],
  ['kpa within bounds', { ...kpa, min: 2, max: 9, initialScale: 4, activationScale: 3 }],
  ['fixed', { class: 'fixed', size: 4 }],
];

const signals = (seconds: number, more: Partial<Signals> = {}): Signals => ({
  now: seconds * 1_000,
  ...{ arrivals: 0, coldStarts: 0, inFlight: 0, ready: 0, starting: 0, startUps: [], failures: 0 },
  ...more,
});

interface Played {
  readonly scaler: Scaler;
  readonly decisions: readonly Decision[];
  /** When its last round was (s). */
  readonly end: number;
}

/** Rounds of bursts and silences that a seed determines, with a pool that follows a second behind. */
function played(policy: ScalingPolicy, seed: number, rounds = 150): Played {
  const dice = diceFrom(seed);
  const scaler = createScaler(policy);
  const decisions: Decision[] = [];
  let [load, size] = [0, 0];
  for (let at = 0; at < rounds; at += 1) {
    if (dice.roll(1, 15) === 1) load = dice.pick([0, 0, 1, 6, 40]);
    const arrivals = dice.roll(0, load);
    const coldStarts = Math.max(0, arrivals - size);
    const ready = Math.max(0, size - arrivals);
    const startUps = arrivals > 0 ? [1_000 + dice.roll(0, 1_000)] : [];
    const decision = scaler.round(
      signals(at, { arrivals, coldStarts, inFlight: 2 * arrivals, ready, starting: size - ready, startUps }),
    );
    decisions.push(decision);
    size = decision.size;
  }
  return { scaler, decisions, end: rounds - 1 };
}

const seeds = Array.from({ length: 4 }, (_, seed) => seed + 1);
const cases = policies.flatMap(([name, policy]) => seeds.map((seed) => ({ name, policy, seed })));

const boundsOf = (policy: ScalingPolicy): readonly [min: number, max: number] =>
  policy.class === 'fixed' ? [policy.size, policy.size] : [policy.min, policy.max];

const remembered = (policy: ScalingPolicy, scaler: Scaler): Scaler =>
  createScaler(policy, JSON.parse(JSON.stringify(scaler.state())));

test.each(cases)('$name: never below min, never above max, always whole (seed $seed)', ({ policy, seed }) => {
  const [min, max] = boundsOf(policy);
  for (const { size } of played(policy, seed).decisions) {
    expect(Number.isInteger(size)).toBe(true);
    expect(size).toBeGreaterThanOrEqual(min);
    expect(size).toBeLessThanOrEqual(max);
  }
});

test.each(cases)('$name: more load never gives a smaller pool (seed $seed)', ({ policy, seed }) => {
  const { scaler, end } = played(policy, seed);
  const sizes = [0, 1, 2, 5, 15, 60, 250].map((arrivals) => {
    const again = remembered(policy, scaler);
    again.round(signals(end + 1, { ready: 5 }));
    return again.round(signals(end + 2, { arrivals, coldStarts: arrivals, inFlight: arrivals, ready: 5 }))
      .size;
  });
  expect(sizes).toEqual(sizes.toSorted((a, b) => a - b));
});

// What class target remembers is rounded; its own tests say how far.
test.each(cases.filter(({ policy }) => policy.class !== 'target'))(
  '$name: whoever goes on from a state decides alike (seed $seed)',
  ({ policy, seed }) => {
    const { scaler, end } = played(policy, seed);
    const next = remembered(policy, scaler);
    for (const at of [1, 2, 3, 60, 61, 120]) {
      const seen = signals(end + at, { arrivals: 7, coldStarts: 4, inFlight: 9, ready: 3, starting: 2 });
      expect(next.round(seen).size).toBe(scaler.round(seen).size);
    }
  },
);

test.each(cases)('$name: a clock that is set back makes no time pass (seed $seed)', ({ policy, seed }) => {
  const { scaler, end } = played(policy, seed);
  const [still, back] = [end + 1, end - 7_200].map((second) => {
    const again = remembered(policy, scaler);
    const seen = [end + 1, second, second + 1].map((at) =>
      signals(at, { arrivals: 3, inFlight: 5, ready: 4 }),
    );
    return seen.map((one) => again.round(one).size);
  });
  expect(back).toEqual(still);
});

test.each(cases)(
  '$name: a further sandbox is worth no more, none less than nothing (seed $seed)',
  ({ policy, seed }) => {
    const some = played(policy, seed, 100).decisions.filter((_, at) => at % 9 === 0);
    for (const { worth } of some) {
      const worths = Array.from({ length: 60 }, (_, at) => worth?.(at + 1) ?? NaN);
      expect(worths).toEqual(worths.toSorted((a, b) => b - a));
      expect(worths.at(-1)).toBeGreaterThanOrEqual(0);
    }
  },
);

describe.each(policies)('%s', (_, policy) => {
  test.each([1, 12])(
    'on a constant load of %d a second the pool does not rise again once it knows it',
    (load) => {
      const arrivals = Array.from({ length: 1_500 * load }, (_, at) => ((at + 0.5) * 1_000) / load);
      const replay = new Replay({ arrivals, startUp: () => 800 });
      const scaler = createScaler(policy);
      const sizes = Array.from({ length: 1_500 }, (_, round) => {
        const { size } = scaler.round({ ...replay.until(round * 1_000), inFlight: 2 * load });
        replay.hold(size);
        return size;
      });
      const late = sizes.slice(-600);
      const rises = late.filter((size, at) => at > 0 && size > (late[at - 1] ?? size));
      expect(rises).toEqual([]);
    },
  );

  test.each([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'state'],
    ['a list', [1]],
    ['another class', { class: 'other', version: 1 }],
    ['another version', { class: policy.class, version: -1 }],
  ])('begins anew where the state is %s', (_, state) => {
    const fresh = createScaler(policy);
    const scaler = createScaler(policy, state);
    for (let at = 0; at < 20; at += 1) {
      const seen = signals(at, { arrivals: at % 5, ready: 2 });
      expect(scaler.round(seen).size).toBe(fresh.round(seen).size);
    }
  });

  test('a state is small', () => {
    const { scaler } = played(policy, 3, 600);
    expect(JSON.stringify(scaler.state()).length).toBeLessThan(4_000);
  });
});
