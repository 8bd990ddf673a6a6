// How the places for deliveries are shared among triggers.
import { describe, expect, test } from '@jest/globals';
import { sharesOf } from './delivery-shares.ts';

const share = (trigger: string, inHand: number, concurrency: number) => ({ trigger, inHand, concurrency });
const wants = (shares: ReturnType<typeof share>[], most: number, each = 1) =>
  Object.fromEntries(sharesOf(shares, { most, each }));

describe('places', () => {
  test('a trigger wants what its concurrency leaves', () => {
    expect(wants([share('a', 2, 10)], 100)).toEqual({ a: 8 });
  });
  test('a trigger that has all it may is not asked for', () => {
    expect(wants([share('a', 10, 10), share('b', 0, 1)], 100)).toEqual({ b: 1 });
  });
  test('what is scarce goes around', () => {
    expect(wants([share('a', 0, 100), share('b', 0, 100), share('c', 0, 1)], 9)).toEqual({
      a: 4,
      b: 4,
      c: 1,
    });
  });
  test('a trigger has a place though others have taken all', () => {
    expect(wants([share('slow', 10, 100), share('other', 0, 5)], 10, 2)).toEqual({ other: 2 });
  });
  test('nobody wants more than there is', () => {
    expect(wants([share('a', 5, 100), share('b', 5, 100)], 10)).toEqual({});
  });
  test('however few are left, all of them are given', () => {
    expect(wants([share('a', 1, 9), share('b', 1, 9), share('c', 1, 9)], 5)).toEqual({ a: 1, b: 1 });
  });
});
