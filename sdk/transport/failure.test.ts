import { describe, expect, test } from '@jest/globals';
import { failureOf, type Asked, type FailedAnswer } from './failure.ts';

const asked = (more: Partial<Asked> = {}): Asked => ({
  feature: 'sessions.pause',
  answerer: 'platform',
  additive: true,
  ...more,
});

const answer = (status: number, body: unknown, more: Partial<FailedAnswer> = {}): FailedAnswer => ({
  status,
  text: typeof body === 'string' ? body : JSON.stringify(body),
  location: null,
  retryAfterMs: undefined,
  sessionId: undefined,
  ...more,
});

test('a typed error is told with all that it tells', () => {
  const body = {
    ...{ error: 'work is in hand', code: 'SESSION_STATE', retryable: true, reason: 'command-1' },
    ...{ sessionId: 's1', problems: [{ attribute: 'id' }] },
  };
  expect(failureOf(answer(409, body, { retryAfterMs: 1_000 }), asked())).toMatchObject({
    ...{
      code: 'SESSION_STATE',
      message: 'work is in hand',
      status: 409,
      retryable: true,
      reason: 'command-1',
    },
    ...{ sessionId: 's1', problems: [{ attribute: 'id' }], retryAfterMs: 1_000, body: undefined },
    hint: expect.stringContaining('ask again'),
  });
});

test('a code of a newer platform is told as it is', () => {
  const body = { error: 'no room on the moon', code: 'MOON_FULL', retryable: true };
  expect(failureOf(answer(503, body), asked())).toMatchObject({ code: 'MOON_FULL', retryable: true });
});

describe('stock AgentCube says it in words', () => {
  test.each([
    [404, { message: 'code interpreter not found' }, 'RUNTIME_NOT_FOUND'],
    [404, { error: 'agentruntimes.agentcube.volcano.sh "default/x" not found' }, 'RUNTIME_NOT_FOUND'],
    [404, { error: 'sessions.agentcube.volcano.sh "1" not found' }, 'SESSION_NOT_FOUND'],
    [404, { message: 'Session ID 1 not found, maybe already deleted' }, 'SESSION_NOT_FOUND'],
    [404, { error: 'no entry point found for sandbox' }, 'SANDBOX_UNREACHABLE'],
    [502, { error: 'sandbox unreachable' }, 'SANDBOX_UNREACHABLE'],
    [503, { error: 'sandbox unreachable' }, 'SANDBOX_CONNECTION_LOST'],
    [504, { error: 'sandbox timeout' }, 'SANDBOX_UNREACHABLE'],
    [504, { message: 'sandbox creation timed out' }, 'SANDBOX_START_TIMEOUT'],
    [401, { message: 'Missing authorization header' }, 'UNAUTHORIZED'],
    [403, { error: 'you do not own this sandbox', code: 'FORBIDDEN' }, 'FORBIDDEN'],
    [
      429,
      { error: 'server overloaded, please try again later', code: 'SERVER_OVERLOADED' },
      'SERVER_OVERLOADED',
    ],
    [400, { message: 'name is required' }, 'INVALID_REQUEST'],
    [500, { error: 'internal server error' }, 'SERVER_ERROR'],
  ])('%i %j is %s', (status, body, code) => {
    expect(failureOf(answer(status, body), asked({ additive: false }))).toMatchObject({ code, status });
  });

  test.each([
    [404, { error: 'File not found', code: 404 }, 'FILE_NOT_FOUND'],
    [404, { error: 'Directory not found', code: 404 }, 'FILE_NOT_FOUND'],
    [400, { error: 'access denied: ...', code: 400 }, 'INVALID_REQUEST'],
    [413, { error: 'request body too large', detail: '...' }, 'BODY_TOO_LARGE'],
    [401, { error: 'Invalid token', code: 401, detail: '...' }, 'UNAUTHORIZED'],
  ])('PicoD: %i %j is %s', (status, body, code) => {
    const through = answer(status, body, { sessionId: 's1' });
    expect(failureOf(through, asked({ answerer: 'daemon', additive: false })).code).toBe(code);
  });
});

test.each([404, 405, 501])('%i without more, of what stock AgentCube lacks, names the feature', (status) => {
  expect(failureOf(answer(status, '404 page not found'), asked())).toMatchObject({
    code: 'NOT_SUPPORTED_BY_SERVER',
    feature: 'sessions.pause',
    message: `the server has no sessions.pause (it answered ${status})`,
  });
});

test('an API server in between answers for itself', () => {
  const status = { kind: 'Status', message: 'services "agentcube-router" not found', code: 404 };
  expect(failureOf(answer(404, status), asked())).toMatchObject({
    code: 'SERVER_ERROR',
    message: 'services "agentcube-router" not found',
  });
});

describe('an agent', () => {
  const calling = asked({ answerer: 'agent', additive: false });
  const from = { sessionId: 's1' };

  test('answers with an error of its own', () => {
    const error = failureOf(answer(422, { error: 'no prompt', code: 'CONFLICT' }, from), calling);
    expect(error).toMatchObject({ code: 'AGENT_ERROR', status: 422, sessionId: 's1' });
    expect(error.message).toBe('the agent answered 422: no prompt');
    expect(error.body).toBe('{"error":"no prompt","code":"CONFLICT"}');
  });

  test('is not what answers when the platform does', () => {
    const body = { error: 'sandbox unreachable', code: 'SANDBOX_UNREACHABLE', retryable: true };
    expect(failureOf(answer(502, body, from), calling).code).toBe('SANDBOX_UNREACHABLE');
  });
});

test('a redirect is never followed; where it leads is told without what it may hide', () => {
  const error = failureOf(
    answer(302, '', { location: 'https://u:secret@other.example/x?key=secret' }),
    asked(),
  );
  expect(error.code).toBe('UNEXPECTED_REDIRECT');
  expect(error.message).toContain('https://other.example');
  expect(error.message).not.toContain('secret');
});

test('a page of a proxy is told by its first line', () => {
  const error = failureOf(answer(502, '<html>\nBad gateway'), asked({ additive: false }));
  expect(error).toMatchObject({ code: 'SERVER_ERROR', message: '<html>', retryable: true });
});
