// The codes are a promise to callers: each is documented, and none says more than it may.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { asPlatformError, errorBody, errorKinds, PlatformError, statusOf, type ErrorCode } from './errors.ts';

const codes = Object.keys(errorKinds) as ErrorCode[];

interface Line {
  readonly status: string;
  readonly retry: string;
  readonly meaning: string;
  readonly advice: string;
}

const documented = new Map<string, Line>();
const twice: string[] = [];
for (const line of readFileSync(new URL('../docs/errors.md', import.meta.url), 'utf8').split('\n')) {
  const [, code, status, retry, meaning, advice] = line.split('|').map((cell) => cell.trim());
  const name = /^`([A-Z_]+)`$/.exec(code ?? '')?.[1];
  if (name === undefined) continue;
  if (documented.has(name)) twice.push(name);
  documented.set(name, {
    status: status ?? '',
    retry: retry ?? '',
    meaning: meaning ?? '',
    advice: advice ?? '',
  });
}

describe('docs/errors.md', () => {
  test('has exactly one line for each code, in the order of the code', () => {
    expect([...documented.keys()]).toEqual(codes);
    expect(twice).toEqual([]);
  });

  test.each(codes)('%s: the line says what the code says, and what to do', (code) => {
    const { status, retry, summary } = errorKinds[code];
    const line = documented.get(code);
    expect(line).toMatchObject({ status: String(status), retry, meaning: summary });
    expect(line?.advice).toMatch(/\w+ \w+.*\.$/);
  });
});

describe('the codes', () => {
  test.each(codes)('%s has an HTTP error status and a sentence', (code) => {
    expect(statusOf(code)).toBeGreaterThanOrEqual(400);
    expect(statusOf(code)).toBeLessThan(600);
    expect(errorKinds[code].summary).toMatch(/^[A-Z].*\.$/);
  });

  test('what a caller may try again is never a plain client error', () => {
    const later = codes.filter((code) => errorKinds[code].retry === 'later').map(statusOf);
    expect(later.filter((status) => ![409, 429, 502, 503, 504].includes(status))).toEqual([]);
  });
});

describe('errorBody', () => {
  test('tells the code, whether to retry, and only the details that are there', () => {
    const error = new PlatformError('SESSION_ENDED', 'session s ended', { reason: 'idle', sessionId: 's' });
    expect(errorBody(error)).toEqual({
      error: 'session s ended',
      code: 'SESSION_ENDED',
      retryable: false,
      reason: 'idle',
      sessionId: 's',
    });
    expect(errorBody(new PlatformError('CONFLICT', 'changed'))).toEqual({
      error: 'changed',
      code: 'CONFLICT',
      retryable: true,
    });
  });

  test('lists every problem', () => {
    const problems = [{ path: 'spec.a' }, { path: 'spec.b' }];
    expect(errorBody(new PlatformError('INVALID_RUNTIME', 'two problems', { problems })).problems).toEqual(
      problems,
    );
  });
});

describe('asPlatformError', () => {
  test('leaves an expected failure as it is', () => {
    const error = new PlatformError('CONFLICT', 'no');
    expect(asPlatformError(error)).toBe(error);
  });

  test.each([new Error('password is hunter2'), 'hunter2', undefined])(
    'does not tell a caller about %p',
    (thrown) => {
      const error = asPlatformError(thrown);
      expect(error.code).toBe('INTERNAL');
      expect(JSON.stringify(errorBody(error))).not.toContain('hunter2');
    },
  );
});
