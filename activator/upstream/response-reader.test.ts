// Reading responses from bytes: however the bytes are cut, the same comes out; and what is no response breaks the connection.
import { describe, expect, test } from '@jest/globals';
import { ResponseReader, type Reading } from './response-reader.ts';

interface Read {
  status: number;
  body: string;
  trailers: readonly string[];
  ended: boolean;
  last: Reading;
}

/** Reads one response whose bytes come in these pieces; with `close`, the connection ends after them. */
function read(pieces: readonly string[], { method = 'GET', close = false } = {}): Read {
  const found: Read = { status: 0, body: '', trailers: [], ended: false, last: 'more' };
  const reader = new ResponseReader();
  reader.begin(method, {
    onHead: ({ status }) => void (found.status = status),
    onData: (chunk) => void (found.body += chunk.toString('latin1')),
    onEnd: (trailers) => void Object.assign(found, { trailers, ended: true }),
  });
  for (const piece of pieces) found.last = reader.push(Buffer.from(piece, 'latin1'));
  if (close) found.last = reader.eof();
  return found;
}

const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
const responses: [string, string, { method?: string; close?: boolean }, Partial<Read>][] = [
  [
    'of known length',
    'HTTP/1.1 201 Made\r\nContent-Length: 5\r\n\r\nhello',
    {},
    { status: 201, body: 'hello' },
  ],
  ['in chunks', `${chunked}3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n`, {}, { body: 'abc0123456789' }],
  [
    'with trailers',
    `${chunked}1\r\na\r\n0\r\nX-Sum: 1 \r\nB:\r\n\r\n`,
    {},
    { body: 'a', trailers: ['X-Sum', '1', 'B', ''] },
  ],
  ['until the close', 'HTTP/1.1 200 OK\r\n\r\nuntil the end', { close: true }, { body: 'until the end' }],
  [
    'after hints',
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 204 No\r\n\r\n',
    {},
    { status: 204 },
  ],
  [
    'without a body',
    'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n',
    { method: 'HEAD' },
    { status: 200, body: '' },
  ],
];

describe.each(responses)('a response %s', (_, bytes, how, expected) => {
  test('in one piece', () =>
    expect(read([bytes], how)).toMatchObject({ ...expected, ended: true, last: 'done' }));

  test('cut at every byte', () => {
    for (let at = 1; at < bytes.length; at += 1) {
      expect(read([bytes.slice(0, at), bytes.slice(at)], how)).toMatchObject({
        ...expected,
        ended: true,
        last: 'done',
      });
    }
  });

  test('byte by byte', () =>
    expect(read([...bytes], how)).toMatchObject({ ...expected, ended: true, last: 'done' }));
});

describe('broken', () => {
  const length5 = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n';
  test.each([
    ['more than was announced', [`${length5}hello, world`], {}, true],
    ['a second response nobody asked for', [`${length5}hello`, length5], {}, true],
    ['less than was announced', [`${length5}he`], { close: true }, false],
    ['a chunk cut off', [`${chunked}5\r\nhe`], { close: true }, false],
    ['no last chunk', [`${chunked}1\r\na\r\n`], { close: true }, false],
    ['a size that is no number', [`${chunked}zz\r\n`], {}, false],
    ['a negative size', [`${chunked}-1\r\n`], {}, false],
    ['a chunk longer than its size', [`${chunked}1\r\nab\r\n`], {}, false],
    ['lines that end in LF alone', [`${chunked}1\n`], {}, false],
    ['a trailer that is none', [`${chunked}0\r\nno colon\r\n\r\n`], {}, false],
    ['an upgrade nobody asked for', ['HTTP/1.1 101 Switching\r\n\r\n'], {}, false],
    [
      'a head without end',
      ['HTTP/1.1 200 OK\r\n', ...Array<string>(70).fill(`A: ${'x'.repeat(1_000)}\r\n`)],
      {},
      false,
    ],
    ['a chunk size without end', [chunked, '0'.repeat(9_000)], {}, false],
    ['nothing at all', [], { close: true }, false],
  ])('%s', (_, pieces, how, ended) => {
    const found = read(pieces, how);
    expect([typeof found.last, found.ended]).toEqual(['object', ended]);
  });
});
