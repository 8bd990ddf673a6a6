import { describe, expect, test } from '@jest/globals';
import { cronProblem, nextTick } from './cron.ts';

const next = (cron: string, after: string, timeZone?: string): string | undefined => {
  const tick = nextTick({ cron, timeZone }, Date.parse(after));
  return tick === undefined ? undefined : new Date(tick).toISOString();
};

describe('the next tick', () => {
  test('comes after the time given, in UTC', () => {
    expect(next('0 3 * * *', '2026-01-01T02:59:59.999Z')).toBe('2026-01-01T03:00:00.000Z');
    expect(next('0 3 * * *', '2026-01-01T03:00:00Z')).toBe('2026-01-02T03:00:00.000Z');
  });

  test('or in the zone given, summer and winter', () => {
    expect(next('0 3 * * *', '2026-01-01T00:00:00Z', 'Europe/Berlin')).toBe('2026-01-01T02:00:00.000Z');
    expect(next('0 3 * * *', '2026-07-01T00:00:00Z', 'Europe/Berlin')).toBe('2026-07-01T01:00:00.000Z');
  });

  test('an hour that is skipped loses no tick, one that comes twice makes no second one', () => {
    expect(next('30 2 * * *', '2026-03-28T23:00:00Z', 'Europe/Berlin')).toBe('2026-03-29T01:00:00.000Z');
    const first = next('30 2 * * *', '2026-10-24T22:00:00Z', 'Europe/Berlin') ?? '';
    expect(next('30 2 * * *', first, 'Europe/Berlin')).toBe('2026-10-26T01:30:00.000Z');
  });

  test('day of month or day of week, where both are restricted', () => {
    expect(next('0 0 13 * 5', '2026-02-01T00:00:00Z')).toBe('2026-02-06T00:00:00.000Z');
    expect(next('0 0 13 * 5', '2026-02-07T00:00:00Z')).toBe('2026-02-13T00:00:00.000Z');
  });
});

describe('five fields', () => {
  test.each(['* * * * *', '*/5 0-6 1,15 * mon-fri', '0 0 29 2 *', '@daily'])('%s is valid', (cron) => {
    expect(cronProblem(cron)).toBeUndefined();
  });

  test.each(['', 'x', '* * * *', '0 * * * * *', '60 * * * *', '0 0 30 2 *', '0 0 31 4,6 *'])(
    '%j is not',
    (cron) => {
      expect(cronProblem(cron)).toEqual(expect.any(String));
    },
  );
});
