import { describe, expect, test } from '@jest/globals';
import { AgentCubeError, type AgentCubeErrorDetails } from '../errors.ts';
import { mayRetry, readRetryAfter, waitMs } from './retry.ts';

const error = (code: string, details: AgentCubeErrorDetails = {}) => new AgentCubeError(code, 'm', details);

describe('a call that may do harm when it is done twice', () => {
  test.each([
    ['nobody was reached', error('UNREACHABLE', { retryable: true })],
    ['nobody was reached in time', error('CONNECT_TIMEOUT', { retryable: true })],
    ['the server is full', error('SERVER_OVERLOADED', { status: 429 })],
    ['too many wait', error('SESSION_QUEUE_FULL', { status: 429, retryAfterMs: 1_000 })],
    ['the server stops', error('SHUTTING_DOWN', { status: 503 })],
    ['nobody leads', error('NOT_LEADER', { status: 503 })],
  ])('is made again when %s', (_, fault) => {
    expect(mayRetry(fault, false)).toBe(true);
  });

  test.each([
    ['the name is nobody’s', error('UNREACHABLE', { retryable: false })],
    ['the connection broke', error('CONNECTION_LOST', { retryable: true })],
    ['the sandbox broke off', error('SANDBOX_CONNECTION_LOST', { status: 503, retryable: true })],
    ['the agent itself is busy', error('AGENT_ERROR', { status: 503, retryable: true })],
    ['no answer came in time', error('TIMEOUT', { retryable: true })],
    ['it failed', error('INTERNAL', { status: 500 })],
    ['it would take long', error('SERVER_OVERLOADED', { status: 429, retryAfterMs: 31_000 })],
  ])('is not when %s', (_, fault) => {
    expect(mayRetry(fault, false)).toBe(false);
  });
});

describe('a call that does no harm', () => {
  test.each([
    ['the connection broke', error('CONNECTION_LOST', { retryable: true })],
    ['something in between is away', error('SERVER_ERROR', { status: 502, retryable: true })],
    ['the sandbox broke off', error('SANDBOX_CONNECTION_LOST', { status: 503, retryable: true })],
  ])('is made again also when %s', (_, fault) => {
    expect(mayRetry(fault, true)).toBe(true);
  });

  test.each([
    ['it is refused', error('FORBIDDEN', { status: 403 })],
    ['its time is up', error('TIMEOUT', { retryable: true })],
    ['the state is another', error('SESSION_STATE', { status: 409, retryable: true })],
    ['the answer is nonsense', error('INVALID_RESPONSE')],
  ])('is not when %s', (_, fault) => {
    expect(mayRetry(fault, true)).toBe(false);
  });
});

test('the time between tries doubles, half of it by chance, up to five seconds', () => {
  expect([1, 2, 3, 9].map((tries) => waitMs(tries, undefined, 0))).toEqual([100, 200, 400, 2_500]);
  expect([1, 2, 3, 9].map((tries) => waitMs(tries, undefined, 1))).toEqual([200, 400, 800, 5_000]);
});

test('what the server asks for is waited for, and a quarter more at most', () => {
  expect([0, 1].map((random) => waitMs(1, 2_000, random))).toEqual([2_000, 2_500]);
});

test.each([
  ['1', 1_000],
  ['0', 0],
  ['1.5', 1_500],
  ['Mon, 23 Nov 2026 10:00:05 GMT', 5_000],
  ['Mon, 23 Nov 2026 09:00:00 GMT', 0],
  ['-1', undefined],
  ['soon', undefined],
  ['', undefined],
  [null, undefined],
])('Retry-After %j is %j ms', (header, ms) => {
  expect(readRetryAfter(header, Date.UTC(2026, 10, 23, 10))).toBe(ms);
});
