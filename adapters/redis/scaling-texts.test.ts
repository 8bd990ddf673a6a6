// What another program publishes of scaling: taken as it is when it is understood, and as not said when it is not.
import { describe, expect, test } from '@jest/globals';
import { kpaDefaults, noMaximum, type Scaling, type ScalingPolicy } from '../../model/scaling.ts';
import { scalingIn, whyIn } from './scaling-texts.ts';

const asked = (policy: ScalingPolicy, change: Partial<Scaling> = {}): Scaling => ({
  ...{ policy, schedule: [], dryRun: false },
  ...change,
});
const target: ScalingPolicy = { class: 'target', min: 0, max: noMaximum, warmStarts: 0.99 };

describe('understood', () => {
  test.each<[string, Scaling]>([
    ['target', asked({ ...target, toZeroAfterMs: 600_000 })],
    ['target without a way to zero', asked(target)],
    ['kpa', asked({ ...kpaDefaults, target: 0.5 })],
    ['kpa on concurrency', asked({ ...kpaDefaults, target: 70, metric: 'concurrency' })],
    ['fixed', asked({ class: 'fixed', size: 0 })],
    [
      'a schedule',
      asked(target, {
        schedule: [
          { cron: '0 9 * * 1-5', timeZone: 'Europe/Berlin', sessions: 50 },
          { cron: '@daily', sessions: 1 },
        ],
        dryRun: true,
      }),
    ],
  ])('%s', (_, scaling) => {
    const read: unknown = JSON.parse(JSON.stringify(scaling));
    expect(scalingIn(read)).toEqual(scaling);
  });

  test('but for fields that are not known', () => {
    const more = { ...asked({ ...target, mood: 'calm' } as ScalingPolicy), later: 1 };
    expect(scalingIn(more)).toEqual(asked(target));
  });
});

describe('not understood', () => {
  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'target'],
    ['no policy', { schedule: [], dryRun: false }],
    ['another class', asked({ ...target, class: 'psychic' } as unknown as ScalingPolicy)],
    ['a size below zero', asked({ class: 'fixed', size: -1 })],
    ['a size beyond counting', asked({ class: 'fixed', size: 1e12 })],
    ['min above max', asked({ ...target, min: 3, max: 2 })],
    ['all sessions warm', asked({ ...target, warmStarts: 1 })],
    ['a number that JSON has made null', asked({ ...target, max: null } as unknown as ScalingPolicy)],
    ['kpa without a target', asked({ ...kpaDefaults } as ScalingPolicy)],
    ['a target of nothing', asked({ ...kpaDefaults, target: 0 })],
    ['a schedule that is none', { ...asked(target), schedule: 'daily' }],
  ])('%s', (_, value) => {
    expect(scalingIn(value)).toBeUndefined();
  });
});

test('reasons are a rule and numbers', () => {
  const why = { rule: 'steady', numbers: { rate: 1.5 } };
  expect(whyIn(why)).toEqual(why);
  for (const odd of [
    undefined,
    'steady',
    { rule: 7, numbers: {} },
    { rule: 'x', numbers: { rate: 'fast' } },
  ]) {
    expect(whyIn(odd)).toBeUndefined();
  }
});
