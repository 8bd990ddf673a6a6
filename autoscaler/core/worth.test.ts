import { expect, test } from '@jest/globals';
import type { Signals } from './signals.ts';
import { Worth } from './worth.ts';

const seen = (arrivals: number, startUps: readonly number[] = []): Signals => ({
  now: 0,
  arrivals,
  coldStarts: 0,
  ready: 0,
  starting: 0,
  startUps,
  failures: 0,
});

/** Rounds of a second with so many sessions each. */
function after(rounds: number, arrivals: number, startUps: readonly number[] = []): Worth {
  const worth = new Worth();
  for (let round = 0; round < rounds; round += 1) worth.see(seen(arrivals, startUps), 1_000);
  return worth;
}

const some = [1, 2, 3, 5, 10, 40];

test('where nothing comes a sandbox is worth nothing', () => {
  expect(some.map(new Worth().each)).toEqual(some.map(() => 0));
});

test('a further sandbox is worth no more, and none less than nothing', () => {
  for (const load of [0.01, 1, 7, 300, 5_000]) {
    const { each } = after(100, load);
    const worths = Array.from({ length: 2_000 }, (_, at) => each(at + 1));
    expect(worths).toEqual(worths.toSorted((a, b) => b - a));
    expect(Math.min(...worths)).toBeGreaterThanOrEqual(0);
  }
});

test('the first of many that come is used as often as start-ups can follow each other', () => {
  const { each } = after(200, 20, [2_000]);
  expect(each(1)).toBeCloseTo(0.5, 6);
  // 40 come in the two seconds of a start-up.
  expect(each(41) * 2).toBeGreaterThan(0.3);
  expect(each(41) * 2).toBeLessThan(0.6);
  expect(each(80)).toBeLessThan(1e-3);
});

test('few that come make the first worth nearly what comes', () => {
  expect(after(2_000, 0.01, [1_000]).each(1)).toBeCloseTo(0.01, 3);
});

/** Cold starts a second that the fifth sandbox saves, after so many more rounds of a second. */
function fifth(worth: Worth, rounds: number, arrivals: number): number {
  for (let round = 0; round < rounds; round += 1) worth.see(seen(arrivals), 1_000);
  return worth.each(5);
}

test('a burst is seen within seconds, and so is its end', () => {
  const worth = after(100, 0);
  const inBurst = fifth(worth, 3, 10);
  expect(inBurst).toBeGreaterThan(0.3);
  expect(fifth(worth, 12, 0)).toBeLessThan(inBurst / 10);
});

test('one session after a long silence is no burst, and a pause of seconds is no end', () => {
  const quiet = after(100, 0);
  quiet.see(seen(1), 1_000);
  expect(quiet.each(1)).toBeLessThan(0.05);
  const steady = after(200, 0.3);
  const before = steady.each(1);
  fifth(steady, 5, 0);
  expect(steady.each(1)).toBeGreaterThan(before / 2);
});

test('a state goes on where it was', () => {
  const worth = after(50, 3, [4_000]);
  expect(some.map(new Worth(worth.state()).each)).toEqual(some.map(worth.each));
});
