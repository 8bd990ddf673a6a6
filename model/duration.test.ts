import { describe, expect, test } from '@jest/globals';
import { durationError, formatDuration, goDuration, parseDuration } from './duration.ts';

/** A small seeded generator (mulberry32): the same numbers in every run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

describe('reading a Go duration', () => {
  test.each([
    ['0', 0],
    ['+0', 0],
    ['0s', 0],
    ['15m', 900_000],
    ['8h', 28_800_000],
    ['1h30m', 5_400_000],
    ['1.5s', 1_500],
    ['.5s', 500],
    ['5.s', 5_000],
    ['-1.5h', -5_400_000],
    ['+5s', 5_000],
    ['500ms', 500],
    ['250us', 0.25],
    ['250µs', 0.25],
    ['250μs', 0.25],
    ['100ns', 0.0001],
    ['3m2s1ms', 182_001],
    ['1s1s', 2_000],
    ['0.3333333333333333333h', 1_199_999.999999],
    ['2540400h10m10s', 9_145_440_610_000],
  ])('%s is %d ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  test.each([
    ['', 'time: invalid duration ""'],
    ['x', 'time: invalid duration "x"'],
    ['-', 'time: invalid duration "-"'],
    ['.', 'time: invalid duration "."'],
    ['.s', 'time: invalid duration ".s"'],
    [' 5s', 'time: invalid duration " 5s"'],
    ['5', 'time: missing unit in duration "5"'],
    ['1h5', 'time: missing unit in duration "1h5"'],
    ['5d', 'time: unknown unit "d" in duration "5d"'],
    ['5S', 'time: unknown unit "S" in duration "5S"'],
    ['5s ', 'time: unknown unit "s " in duration "5s "'],
    ['1m-5s', 'time: unknown unit "m-" in duration "1m-5s"'],
    ['3000000h', 'time: invalid duration "3000000h"'],
    ['9223372036854775808ns', 'time: invalid duration "9223372036854775808ns"'],
  ])('%j is refused as Go refuses it', (text, message) => {
    expect(() => parseDuration(text)).toThrow(message);
    expect(() => parseDuration(text)).toThrow(expect.objectContaining({ code: 'INVALID_REQUEST' }));
    expect(durationError(text)).toBe(message);
  });

  test('a text of a million digits is refused without being computed or printed', () => {
    expect(durationError('9'.repeat(1_000_000))?.length).toBeLessThan(120);
  });
});

describe('printing a Go duration', () => {
  test.each([
    [0, '0s'],
    [900_000, '15m0s'],
    [28_800_000, '8h0m0s'],
    [1_500, '1.5s'],
    [500, '500ms'],
    [1.5, '1.5ms'],
    [0.25, '250µs'],
    [0.0011, '1.1µs'],
    [0.0001, '100ns'],
    [-1_500, '-1.5s'],
    [-0.00000001, '0s'],
    [60_000, '1m0s'],
    [3_599_999, '59m59.999s'],
    [3_661_001, '1h1m1.001s'],
  ])('%d ms is %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  test('what is printed reads back as the same duration, whatever its size', () => {
    const random = seeded(20_260_823);
    for (let round = 0; round < 5_000; round++) {
      const ms = Math.floor(random() * 10 ** Math.ceil(random() * 12)) * (random() < 0.5 ? -1 : 1);
      expect(parseDuration(formatDuration(ms))).toBe(ms === 0 ? 0 : ms);
    }
  });

  test('what is read prints as the same text, down to the nanosecond', () => {
    const random = seeded(7);
    for (let round = 0; round < 5_000; round++) {
      const text = formatDuration(Math.floor(random() * 1e9) / 1e6);
      expect(formatDuration(parseDuration(text))).toBe(text);
    }
  });
});

describe('a duration in a runtime', () => {
  test('stays the text that was given', () => {
    expect(goDuration.parse('90m')).toBe('90m');
  });

  test('is a string, never a bare number', () => {
    expect(goDuration.safeParse(900).success).toBe(false);
    expect(goDuration.safeParse('900').success).toBe(false);
  });
});
