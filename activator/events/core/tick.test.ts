// Which tick is due, how much later it comes, and the event that it makes.
import { describe, expect, test } from '@jest/globals';
import { triggerOf } from '../../../test/support/dispatch-lab.ts';
import { readEvent } from '../event.ts';
import { dueAt, missedTick, nextDue, originOf, tickEvent } from './tick.ts';

const schedule = (cron: string, more: object = {}) => ({
  cron,
  jitterMs: 0,
  event: { type: 'nightly', source: '/nights' },
  ...more,
});
const at = (text: string): number => Date.parse(`${text}Z`);
const told = (time: number | undefined): string | undefined =>
  time === undefined ? undefined : new Date(time).toISOString().slice(0, 19);
const missed = (cron: string, after: string, now: string, more: object = {}): string | undefined =>
  told(missedTick(schedule(cron, more), 'default/t', at(after), at(now)));

describe('the tick that is due', () => {
  test('is the last one that came', () => {
    expect(missed('0 3 * * *', '2026-03-01T03:00:00', '2026-03-02T03:00:00')).toBe('2026-03-02T03:00:00');
    expect(missed('0 3 * * *', '2026-03-01T03:00:00', '2026-03-09T02:59:59')).toBe('2026-03-08T03:00:00');
    expect(missed('* 3 * * 1', '2020-01-01T00:00:00', '2026-03-09T03:07:30')).toBe('2026-03-09T03:07:00');
    expect(missed('0 0 29 2 *', '2020-02-29T00:00:00', '2026-03-01T00:00:00')).toBe('2024-02-29T00:00:00');
  });

  test('is none before the next comes, to the millisecond', () => {
    expect(missed('0 3 * * *', '2026-03-01T03:00:00', '2026-03-02T02:59:59.999')).toBeUndefined();
  });

  test('follows the clock of its time zone through its changes', () => {
    const zone = { timeZone: 'Europe/Berlin' };
    expect(missed('0 12 * * *', '2026-03-28T12:00:00', '2026-03-29T10:30:00', zone)).toBe(
      '2026-03-29T10:00:00',
    );
    expect(missed('0 12 * * *', '2026-03-27T12:00:00', '2026-03-28T10:30:00', zone)).toBeUndefined();
  });
});

describe('jitter', () => {
  const wide = schedule('* * * * *', { jitterMs: 3_600_000 });
  const ticks = Array.from({ length: 200 }, (_, n) => at('2026-03-01T03:00:00') + n * 60_000);

  test('keeps ticks in order, and comes no later than it says', () => {
    const dues = ticks.map((tick) => dueAt(wide, 'default/t', tick) - tick);
    expect(Math.min(...dues)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...dues)).toBeLessThan(60_000);
    const narrow = ticks.map((tick) => dueAt({ ...wide, jitterMs: 1_000 }, 'default/t', tick) - tick);
    expect(Math.max(...narrow)).toBeLessThan(1_000);
  });

  test('is spread, is another for another trigger, and always the same for the same tick', () => {
    const dues = ticks.map((tick) => dueAt(wide, 'default/t', tick));
    expect(new Set(dues.map((due, n) => Math.floor((due - (ticks[n] ?? 0)) / 6_000))).size).toBe(10);
    expect(ticks.map((tick) => dueAt(wide, 'default/t', tick))).toEqual(dues);
    expect(ticks.map((tick) => dueAt(wide, 'default/other', tick))).not.toEqual(dues);
  });

  test('a tick that waits for its moment does not hide the one before it', () => {
    const [one = 0, two = 0] = ticks;
    const due = dueAt(wide, 'default/t', two);
    expect(missedTick(wide, 'default/t', one - 60_000, due - 1)).toBe(one);
    expect(missedTick(wide, 'default/t', one - 60_000, due)).toBe(two);
    expect(nextDue(wide, 'default/t', one)).toBe(due);
  });
});

describe('the event of a tick', () => {
  const trigger = { ...triggerOf('t'), revision: 'f3.12' };

  test('is valid, says which tick it is, and carries the data as JSON', () => {
    const given = schedule('0 3 * * *', { data: { report: 'täglich' } });
    const subject = { event: { ...given.event, subject: 'Zürich 100% "safe"' } };
    const event = tickEvent(trigger, { ...given, ...subject }, at('2026-03-02T03:00:00'));
    expect(readEvent(event.headers.flat(), event.body)?.attributes).toEqual({
      specversion: '1.0',
      type: 'nightly',
      source: '/nights',
      subject: 'Zürich 100% "safe"',
      id: 'f3/2026-03-02T03:00:00.000Z',
      time: '2026-03-02T03:00:00.000Z',
      datacontenttype: 'application/json',
    });
    expect(JSON.parse(Buffer.from(event.body).toString())).toEqual({ report: 'täglich' });
  });

  test('has an empty body where there is no data', () => {
    const event = tickEvent(trigger, schedule('0 3 * * *'), at('2026-03-02T03:00:00'));
    expect(event.body.length).toBe(0);
    expect(event.headers.map(([name]) => name)).not.toContain('content-type');
  });

  test('has the same id whatever else of the trigger changed, and another when it was made anew', () => {
    expect(originOf({ ...trigger, revision: 'f3.13' })).toBe(originOf(trigger));
    expect(originOf({ ...trigger, revision: 'f4.1' })).not.toBe(originOf(trigger));
  });
});
