import { expect, test } from '@jest/globals';
import { lacksOf, type HostFacts } from './lacks.ts';
import { plainTier } from './tiers/plain.ts';

const tier = { ...plainTier(undefined), lacks: ['NO ISOLATION'] };
const complete: HostFacts = {
  detected: { tier: { ...tier, lacks: [] }, refused: [] },
  controllers: new Set(['memory', 'cpu', 'pids'] as const),
  canFreeze: true,
  hasSwap: true,
};

test('a host that has everything lacks only a disk quota', () =>
  expect(lacksOf(complete)).toEqual(['no disk quota']));

test('the gravest comes first, each with its reason', () =>
  expect(
    lacksOf({
      ...{ controllers: undefined, canFreeze: false, hasSwap: false },
      detected: { tier, refused: ['bubblewrap is not installed'] },
    }),
  ).toEqual([
    'bubblewrap is not installed',
    'NO ISOLATION',
    'no memory limit: no cgroup can be made here',
    'no CPU limit: no cgroup can be made here',
    'no process limit: no cgroup can be made here',
    'no freezer: pausing stops processes one by one',
    'no swap: a paused sandbox keeps its memory in RAM',
    'no disk quota',
  ]));
