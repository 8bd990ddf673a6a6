// The load of the demonstration: the same for a seed, rising, bursting, and over in time.
import { describe, expect, test } from '@jest/globals';
import { arrivals, rateAt } from './plan.ts';

const shape = { peak: 4, burst: 10, seconds: 200 };
const between = (moments: readonly number[], from: number, to: number): number =>
  moments.filter((at) => at >= from && at < to).length;

describe('the plan', () => {
  test('is decided by its seed', () => {
    expect(arrivals(shape, 'a')).toEqual(arrivals(shape, 'a'));
    expect(arrivals(shape, 'a')).not.toEqual(arrivals(shape, 'b'));
  });

  test('begins quietly, rises, bursts and ends', () => {
    const moments = arrivals(shape, 'a');
    expect(between(moments, 0, 10)).toBe(0);
    expect(between(moments, 80, 100)).toBeGreaterThan(2 * between(moments, 10, 30));
    for (const at of [110, 130, 150]) expect(between(moments, at, at + 0.5)).toBeGreaterThanOrEqual(10);
    expect(between(moments, 200, Infinity)).toBe(0);
    expect(moments).toEqual([...moments].sort((one, other) => one - other));
  });

  test('comes as often as its rate says', () => {
    const quiet = { ...shape, burst: 0, seconds: 4_000 };
    const expected = (quiet.peak * 0.45 * 0.5 + quiet.peak * 0.35 + quiet.peak * 0.4 * 0.15) * quiet.seconds;
    expect(arrivals(quiet, 'a').length / expected).toBeCloseTo(1, 1);
    expect(rateAt(1, quiet)).toBe(0);
  });

  test('may be bursts alone, or nothing at all', () => {
    expect(arrivals({ ...shape, peak: 0 }, 'a')).toHaveLength(30);
    expect(arrivals({ ...shape, peak: 0, burst: 0 }, 'a')).toEqual([]);
  });
});
