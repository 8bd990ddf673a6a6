// The numbers that a run of events ends with are those of its history.
import { expect, test } from '@jest/globals';
import type { Entry, Handling, Result } from '../history.ts';
import { eventSummaryText, progressText, summarizeEvents } from './summary.ts';

const epoch = 1_000_000;

const post = (op: string, from: number, to: number, events: readonly string[], result: Result): Entry[] => [
  { t: 'begin', at: from, op, kind: 'post', label: 's0', through: 'activator-0', events },
  { t: 'end', at: to, op, result },
];
const accepted = (deliveries: number): Result => ({ kind: 'answer', status: 202, deliveries });
const refused: Result = { kind: 'refusal', status: 503, code: 'STORE_UNAVAILABLE', text: '' };
const handling = (id: string, at: number): Handling => ({ id, at: epoch + at, boot: 'b', beside: [] });

const entries: readonly Entry[] = [
  { t: 'started', at: 0, seed: 1, minutes: 0, events: 4, epoch },
  ...post('1', 100, 110, ['s0-0'], accepted(1)),
  ...post('2', 120, 130, ['s0-1', 's0-2'], refused),
  ...post('3', 200, 210, ['s0-1', 's0-2'], accepted(2)),
  ...post('4', 220, 230, ['s0-3'], accepted(1)),
  { t: 'fault', at: 350, what: 'kill-sandbox', target: 'box' },
  { t: 'life', at: 351, program: 'activator-0', what: 'gone' },
  { t: 'settled', at: 400, events: 2 },
  {
    ...{ t: 'handled', at: 900, session: 'a', subject: 's0' },
    handlings: [
      handling('s0-0', 150),
      handling('s0-1', 250),
      handling('s0-1', 3_250),
      handling('s0-1', 3_300),
    ],
  },
  { t: 'dead', at: 950, letters: [{ id: 's0-2', code: 422, tries: 1, why: 'no' }] },
  { t: 'waiting', at: 960, deliveries: 0 },
];

test('a summary counts what was sent, what was handled and what was repeated', () => {
  expect(summarizeEvents(entries)).toEqual({
    events: 4,
    acknowledged: 4,
    posts: 4,
    refused: new Map([['STORE_UNAVAILABLE', 1]]),
    resent: 2,
    handled: 2,
    subjects: 1,
    repeats: 2,
    repeated: 1,
    repeatedResent: 1,
    dead: new Map([['answered 422', 1]]),
    lost: 1,
    misordered: 0,
    faults: new Map([['kill-sandbox', 1]]),
    gone: new Map([['activator-0', 1]]),
    medianMs: 40,
    p99Ms: 40,
    worstSilenceMs: 100,
    lastedMs: 150,
  });
});

test('a summary of nothing says so', () => {
  expect(summarizeEvents([])).toMatchObject({
    events: 0,
    lost: 0,
    medianMs: 0,
    worstSilenceMs: 0,
    lastedMs: 0,
  });
});

test('its text is a table', () => {
  const text = eventSummaryText(summarizeEvents(entries));
  expect(text).toContain('repeated           2 times, 1 events; 1 of these had been sent more than once');
  expect(text).toContain('dead letters       1: answered 422 1');
});

test('progress tells what was acknowledged and dealt with so far', () => {
  expect(progressText(entries)).toBe('4 of 4 events acknowledged, 2 handled or dead');
});
