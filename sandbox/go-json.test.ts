import { describe, expect, test } from '@jest/globals';
import { firstValue } from './go-json.ts';

describe('what is no JSON is refused in the words of Go', () => {
  test.each([
    ['', 'EOF'],
    [' \n', 'EOF'],
    ['{', 'unexpected EOF'],
    ['{"a"', 'unexpected EOF'],
    ['"abc', 'unexpected EOF'],
    ['x', "invalid character 'x' looking for beginning of value"],
    ["'a'", String.raw`invalid character '\'' looking for beginning of value`],
    ['\u00c3\u00a4', "invalid character '\u00c3' looking for beginning of value"],
    ['{a', "invalid character 'a' looking for beginning of object key string"],
    ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
    ['{"a" 1}', "invalid character '1' after object key"],
    ['{"a":1 2}', "invalid character '2' after object key:value pair"],
    ['[1 2]', "invalid character '2' after array element"],
    ['[1,]', "invalid character ']' looking for beginning of value"],
    ['"a\nb"', String.raw`invalid character '\n' in string literal`],
    [String.raw`"\x"`, "invalid character 'x' in string escape code"],
    [String.raw`"\u00g0"`, String.raw`invalid character 'g' in \u hexadecimal character escape`],
    ['trux', "invalid character 'x' in literal true (expecting 'e')"],
    ['-a', "invalid character 'a' in numeric literal"],
    ['1.a', "invalid character 'a' after decimal point in numeric literal"],
    ['1e+a', "invalid character 'a' in exponent of numeric literal"],
    ['['.repeat(1_000_000), 'exceeded max depth'],
  ])('%.20s', (text, error) => {
    expect(firstValue(text)).toEqual({ ok: false, error });
  });
});

describe('only the first value counts', () => {
  test.each([
    ['{"a":[1,-2.5e3,true,null,"x\\"y"]} trailing', 33],
    ['1 2', 1],
    ['""x', 2],
    ['[] []', 2],
    ['{}{}', 2],
  ])('%s', (text, end) => {
    expect(firstValue(text)).toEqual({ ok: true, end });
  });
});
