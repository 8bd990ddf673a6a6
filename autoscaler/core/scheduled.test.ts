import { expect, test } from '@jest/globals';
import { Scheduled } from './scheduled.ts';
import type { Signals } from './signals.ts';

const times = { horizon: 2_000, round: 1_000 };

const seen = (scheduled: Signals['scheduled'], arrivals = 0): Signals => ({
  now: 0,
  arrivals,
  coldStarts: 0,
  ready: 0,
  starting: 0,
  startUps: [],
  failures: 0,
  ...(scheduled ? { scheduled } : {}),
});

test('a strike counts once a replacement would not be ready before it, and not earlier', () => {
  const scheduled = new Scheduled();
  expect(scheduled.expected(seen([{ inMs: 10_000, sessions: 5 }]), 0, times)).toBe(0);
  expect(scheduled.expected(seen([{ inMs: 2_900, sessions: 5 }]), 7_100, times)).toBe(5);
});

test('after the strike what was not used stays for a minute, told of again or not', () => {
  const scheduled = new Scheduled();
  const two = [
    { inMs: 900, sessions: 5 },
    { inMs: 900, sessions: 3 },
  ];
  expect(scheduled.expected(seen(two), 0, times)).toBe(8);
  expect(scheduled.expected(seen(two.map((it) => ({ ...it, inMs: 100 }))), 800, times)).toBe(8);
  expect(scheduled.expected(seen(undefined, 6), 2_000, times)).toBe(2);
  expect(scheduled.expected(seen(undefined), 60_000, times)).toBe(2);
  expect(scheduled.expected(seen(undefined), 61_000, times)).toBe(0);
});
