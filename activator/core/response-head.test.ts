// What a sandbox's head means. What two readers could understand differently is refused (RFC 9112 sections 2.2, 5, 6.3).
import { describe, expect, test } from '@jest/globals';
import { parseResponseHead, type ResponseHead } from './response-head.ts';

const parse = (lines: readonly string[], method = 'GET') =>
  parseResponseHead(lines.join('\r\n'), method) as ResponseHead;
const ok = 'HTTP/1.1 200 OK';

test('status, message and end-to-end fields', () => {
  expect(
    parse(['HTTP/1.1 404 Not here', 'A: 1', 'Set-Cookie: x', 'set-cookie:y', 'Content-Length: 3']),
  ).toEqual({
    status: 404,
    message: 'Not here',
    fields: ['A', '1', 'Set-Cookie', 'x', 'set-cookie', 'y', 'Content-Length', '3'],
    framing: 'length',
    length: 3,
    reusable: true,
    idleMs: Infinity,
  });
  expect(parse(['HTTP/1.1 204']).message).toBe('');
});

describe('how the body ends', () => {
  test.each([
    ['GET', [ok, 'Content-Length: 5'], 'length'],
    ['GET', [ok, 'Content-Length: 0'], 'none'],
    ['GET', [ok], 'close'],
    ['GET', [ok, 'Transfer-Encoding: chunked'], 'chunked'],
    ['GET', [ok, 'Transfer-Encoding: gzip, Chunked'], 'chunked'],
    ['GET', [ok, 'Transfer-Encoding: gzip'], 'close'],
    ['HEAD', [ok, 'Content-Length: 5'], 'none'],
    ['GET', ['HTTP/1.1 204 No Content'], 'none'],
    ['GET', ['HTTP/1.1 304 Not Modified', 'Content-Length: 5'], 'none'],
  ])('%s %j: %s', (method, lines, framing) => expect(parse(lines, method).framing).toBe(framing));

  test('a length beside a transfer coding is believed by nobody, and the connection is not used again', () => {
    const head = parse([ok, 'Content-Length: 5', 'Transfer-Encoding: chunked']);
    expect([head.framing, head.fields, head.reusable]).toEqual(['chunked', [], false]);
  });
});

test.each([
  [[ok, 'Content-Length: 1'], true],
  [[ok, 'Content-Length: 1', 'Connection: Close'], false],
  [['HTTP/1.0 200 OK', 'Content-Length: 1'], false],
  [['HTTP/1.0 200 OK', 'Content-Length: 1', 'Connection: keep-alive'], true],
  [[ok], false],
])('after %j the connection may be used again: %s', (lines, reusable) =>
  expect(parse(lines).reusable).toBe(reusable),
);

test('fields for one hop, and those that Connection names, end here', () => {
  const head = parse([
    ok,
    'Connection: x-hop',
    'X-Hop: 1',
    'Keep-Alive: timeout=5, max=9',
    'Upgrade: h2c',
    'B: 2',
  ]);
  expect([head.fields, head.idleMs]).toEqual([['B', '2'], 5_000]);
});

test.each([
  ['SSH-2.0-OpenSSH'],
  ['HTTP/2 200 OK'],
  ['HTTP/1.1 20 OK'],
  ['HTTP/1.1 200 OK', ' folded: line'],
  ['HTTP/1.1 200 OK', 'no colon'],
  ['HTTP/1.1 200 OK', 'space : before colon'],
  ['HTTP/1.1 200 OK', ': no name'],
  ['HTTP/1.1 200 OK', 'A: b\nInjected: yes'],
  ['HTTP/1.1 200 OK', 'A: b\0c'],
  ['HTTP/1.1 200 OK', 'A: b\rc'],
  ['HTTP/1.1 200 OK', 'Content-Length: 1', 'Content-Length: 2'],
  ['HTTP/1.1 200 OK', 'Content-Length: +1'],
  ['HTTP/1.1 200 OK', 'Content-Length: 1, 1'],
])('refused: %j', (...lines) => expect(parse(lines)).toHaveProperty('problem'));
