import { describe, expect, test } from '@jest/globals';
import type { WarmSandbox } from '../../model/session-store.ts';
import type { RuntimeKey } from '../../model/sandbox.ts';
import { backoffMs, planPool } from './pool-plan.ts';

const key: RuntimeKey = { kind: 'CodeInterpreter', namespace: 'default', name: 'py' };
const warm = (id: string, revision = 'r1', name = 'py'): WarmSandbox => ({
  sandbox: { id, name: id, entryPoints: [] },
  runtime: { ...key, name },
  revision,
  readyAt: 0,
});
const entries = [warm('a'), warm('b'), warm('old', 'r0'), warm('other', 'r1', 'js')];
const plan = (size: number | null, starting = 0) => {
  const { retire, ...rest } = planPool({
    key,
    wanted: size === null ? null : { revision: 'r1', size },
    entries,
    starting,
  });
  return { ...rest, retire: retire.map((one) => one.sandbox.id) };
};

describe('what a pool needs', () => {
  test.each([
    ['too few', plan(5), { start: 3, retire: ['old'], ready: 2 }],
    ['starts under way count', plan(5, 2), { start: 1, retire: ['old'], ready: 2 }],
    ['as wanted', plan(2), { start: 0, retire: ['old'], ready: 2 }],
    ['too many', plan(1), { start: 0, retire: ['old', 'a'], ready: 1 }],
    ['of size zero', plan(0), { start: 0, retire: ['old', 'a', 'b'], ready: 0 }],
    ['of a runtime that is gone', plan(null), { start: 0, retire: ['a', 'b', 'old'], ready: 0 }],
  ])('%s', (_, got, expected) => expect(got).toEqual(expected));
});

test('failed starts are tried again after 1, 2, 4 … and at most 60 seconds', () => {
  expect([1, 2, 3, 7, 50].map(backoffMs)).toEqual([1_000, 2_000, 4_000, 60_000, 60_000]);
});
