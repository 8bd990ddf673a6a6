import { describe, expect, test } from '@jest/globals';
import { parseRange } from './byte-range.ts';

const part = (start: number, length: number) => ({ kind: 'parts', parts: [{ start, length }] });

describe('a Range header over a file of ten bytes', () => {
  test.each([
    [undefined, { kind: 'whole' }],
    ['', { kind: 'whole' }],
    ['bytes=0-3', part(0, 4)],
    ['bytes=4-', part(4, 6)],
    ['bytes=8-100', part(8, 2)],
    ['bytes=-3', part(7, 3)],
    ['bytes=-100', part(0, 10)],
    ['bytes= 1 - 2 ', part(1, 2)],
    [
      'bytes=0-1,9-',
      {
        kind: 'parts',
        parts: [
          { start: 0, length: 2 },
          { start: 9, length: 1 },
        ],
      },
    ],
    ['bytes=0-1,50-', part(0, 2)],
    ['bytes=', { kind: 'whole' }],
    ['bytes=0-9,0-9', { kind: 'whole' }],
    ['bytes=10-', { kind: 'invalid', overlap: false }],
    ['bytes=5-2', { kind: 'invalid', overlap: true }],
    ['bytes=-', { kind: 'invalid', overlap: true }],
    ['bytes=a-b', { kind: 'invalid', overlap: true }],
    ['lines=1-2', { kind: 'invalid', overlap: true }],
  ])('%s', (header, ranges) => {
    expect(parseRange(header, 10)).toEqual(ranges);
  });

  test('an empty file is given whole, whatever part of it was asked for', () => {
    expect(parseRange('bytes=0-99', 0)).toEqual({ kind: 'whole' });
  });
});
