import { describe, expect, test } from '@jest/globals';
import { effectiveRange, weighConditions } from './conditions.ts';

const modifiedMs = Date.parse('2026-08-01T10:00:00.700Z');
const same = 'Sat, 01 Aug 2026 10:00:00 GMT';
const before = 'Sat, 01 Aug 2026 09:59:59 GMT';

describe('the conditions of a download', () => {
  test.each([
    [{}, 'proceed'],
    [{ 'if-modified-since': same }, 'not-modified'],
    [{ 'if-modified-since': before }, 'proceed'],
    [{ 'if-modified-since': 'yesterday' }, 'proceed'],
    [{ 'if-none-match': '*' }, 'not-modified'],
    [{ 'if-none-match': '"x"', 'if-modified-since': same }, 'proceed'],
    [{ 'if-unmodified-since': before }, 'precondition-failed'],
    [{ 'if-unmodified-since': same }, 'proceed'],
    [{ 'if-match': '"x"' }, 'precondition-failed'],
    [{ 'if-match': '*' }, 'proceed'],
  ])('%j: %s', (headers, verdict) => {
    expect(weighConditions('GET', headers, modifiedMs)).toBe(verdict);
  });

  test('a range counts only while the file is the one the client has a part of', () => {
    expect(effectiveRange({ range: 'bytes=1-' }, modifiedMs)).toBe('bytes=1-');
    expect(effectiveRange({ range: 'bytes=1-', 'if-range': same }, modifiedMs)).toBe('bytes=1-');
    expect(effectiveRange({ range: 'bytes=1-', 'if-range': before }, modifiedMs)).toBeUndefined();
    expect(effectiveRange({ range: 'bytes=1-', 'if-range': '"etag"' }, modifiedMs)).toBeUndefined();
  });
});
