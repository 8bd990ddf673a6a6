import { describe, expect, test } from '@jest/globals';
import { boundaryOf, MultipartParser } from './multipart.ts';

interface Part {
  name: string;
  isFile: boolean;
  text: string;
}

/** Feeds the body in pieces of the given size. */
function parse(body: string, pieceBytes: number): { parts: Part[]; complete: boolean } {
  const parts: Part[] = [];
  const parser = new MultipartParser('b', {
    begin: (header) => parts.push({ ...header, text: '' }),
    data: (bytes) => {
      const part = parts.at(-1);
      if (part !== undefined) part.text += bytes.toString('latin1');
    },
  });
  const bytes = Buffer.from(body, 'latin1');
  for (let at = 0; at < bytes.length; at += pieceBytes) parser.push(bytes.subarray(at, at + pieceBytes));
  return { parts, complete: parser.isComplete };
}

const form = [
  '--b',
  'Content-Disposition: form-data; name="path"',
  '',
  'dir/a.txt',
  '--b  ',
  'content-type: text/plain',
  'Content-Disposition: form-data; name="file"; filename="a \\"b\\".txt"',
  '',
  'one\r\n--bee\r\n-\r\n\r\n',
  '--b',
  'Content-Disposition: form-data; name=mode',
  '',
  '',
  '--b--',
  'epilogue',
].join('\r\n');

describe('a form gives the same parts however its bytes arrive', () => {
  test.each([1, 2, 3, 7, 16, 1000])('in pieces of %d bytes', (size) => {
    expect(parse(form, size)).toEqual({
      complete: true,
      parts: [
        { name: 'path', isFile: false, text: 'dir/a.txt' },
        { name: 'file', isFile: true, text: 'one\r\n--bee\r\n-\r\n\r\n' },
        { name: 'mode', isFile: false, text: '' },
      ],
    });
  });

  test('a preamble is skipped; a form without an end is not complete', () => {
    expect(parse(`preamble\r\n${form}`, 5).complete).toBe(true);
    expect(parse(form.slice(0, form.indexOf('--b--')), 5).complete).toBe(false);
  });
  test('endless headers break the form', () => {
    expect(parse(`--b\r\n${'x'.repeat(20_000)}\r\n\r\n\r\n--b--`, 512).complete).toBe(false);
  });
});

test.each([
  ['multipart/form-data; boundary=abc', 'abc'],
  ['multipart/form-data; charset=utf-8; boundary="a b"', 'a b'],
  ['multipart/form-data', undefined],
  [`multipart/form-data; boundary=${'x'.repeat(71)}`, undefined],
])('%s', (type, boundary) => {
  expect(boundaryOf(type)).toBe(boundary);
});
