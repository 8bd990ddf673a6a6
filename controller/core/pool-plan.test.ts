import { describe, expect, test } from '@jest/globals';
import type { RuntimeKey } from '../../model/sandbox.ts';
import type { WarmSandbox } from '../../model/session-store.ts';
import { backoffMs, nextToStart, planPool, type Lack } from './pool-plan.ts';

const key: RuntimeKey = { kind: 'CodeInterpreter', namespace: 'default', name: 'py' };
const warm = (id: string, revision = 'r1'): WarmSandbox => ({
  sandbox: { id, name: id, entryPoints: [] },
  runtime: key,
  revision,
  readyAt: 0,
});
const mine = [warm('a'), warm('b'), warm('old', 'r0')];
const plan = (size: number | null, starting = 0) => {
  const wanted = size === null ? null : { revision: 'r1', size };
  const { retire, ...rest } = planPool({ wanted, mine, starting });
  return { ...rest, retire: retire.map((one) => one.sandbox.id) };
};

describe('what a pool needs', () => {
  test.each([
    ['too few', plan(5), { start: 3, retire: ['old'], ready: 2 }],
    ['starts under way count', plan(5, 2), { start: 1, retire: ['old'], ready: 2 }],
    ['as wanted', plan(2), { start: 0, retire: ['old'], ready: 2 }],
    ['too many: the oldest goes', plan(1), { start: 0, retire: ['old', 'a'], ready: 1 }],
    ['of size zero', plan(0), { start: 0, retire: ['old', 'a', 'b'], ready: 0 }],
    ['of a runtime that is gone', plan(null), { start: 0, retire: ['a', 'b', 'old'], ready: 0 }],
  ])('%s', (_, got, expected) => expect(got).toEqual(expected));
});

describe('whose start comes first', () => {
  const untried = { starting: 0, ready: 0, size: 10, failures: 0, quietUntil: 0, lastTurn: 0 };
  const lack = (name: string, change: Partial<Lack> = {}) => ({ name, lacking: 5, ...untried, ...change });
  const first = (...lacks: ReturnType<typeof lack>[]) => nextToStart(lacks, 1_000)?.name;

  test('the pool with the fewest on their way: whose starts are slow takes no more than its share', () => {
    expect(first(lack('slow', { starting: 2 }), lack('quick', { starting: 1, ready: 8 }))).toBe('quick');
  });

  test('of those the emptiest, measured by its size', () => {
    expect(first(lack('half', { ready: 5 }), lack('nearly empty', { ready: 9, size: 100 }))).toBe(
      'nearly empty',
    );
  });

  test('of those whoever had no turn for longest', () => {
    expect(first(lack('just now', { lastTurn: 7 }), lack('before', { lastTurn: 6 }))).toBe('before');
  });

  test('nobody who lacks nothing, or is to be left alone for a while', () => {
    expect(first(lack('full', { lacking: 0 }), lack('quiet', { failures: 1, quietUntil: 1_001 }))).toBe(
      undefined,
    );
  });

  test('one whose starts fail tries one at a time', () => {
    expect(first(lack('fails', { failures: 1, starting: 1 }))).toBe(undefined);
    expect(first(lack('fails', { failures: 1 }))).toBe('fails');
  });
});

test('failed starts are tried again after 1, 2, 4 … and at most 60 seconds', () => {
  expect([1, 2, 3, 7, 50].map(backoffMs)).toEqual([1_000, 2_000, 4_000, 60_000, 60_000]);
});
