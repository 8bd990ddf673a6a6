import { describe, expect, test } from '@jest/globals';
import { formatTimestamp } from './timestamp.ts';

describe('a timestamp is RFC 3339 with as many digits as it needs', () => {
  test.each([
    [0n, '1970-01-01T00:00:00Z'],
    [1_785_578_400_051_200_000n, '2026-08-01T10:00:00.0512Z'],
    [1_785_578_400_000_000_001n, '2026-08-01T10:00:00.000000001Z'],
    [-1n, '1969-12-31T23:59:59.999999999Z'],
  ])('%d', (ns, text) => {
    expect(formatTimestamp(ns)).toBe(text);
  });
});
