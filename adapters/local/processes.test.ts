import { describe, expect, test } from '@jest/globals';
import { membersOf, parseStat } from './processes.ts';

const one = (pid: number, parent: number, group: number, state = 'S', startedAt = '1') => ({
  ...{ pid, parent, group, state, startedAt },
});

test('a process is read whatever it calls itself', () => {
  const rest = ['S', 7, 8, 9, ...Array<number>(15).fill(0), 4711, 0].join(' ');
  expect(parseStat(`12 (a) b) ( ${'x'}) ${rest}`)).toEqual({
    pid: 12,
    parent: 7,
    group: 9,
    state: 'S',
    startedAt: '4711',
  });
  expect(parseStat('')).toBeUndefined();
});

describe('who belongs to a sandbox', () => {
  const leader = { pid: 10, startedAt: '1' };

  test('its descendants, and its session where parents died', () => {
    const all = [one(10, 1, 10), one(11, 10, 11), one(12, 11, 11), one(13, 1, 10), one(20, 1, 20)];
    expect(membersOf(leader, all)).toEqual([10, 11, 12, 13]);
  });

  test('those that left parent and session, when they are marked, and their descendants', () => {
    const all = [one(30, 1, 30), one(31, 30, 31), one(20, 1, 20)];
    expect(membersOf(leader, all, (pid) => pid === 30)).toEqual([30, 31]);
  });

  test('no zombies', () => expect(membersOf(leader, [one(10, 1, 10, 'Z'), one(11, 10, 10)])).toEqual([11]));

  test('nobody, when the id was given to another process', () =>
    expect(membersOf(leader, [one(10, 1, 10, 'S', '2'), one(11, 10, 10)])).toEqual([]));
});
