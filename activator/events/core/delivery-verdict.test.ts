// What becomes of a delivery after each kind of answer.
import { describe, expect, test } from '@jest/globals';
import type { DeliveryPolicy } from '../../../model/deployed-trigger.ts';
import { beginningOf, fieldOf, isTooFar, verdictOf, type Answer } from './delivery-verdict.ts';

const policy: DeliveryPolicy = {
  retry: 2,
  backoffPolicy: 'exponential',
  backoffDelayMs: 100,
  timeoutMs: 30_000,
  retryAfterMaxMs: 60_000,
  ordered: true,
  concurrency: 1,
  dropRepeatsWithinMs: null,
};
const moment = { now: 1_000_000, chance: 0 };
const dest = '/v1/namespaces/default/agent-runtimes/a/invocations/';

const answered = (status: number, text = '', fields: string[] = []): Answer => ({
  kind: 'answered',
  dest,
  status,
  fields,
  body: Buffer.from(text),
});
const after = (answer: Answer, tries = 0) => verdictOf(answer, { tries }, policy, moment);

describe('a try', () => {
  test.each([200, 202, 204, 299])('that was answered %i is the last', (status) => {
    expect(after(answered(status))).toEqual({ kind: 'done' });
  });
  test('that failed is made again, each time later', () => {
    const error = { dest, code: 500, data: 'no' };
    expect(after(answered(500, 'no'), 0)).toEqual({ kind: 'again', dueAt: 1_000_100, error });
    expect(after(answered(500, 'no'), 1)).toEqual({ kind: 'again', dueAt: 1_000_200, error });
  });
  test('is not made again once it was made as often as the trigger says', () => {
    expect(after(answered(500, 'no'), 2)).toEqual({
      kind: 'givenUp',
      error: { dest, code: 500, data: 'no' },
    });
  });
  test.each([301, 400, 401, 403, 413])('that was answered %i is given up at once', (status) => {
    expect(after(answered(status))).toEqual({ kind: 'givenUp', error: { dest, code: status, data: '' } });
  });
  test('waits as long as the answer asks', () => {
    expect(after(answered(503, '', ['Retry-After', '5']))).toMatchObject({ kind: 'again', dueAt: 1_005_000 });
  });
  test('without an answer is made again, and counts', () => {
    const silent: Answer = { kind: 'silent', dest, reason: 'the connection closed' };
    const error = { dest, code: 0, data: 'the connection closed' };
    expect(after(silent, 1)).toEqual({ kind: 'again', dueAt: 1_000_200, error });
    expect(after(silent, 2)).toEqual({ kind: 'givenUp', error });
  });
  test('for which there was no room does not count, however often', () => {
    expect(after({ kind: 'untried', reason: 'full' }, 99)).toEqual({ kind: 'untried', dueAt: 1_001_000 });
  });
  test('that cannot help is the last', () => {
    const error = { dest, code: 410, data: 'the session has ended' };
    expect(after({ kind: 'hopeless', error })).toEqual({ kind: 'givenUp', error });
  });
});

describe('what is told of an answer', () => {
  test('is its beginning, 1 KiB at most', () => {
    expect(beginningOf(Buffer.from('x'.repeat(5_000)))).toBe('x'.repeat(1_024));
    expect(beginningOf(Buffer.from('short'))).toBe('short');
  });
  test('breaks no character in two', () => {
    expect(beginningOf(Buffer.from(`x${'ü'.repeat(2_000)}`))).toBe(`x${'ü'.repeat(511)}`);
  });
  test('is no longer for bytes that are no text', () => {
    const told = beginningOf(Buffer.alloc(1_024, 0xff));
    expect(Buffer.byteLength(told)).toBeLessThanOrEqual(1_024);
  });
});

test('a header is found whatever its case, and a value is not taken for a name', () => {
  expect(fieldOf(['X', 'retry-after', 'RETRY-After', '3'], 'retry-after')).toBe('3');
  expect(fieldOf(['X', 'retry-after'], 'retry-after')).toBeUndefined();
});

test('the tenth reply in a row is the last of ten', () => {
  expect([1, 10, 11].map((hops) => isTooFar(hops, 10))).toEqual([false, false, true]);
});
