import { expect, test } from '@jest/globals';
import { Strikes } from './strikes.ts';

const at = (text: string): number => Date.parse(text);
const minutes = 60_000;
const workdays = { cron: '0 9 * * 1-5', timeZone: 'Europe/Berlin', sessions: 40 };

const strikes = (): Strikes =>
  new Strikes((fault) => {
    throw fault;
  });

test('a strike is told ten minutes ahead, in its own time zone', () => {
  const book = strikes();
  // A Monday in winter: nine in Berlin is eight in UTC.
  expect(book.coming([workdays], at('2026-01-12T07:49:00Z'))).toEqual([]);
  expect(book.coming([workdays], at('2026-01-12T07:52:00Z'))).toEqual([{ inMs: 8 * minutes, sessions: 40 }]);
  // In summer it is seven.
  expect(book.coming([workdays], at('2026-07-13T06:59:00Z'))).toEqual([{ inMs: minutes, sessions: 40 }]);
});

test('without a time zone it is UTC; several schedules are told in order of time', () => {
  const schedule = [
    { cron: '5 12 * * *', sessions: 1 },
    { cron: '*/2 * * * *', sessions: 2 },
  ];
  expect(strikes().coming(schedule, at('2026-03-01T12:00:30Z'))).toEqual([
    { inMs: 1.5 * minutes, sessions: 2 },
    { inMs: 3.5 * minutes, sessions: 2 },
    { inMs: 4.5 * minutes, sessions: 1 },
    { inMs: 5.5 * minutes, sessions: 2 },
    { inMs: 7.5 * minutes, sessions: 2 },
    { inMs: 9.5 * minutes, sessions: 2 },
  ]);
});

test('a strike is told until it strikes', () => {
  const book = strikes();
  const strike = at('2026-01-12T08:00:00Z');
  expect(book.coming([workdays], strike - 1)).toEqual([{ inMs: 1, sessions: 40 }]);
  expect(book.coming([workdays], strike)).toEqual([]);
  expect(book.coming([workdays], strike + 1)).toEqual([]);
});

test('a clock that goes back sees the strikes of that time again', () => {
  const book = strikes();
  const before = at('2026-01-12T07:59:00Z');
  expect(book.coming([workdays], before)).toHaveLength(1);
  expect(book.coming([workdays], before + 24 * 60 * minutes)).toHaveLength(1);
  expect(book.coming([workdays], before)).toEqual([{ inMs: minutes, sessions: 40 }]);
});

test('a date that never comes is no strike', () => {
  expect(strikes().coming([{ cron: '0 0 30 2 *', sessions: 9 }], at('2026-02-27T23:59:00Z'))).toEqual([]);
});

test('a line that is none never strikes, and is told of once', () => {
  const faults: unknown[] = [];
  const book = new Strikes((fault) => void faults.push(fault));
  const schedule = [
    { cron: 'whenever', sessions: 1 },
    { cron: '* * * * *', timeZone: 'Mars/Olympus', sessions: 1 },
  ];
  for (let second = 0; second < 5; second += 1) expect(book.coming(schedule, second * 1_000)).toEqual([]);
  expect(faults).toHaveLength(2);
});
