import { describe, expect, test } from '@jest/globals';
import { decodeBase64 } from './base64.ts';

describe('base64 as Go decodes it', () => {
  test.each([
    ['', ''],
    ['aGk=', 'hi'],
    ['aA==', 'h'],
    ['aGVs\r\nbG8=', 'hello'],
  ])('%j', (text, decoded) => {
    expect(decodeBase64(text)).toEqual({ ok: true, bytes: Buffer.from(decoded) });
  });

  test.each([
    ['aGk', 0],
    ['aGVsbG', 4],
    ['a!Vs', 1],
    ['aGVs*', 4],
    ['a=b=', 1],
    ['aG=x', 2],
    ['aG=', 3],
    ['aGk=x', 4],
    ['aG-_', 2],
  ])('%j is illegal at %d', (text, at) => {
    expect(decodeBase64(text)).toEqual({ ok: false, error: `illegal base64 data at input byte ${at}` });
  });

  test('tens of megabytes are checked without recursion', () => {
    const decoded = decodeBase64('QUJD'.repeat(6_000_000));
    expect(decoded.ok && decoded.bytes.length).toBe(18_000_000);
  });
});
