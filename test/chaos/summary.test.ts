// The numbers that a run ends with are those of its history.
import { expect, test } from '@jest/globals';
import type { Entry, Result } from './history.ts';
import { summarize, summaryText } from './summary.ts';

const reading = { label: 'c1', boot: 'b', count: 1, strangers: [] };
const answer = (timing?: string): Result => ({
  kind: 'answer',
  status: 200,
  reading,
  ...(timing !== undefined && { timing }),
});

const operation = (op: string, from: number, to: number, result: Result): Entry[] => [
  { t: 'begin', at: from, op, kind: 'use', label: 'c1', through: 'activator-0', id: 's1' },
  { t: 'end', at: to, op, result },
];

const refused: Result = { kind: 'refusal', status: 503, code: 'STORE_UNAVAILABLE', text: '' };

const entries: readonly Entry[] = [
  ...operation('1', 0, 100, answer('claim;dur=1.2')),
  ...operation('2', 200, 300, answer('wake;dur=3;desc="paused"')),
  { t: 'fault', at: 350, what: 'kill', target: 'activator-0' },
  { t: 'life', at: 351, program: 'activator-0', what: 'gone' },
  ...operation('3', 400, 420, { kind: 'broken', why: 'reset' }),
  ...operation('4', 500, 510, refused),
  ...operation('5', 700, 900, answer()),
];

test('counts, waits and the worst times', () => {
  expect(summarize(entries)).toMatchObject({
    requests: 5,
    answered: 3,
    sessions: 1,
    medianMs: 100,
    p99Ms: 200,
    worstSilenceMs: 600,
    worstSessionMs: 500,
    others: new Map([
      ['connection broken', 1],
      ['STORE_UNAVAILABLE', 1],
    ]),
    waits: new Map([
      ['claim', 1],
      ['wake', 1],
    ]),
    faults: new Map([['kill', 1]]),
    gone: new Map([['activator-0', 1]]),
  });
});

test('the table has every number', () => {
  const text = summaryText(summarize(entries));
  for (const part of ['5, answered 3', 'STORE_UNAVAILABLE 1', 'claim 1, wake 1', 'kill 1', '0.6 s', '0.5 s'])
    expect(text).toContain(part);
});

test('an empty history has a summary too', () => {
  expect(summaryText(summarize([]))).toContain('0, answered 0');
});
