// What a warm pool is told as: who decided its size, and why.
import { describe, expect, test } from '@jest/globals';
import type { Scaling } from '../../model/scaling.ts';
import type { PoolStanding } from '../deployments.ts';
import { poolView } from './pool-view.ts';

const key = { kind: 'CodeInterpreter', namespace: 'default', name: 'python' } as const;
const target: Scaling = {
  policy: { class: 'target', warmStarts: 0.99, min: 0, max: 10 },
  schedule: [],
  dryRun: false,
};

const standing = (scaling?: Scaling, more: Partial<PoolStanding> = {}): PoolStanding => ({
  runtime: {
    key,
    revision: 'r1',
    labels: {},
    policy: {} as PoolStanding['runtime']['policy'],
    warmPoolSize: 5,
    ...(scaling && { scaling }),
  },
  ready: 2,
  starting: 1,
  ...more,
});

describe('a warm pool as it is told', () => {
  test('a runtime that asks for exactly so many has class fixed, and its own number as the reason', () => {
    expect(poolView(standing())).toEqual({
      ...key,
      ...{ class: 'fixed', target: 5, wanted: 5, ready: 2, starting: 1, dryRun: false },
      why: { rule: 'fixed', numbers: { warmPoolSize: 5 } },
      text: 'fixed: warmPoolSize 5',
    });
  });

  test('what the autoscaler decided is told with its reasons, and what a budget left of it', () => {
    const why = { rule: 'budget', numbers: { wanted: 7, limit: 4.25 } };
    const decided = { runtime: key, size: 4, wanted: 7, why };
    expect(poolView(standing(target, { target: decided }))).toMatchObject({
      ...{ class: 'target', target: 4, wanted: 7, why },
      text: 'budget: wanted 7, limit 4.25',
    });
  });

  test('nobody has decided yet: the own size, and it says so', () => {
    expect(poolView(standing(target))).toMatchObject({
      ...{ class: 'target', target: 5, wanted: 5 },
      text: 'undecided: warmPoolSize 5',
    });
  });

  test('a dry run and why start-ups fail are told', () => {
    const dry = standing({ ...target, dryRun: true }, { trouble: 'no image' });
    expect(poolView(dry)).toMatchObject({ dryRun: true, trouble: 'no image' });
    expect(poolView(standing())).not.toHaveProperty('trouble');
    const said = { runtime: key, size: 5, wanted: 9, why: { rule: 'load', numbers: { dryRun: 1 } } };
    expect(poolView(standing(target, { target: said }))).toMatchObject({
      dryRun: true,
      target: 5,
      wanted: 9,
    });
  });
});
