// Which answers are tried again and when, as Knative has it (pkg/kncloudevents/retries.go and its tests).
import { describe, expect, test } from '@jest/globals';
import type { DeliveryPolicy } from '../../../model/deployed-trigger.ts';
import { backoffMs, isRetried, longestBackoffMs, nextTryAt, retryAfterMs } from './delivery-retry.ts';

const now = Date.UTC(2026, 0, 2, 3, 4, 5);

const policy: DeliveryPolicy = {
  retry: 3,
  backoffPolicy: 'exponential',
  backoffDelayMs: 500,
  timeoutMs: 30_000,
  retryAfterMaxMs: 60_000,
  ordered: true,
  concurrency: 1,
  dropRepeatsWithinMs: null,
};

describe('which answers are tried again', () => {
  test.each([0, 404, 408, 409, 429, 500, 501, 502, 503, 504, 599])('%i is', (status) => {
    expect(isRetried(status)).toBe(true);
  });
  test.each([200, 202, 204, 300, 301, 307, 400, 401, 403, 405, 410, 413, 415, 422, 499])(
    '%i is not',
    (status) => {
      expect(isRetried(status)).toBe(false);
    },
  );
});

describe('how long is waited', () => {
  test('exponentially: the delay, twice that, four times', () => {
    expect([0, 1, 2, 3].map((tries) => backoffMs(policy, tries, 0))).toEqual([500, 1_000, 2_000, 4_000]);
  });
  test('linearly: the delay, twice that, three times', () => {
    const linear = { ...policy, backoffPolicy: 'linear' as const };
    expect([0, 1, 2].map((tries) => backoffMs(linear, tries, 0))).toEqual([500, 1_000, 1_500]);
  });
  test('chance adds up to a quarter', () => {
    expect(backoffMs(policy, 0, 0.5)).toBe(563);
    expect(backoffMs(policy, 0, 0.999_999)).toBe(625);
  });
  test('never much longer than an hour, however often it was tried', () => {
    expect(backoffMs(policy, 2_000, 0)).toBe(longestBackoffMs);
  });
});

describe('Retry-After', () => {
  test.each([
    ['120', 120_000],
    [' 0 ', 0],
    ['Fri, 02 Jan 2026 03:04:35 GMT', 30_000],
    ['Friday, 02-Jan-26 03:04:35 GMT', 30_000],
    ['Fri Jan  2 03:04:35 2026', 30_000],
    ['Fri, 02 Jan 2026 03:00:00 GMT', 0],
    ['-5', 0],
    ['soon', 0],
    ['2026', 2_026_000],
    ['', 0],
  ])('%j asks for %i ms', (value, asked) => {
    expect(retryAfterMs(value, now)).toBe(asked);
  });
  test('asks for nothing when it is not there', () => {
    expect(retryAfterMs(undefined, now)).toBe(0);
  });

  const wait = (status: number, retryAfter: string, most: number | null = 60_000): number =>
    nextTryAt({ ...policy, retryAfterMaxMs: most }, { status, retryAfter }, { tries: 0, now, chance: 0 }) -
    now;

  test('counts with 429 and 503 alone', () => {
    expect([429, 503, 500, 404].map((status) => wait(status, '7'))).toEqual([7_000, 7_000, 500, 500]);
  });
  test('is honoured up to the most that the trigger says', () => {
    expect(wait(429, '3600')).toBe(60_000);
    expect(wait(429, '3600', null)).toBe(500);
    expect(wait(429, '3600', 0)).toBe(500);
  });
  test('never makes a wait shorter', () => {
    expect(wait(503, '0')).toBe(500);
  });
});
