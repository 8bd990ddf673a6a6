// What a status says of a pool's size: what was decided and why, and whether the pool follows it.
import { describe, expect, test } from '@jest/globals';
import type { PoolTarget } from '../../model/platform.ts';
import { kpaDefaults, noMaximum, type Scaling } from '../../model/scaling.ts';
import { leastReady, scaled, toldScaling } from './scaling-status.ts';

const scaling: Scaling = {
  policy: { class: 'target', warmStarts: 0.99, min: 1, max: noMaximum },
  schedule: [],
  dryRun: false,
};
const runtime = { warmPoolSize: 2, scaling };
const fixed = { warmPoolSize: 2 };
const targetOf = (change: Partial<PoolTarget> = {}): PoolTarget => ({
  runtime: { kind: 'CodeInterpreter', namespace: 'default', name: 'python' },
  size: 5,
  wanted: 5,
  why: { rule: 'rising', numbers: { load: 1.25, size: 5 } },
  ...change,
});

describe('sizes', () => {
  test('are what was decided, and why', () => {
    expect(toldScaling(runtime, { ready: 3, target: targetOf({ wanted: 8 }) })).toEqual({
      class: 'target',
      target: 5,
      wanted: 8,
      ready: 3,
      why: 'rising: load 1.25, size 5',
    });
  });

  test('of a runtime that asks for nothing are its own', () => {
    expect(toldScaling(fixed, { ready: 2 })).toEqual({
      ...{ class: 'fixed', target: 2, wanted: 2, ready: 2, why: 'fixed: warmPoolSize 2' },
    });
  });

  test('that nobody has decided yet are said to be that', () => {
    expect(toldScaling(runtime, { ready: 0 })).toMatchObject({
      ...{ class: 'target', target: 2, why: 'undecided: warmPoolSize 2' },
    });
  });

  test('of a dry run are what they would be, beside what there is', () => {
    const dry = { ...runtime, scaling: { ...scaling, dryRun: true } };
    const target = targetOf({ size: 2, wanted: 9 });
    expect(toldScaling(dry, { ready: 2, target })).toMatchObject({ target: 2, wanted: 9, dryRun: true });
  });
});

describe('the condition Scaled', () => {
  const dry = { ...runtime, scaling: { ...scaling, dryRun: true } };
  const budget = targetOf({ wanted: 9, why: { rule: 'budget', numbers: { wanted: 9 } } });
  const allDry = targetOf({ size: 2, why: { rule: 'rising', numbers: { dryRun: 1 } } });

  test.each([
    ['follows', runtime, { ready: 3, target: targetOf() }, 'True', 'Following'],
    ['is undecided', runtime, { ready: 2 }, 'Unknown', 'Undecided'],
    ['is a dry run of this runtime', dry, { ready: 2, target: targetOf() }, 'False', 'DryRun'],
    ['is a dry run of all', runtime, { ready: 2, target: allDry }, 'False', 'DryRun'],
    ['is cut', runtime, { ready: 5, target: budget }, 'False', 'BudgetBound'],
    [
      'cannot start',
      runtime,
      { ready: 0, target: targetOf(), trouble: 'exit code 1' },
      'False',
      'StartUpsFail',
    ],
  ])('of a pool that %s', (_, given, pool, status, reason) => {
    expect(scaled(given, pool)).toMatchObject({ status, reason });
  });

  test('names what fails', () => {
    const pool = { ready: 0, target: targetOf(), trouble: 'exit code 1' };
    expect(scaled(runtime, pool)?.message).toContain('exit code 1');
  });

  test('has no numbers, so that it does not change with each round', () => {
    const at = (size: number) => scaled(runtime, { ready: size, target: targetOf({ size, wanted: size }) });
    expect(at(3)).toEqual(at(400));
  });

  test('is not told where nothing was asked', () => {
    const policy = { class: 'fixed', size: 2 } as const;
    expect(scaled(fixed, { ready: 2 })).toBeUndefined();
    expect(scaled({ ...runtime, scaling: { ...scaling, policy } }, { ready: 2 })).toBeUndefined();
  });
});

describe('a runtime is ready', () => {
  test('with its minimum, however many the load asks for', () => {
    expect(leastReady(runtime, 30, targetOf({ size: 30 }))).toBe(1);
    const kpa = { ...runtime, scaling: { ...scaling, policy: { ...kpaDefaults, target: 1 } } };
    expect(leastReady(kpa, 30, targetOf({ size: 30 }))).toBe(0);
  });

  test('with fewer than its minimum where a budget allows no more', () => {
    expect(leastReady(runtime, 0, targetOf({ size: 0 }))).toBe(0);
  });

  test('with a full pool where its size is its own', () => {
    expect(leastReady(fixed, 4, undefined)).toBe(4);
    expect(leastReady(runtime, 4, undefined)).toBe(4);
    const dry = { ...runtime, scaling: { ...scaling, dryRun: true } };
    expect(leastReady(dry, 4, targetOf())).toBe(4);
  });
});
