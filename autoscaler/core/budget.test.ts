import { describe, expect, test } from '@jest/globals';
import { withinBudget, type Limit, type Limits, type Wish } from './budget.ts';
import { noMaximum } from '../../model/scaling.ts';
import { diceFrom } from '../../test/support/crowd.ts';

const wish = (key: string, more: Partial<Wish> = {}): Wish => ({
  key,
  namespace: key.split('/')[0] ?? '',
  size: 10,
  min: 0,
  ready: 0,
  ...more,
});

/** Worths as a policy has them: falling, to nothing. */
const falling =
  (first: number, times = 0.7) =>
  (k: number): number =>
    first * times ** k;

const sizes = (wishes: readonly Wish[], limits: Limits): Record<string, number> =>
  Object.fromEntries(withinBudget(wishes, limits));

test('where there is enough, everybody has what it wishes', () => {
  const wishes = [wish('a/x'), wish('b/x', { size: 3 }), wish('b/y', { size: 0 })];
  const all = { 'a/x': 10, 'b/x': 3, 'b/y': 0 };
  expect(sizes(wishes, {})).toEqual(all);
  expect(sizes(wishes, { platform: { idle: 13 }, perNamespace: { idle: 10 } })).toEqual(all);
});

test('a namespace that wishes little has it all; the others share the rest alike', () => {
  const wishes = [wish('a/x', { size: 100 }), wish('b/x', { size: 2 }), wish('c/x', { size: 100 })];
  expect(sizes(wishes, { platform: { idle: 20 } })).toEqual({ 'a/x': 9, 'b/x': 2, 'c/x': 9 });
});

test('a namespace with many runtimes has no more than one with few', () => {
  const many = Array.from({ length: 8 }, (_, at) => wish(`a/${at}`, { worth: falling(5) }));
  const got = sizes([...many, wish('b/x', { size: 100 })], { platform: { idle: 40 } });
  expect(got['b/x']).toBe(20);
});

// The example of section 4.1 of the DRF paper, with sandboxes and memory for its CPUs and memory.
test('shares are those of the resource of which a namespace takes most', () => {
  const wishes = [wish('a/x', { size: 100, memoryBytes: 4 }), wish('b/x', { size: 100, memoryBytes: 1 })];
  // b: 2/3 of the sandboxes. a: 2/3 of the memory would be 3 sandboxes of 4 in 18.
  expect(sizes(wishes, { platform: { idle: 9, memoryBytes: 18 } })).toEqual({ 'a/x': 3, 'b/x': 6 });
});

test('within a namespace the next sandbox goes where it saves the most cold starts', () => {
  const wishes = [wish('a/busy', { worth: falling(8, 0.5) }), wish('a/quiet', { worth: falling(1, 0.5) })];
  // 4, 2, 1, 0.5, 0.25 against 0.5, 0.25, 0.125.
  expect(sizes(wishes, { platform: { idle: 3 } })).toEqual({ 'a/busy': 3, 'a/quiet': 0 });
  expect(sizes(wishes, { platform: { idle: 7 } })).toEqual({ 'a/busy': 5, 'a/quiet': 2 });
});

test('where memory is scarce, what a sandbox saves counts for each byte of it', () => {
  const wishes = [
    wish('a/big', { memoryBytes: 8, worth: () => 4 }),
    wish('a/small', { memoryBytes: 1, worth: () => 1 }),
  ];
  expect(sizes(wishes, { platform: { memoryBytes: 16 } })).toEqual({ 'a/big': 0, 'a/small': 10 });
  // What remains is no room for another small wish, but for a big one.
  expect(sizes(wishes, { platform: { memoryBytes: 18 } })).toEqual({ 'a/big': 1, 'a/small': 10 });
});

test('below their minimums all come first, whatever a namespace has and whatever it is worth', () => {
  const wishes = [
    wish('a/x', { size: 20, min: 12, worth: () => 0 }),
    wish('b/x', { size: 20, worth: () => 100 }),
  ];
  expect(sizes(wishes, { platform: { idle: 16 } })).toEqual({ 'a/x': 12, 'b/x': 4 });
});

test('minimums that are too many together are shared as the rest is', () => {
  const wishes = [wish('a/x', { size: 20, min: 20 }), wish('b/x', { size: 4, min: 4 })];
  expect(sizes(wishes, { platform: { idle: 12 } })).toEqual({ 'a/x': 8, 'b/x': 4 });
});

test('a namespace has its own limit before that of all, field by field', () => {
  const wishes = ['a/x', 'b/x', 'c/x'].map((key) => wish(key, { memoryBytes: 2 }));
  const limits: Limits = {
    perNamespace: { idle: 5, memoryBytes: 8 },
    namespaces: new Map<string, Limit>([
      ['b', { idle: 2 }],
      ['c', { memoryBytes: 14 }],
    ]),
  };
  expect(sizes(wishes, limits)).toEqual({ 'a/x': 4, 'b/x': 2, 'c/x': 5 });
});

test('what is there stays when another is worth a little more, and goes when it is worth much more', () => {
  const rival = (worth: number): Record<string, number> =>
    sizes([wish('a/there', { ready: 5, worth: () => 1 }), wish('a/new', { worth: () => worth })], {
      platform: { idle: 5 },
    });
  expect(rival(1.4)).toEqual({ 'a/there': 5, 'a/new': 0 });
  expect(rival(1.6)).toEqual({ 'a/there': 0, 'a/new': 5 });
});

test('between namespaces nothing stays beyond its share: a second one has half at once', () => {
  const wishes = [wish('a/x', { ready: 10 }), wish('b/x')];
  expect(sizes(wishes, { platform: { idle: 10 } })).toEqual({ 'a/x': 5, 'b/x': 5 });
  // The odd one out stays where it is.
  expect(sizes([wish('a/x'), wish('b/x', { ready: 10 })], { platform: { idle: 9 } })).toEqual({
    'a/x': 4,
    'b/x': 5,
  });
});

test('what is worth nothing, or does not say, is filled evenly', () => {
  const wishes = [wish('a/x', { size: 20 }), wish('a/y', { size: 10 }), wish('a/z', { size: 10 })];
  expect(sizes(wishes, { platform: { idle: 20 } })).toEqual({ 'a/x': 10, 'a/y': 5, 'a/z': 5 });
});

test('where no limit says anything of a sandbox, there is no end to them', () => {
  const wishes = [wish('a/free', { size: noMaximum, min: noMaximum }), wish('a/x', { memoryBytes: 5 })];
  expect(sizes(wishes, { platform: { memoryBytes: 10 } })).toEqual({ 'a/free': noMaximum, 'a/x': 2 });
});

test('a worth that is no number is none', () => {
  const wishes = [wish('a/x', { worth: () => NaN }), wish('a/y', { worth: () => 1e-9 })];
  expect(sizes(wishes, { platform: { idle: 12 } })).toEqual({ 'a/x': 2, 'a/y': 10 });
});

test('a limit of 0 is one', () => {
  expect(sizes([wish('a/x', { min: 3 })], { platform: { idle: 0 } })).toEqual({ 'a/x': 0 });
  const heavy = wish('a/x', { memoryBytes: 1 });
  expect(sizes([heavy, wish('b/x')], { perNamespace: { memoryBytes: 0 } })).toEqual({ 'a/x': 0, 'b/x': 10 });
});

describe('whatever is wished', () => {
  const seeds = Array.from({ length: 60 }, (_, seed) => seed + 1);

  interface Given {
    readonly wishes: readonly Wish[];
    readonly limits: Limits;
  }

  function given(seed: number, alike = false): Given {
    const dice = diceFrom(seed);
    const upTo = (most: number): number => dice.roll(0, most);
    const random = (): number => dice.roll(0, 999) / 1_000;
    const wishes = Array.from({ length: 1 + upTo(12) }, (_, at): Wish => {
      const namespace = `n${upTo(3)}`;
      const size = upTo(12);
      const first = random();
      const worth = random() < 0.3 ? {} : { worth: falling(first, 0.5 + random() / 2) };
      const memory = alike || random() < 0.2 ? {} : { memoryBytes: 1 + upTo(7) };
      return {
        key: `${namespace}/${at}`,
        namespace,
        size,
        min: upTo(2),
        ready: upTo(12),
        ...worth,
        ...memory,
      };
    });
    const limit = (most: number): Limit => ({
      ...(random() < 0.8 ? { idle: upTo(most) } : {}),
      ...(random() < 0.5 && !alike ? { memoryBytes: upTo(4 * most) } : {}),
    });
    const own = random() < 0.5 ? { namespaces: new Map([[`n${upTo(3)}`, limit(20)]]) } : {};
    return {
      wishes,
      limits: { platform: limit(50), ...(random() < 0.5 ? { perNamespace: limit(25) } : {}), ...own },
    };
  }

  const uses = (
    wishes: readonly Wish[],
    got: ReadonlyMap<string, number>,
  ): { idle: number; memory: number } =>
    wishes.reduce(
      ({ idle, memory }, { key, memoryBytes = 0 }) => ({
        idle: idle + (got.get(key) ?? NaN),
        memory: memory + (got.get(key) ?? NaN) * memoryBytes,
      }),
      { idle: 0, memory: 0 },
    );

  /** Room that is left under each limit that holds for a wish. */
  function roomFor(one: Wish, { wishes, limits }: Given, got: ReadonlyMap<string, number>): number[] {
    const { key, namespace } = one;
    const own = { ...limits.perNamespace, ...limits.namespaces?.get(namespace) };
    const inSame = wishes.filter((other) => other.namespace === namespace);
    const pairs: [Limit | undefined, { idle: number; memory: number }][] = [
      [limits.platform, uses(wishes, got)],
      [own, uses(inSame, got)],
    ];
    expect(got.has(key)).toBe(true);
    return pairs.flatMap(([limit, { idle, memory }]) => [
      (limit?.idle ?? Infinity) - idle - 1,
      (limit?.memoryBytes ?? Infinity) - memory - (one.memoryBytes ?? 0),
    ]);
  }

  test.each(seeds)('no limit is exceeded, no wish either (seed %d)', (seed) => {
    const { wishes, limits } = given(seed);
    const got = withinBudget(wishes, limits);
    for (const one of wishes) {
      expect(got.get(one.key)).toBeLessThanOrEqual(one.size);
      expect(
        Math.min(...roomFor({ ...one, memoryBytes: 0 }, { wishes, limits }, got)),
      ).toBeGreaterThanOrEqual(-1);
    }
  });

  test.each(seeds)('who has less than it wishes could not have one more (seed %d)', (seed) => {
    const all = given(seed);
    const got = withinBudget(all.wishes, all.limits);
    for (const one of all.wishes)
      if ((got.get(one.key) ?? 0) < one.size) expect(Math.min(...roomFor(one, all, got))).toBeLessThan(0);
  });

  test.each(seeds)('when nothing changes, the sizes settle at once (seed %d)', (seed) => {
    const { wishes, limits } = given(seed);
    const again = (got: ReadonlyMap<string, number>): ReadonlyMap<string, number> =>
      withinBudget(
        wishes.map((one) => ({ ...one, ready: got.get(one.key) ?? 0 })),
        limits,
      );
    const settled = again(withinBudget(wishes, limits));
    expect(again(settled)).toEqual(settled);
  });

  test.each(seeds)('the order in which wishes are told does not matter (seed %d)', (seed) => {
    const { wishes, limits } = given(seed);
    expect(sizes(wishes.toReversed(), limits)).toEqual(sizes(wishes, limits));
  });

  test.each(seeds)('a larger platform takes nothing from anybody (seed %d)', (seed) => {
    const { wishes, limits } = given(seed, true);
    const { idle = 30 } = limits.platform ?? {};
    const less = withinBudget(wishes, { ...limits, platform: { idle } });
    const more = withinBudget(wishes, { ...limits, platform: { idle: idle + 1 } });
    for (const [key, size] of less) expect(more.get(key)).toBeGreaterThanOrEqual(size);
  });

  test.each(seeds)(
    'nobody envies a namespace that has more, but by its minimums and one sandbox (seed %d)',
    (seed) => {
      const { wishes, limits } = given(seed, true);
      const plain = wishes.map((one) => ({ ...one, min: 0 }));
      const platform = { idle: limits.platform?.idle ?? 20 };
      const got = withinBudget(plain, { platform });
      const of = (name: string): { has: number; wants: number } => {
        const own = plain.filter(({ namespace }) => namespace === name);
        return { has: uses(own, got).idle, wants: own.reduce((sum, { size }) => sum + size, 0) };
      };
      const all = [...new Set(plain.map(({ namespace }) => namespace))].map(of);
      const most = Math.max(...all.map(({ has }) => has));
      for (const { has, wants } of all) if (has < wants) expect(has).toBeGreaterThanOrEqual(most - 1);
    },
  );
});
