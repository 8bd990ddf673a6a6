// The averages of Knative Serving's `TimedFloat64Buckets` (pkg/autoscaler/aggregation/bucketing.go).
import { describe, expect, test } from '@jest/globals';
import { Buckets } from './window.ts';

const second = 1_000;

/** Buckets of so many seconds with one value a second, from second 0. */
function filled(seconds: number, values: readonly number[]): Buckets {
  const buckets = new Buckets(seconds * second);
  for (const [at, value] of values.entries()) buckets.add(value, at * second);
  return buckets;
}

test('before anything is added the average is 0 and there is no data', () => {
  const buckets = new Buckets(5 * second);
  expect(buckets.average(0)).toBe(0);
  expect(buckets.empty(0)).toBe(true);
});

test('while the window fills, the average is over what there is of it', () => {
  expect(filled(5, [10]).average(0)).toBe(10);
  expect(filled(5, [10, 20]).average(second)).toBe(15);
  expect(filled(5, [10, 20, 30, 40, 50]).average(4 * second)).toBe(30);
});

test('what is older than the window is gone', () => {
  expect(filled(5, [10, 20, 30, 40, 50, 60]).average(5 * second)).toBe(40);
});

test('several writes in one second add up', () => {
  const buckets = new Buckets(5 * second);
  buckets.add(1, 100);
  buckets.add(2, 900);
  expect(buckets.average(999)).toBe(3);
});

test('a second without a write within the window counts as 0', () => {
  const buckets = filled(5, [10]);
  buckets.add(20, 2 * second);
  expect(buckets.average(2 * second)).toBe(10);
});

describe('when nothing was added of late', () => {
  const buckets = filled(5, [10, 20, 30, 40, 50]);

  test('the average is over the part of the window that was', () => {
    expect(buckets.average(5 * second)).toBe(35);
    expect(buckets.average(8 * second)).toBe(50);
  });

  test('for a whole window it is 0, and after it there is no data', () => {
    expect(buckets.average(9 * second)).toBe(0);
    expect(buckets.empty(9 * second)).toBe(false);
    expect(buckets.empty(10 * second)).toBe(true);
  });
});

test('after a window without a write the window fills anew', () => {
  const buckets = filled(5, [10, 10, 10]);
  buckets.add(30, 20 * second);
  expect(buckets.average(20 * second)).toBe(30);
  buckets.add(10, 21 * second);
  expect(buckets.average(21 * second)).toBe(20);
});

test('writes of 0 are writes', () => {
  const buckets = filled(5, [0, 0, 0]);
  buckets.add(30, 3 * second);
  expect(buckets.average(3 * second)).toBe(7.5);
});

test('what came in several seconds is spread over them', () => {
  const buckets = filled(10, [6]);
  buckets.add(30, 3 * second, 3);
  expect(buckets.average(3 * second)).toBe(9);
  buckets.add(0, 12 * second);
  // Second 3 is still in the window with its third of what came, seconds 1 and 2 are not.
  expect(buckets.average(12 * second)).toBe(1);
});

test('what came in more seconds than the window has counts with its part', () => {
  const buckets = new Buckets(4 * second);
  buckets.add(80, 20 * second, 8);
  expect(buckets.average(20 * second)).toBe(10);
});

test('sums that are no more than rounding ask for nothing more', () => {
  const buckets = new Buckets(3 * second);
  for (let at = 0; at < 3; at += 1) buckets.add(0.1 + 0.2, at * second);
  expect(buckets.average(2 * second)).toBe(0.3);
});

test('a state goes on where it was; a window of another length takes over what it has room for', () => {
  const values = [1, 1, 1, 5, 5, 9];
  const state = filled(6, values).state();
  expect(state.runs).toEqual([9, 1, 5, 2, 1, 3]);
  const kept = (seconds: number): Buckets =>
    new Buckets(seconds * second, JSON.parse(JSON.stringify(state)) as typeof state);
  const again = kept(6);
  expect(again.average(5 * second)).toBe(filled(6, values).average(5 * second));
  again.add(7, 6 * second);
  expect(again.average(6 * second)).toBe(filled(6, [...values, 7]).average(6 * second));
  expect(kept(3).average(5 * second)).toBeCloseTo(19 / 3, 5);
  expect(kept(60).average(5 * second)).toBeCloseTo(22 / 6, 5);
});
