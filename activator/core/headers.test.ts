// What is sent to a sandbox before the body. The rules are AgentCube 0.1's router and RFC 9110 7.6.1.
import { describe, expect, test } from '@jest/globals';
import { forwardedFields, plainIp, requestHead, sessionIdOf } from './headers.ts';

const facts = {
  method: 'POST',
  path: '/run?x',
  fixed: 'host: localhost:8080\r\nauthorization: Bearer ours\r\n',
  clientIp: '10.0.0.9',
  secure: false,
};

/** The fields of the head that are not the same for all. */
function own(raw: readonly string[]): string[] {
  const usual = /^(host|authorization|x-forwarded-(host|proto)): |^POST |^$/;
  return requestHead(['Host', 'h', ...raw], facts)
    .text.split('\r\n')
    .filter((line) => !usual.test(line));
}
const forwardedFor = 'x-forwarded-for: 10.0.0.9';

test('the whole head', () => {
  const raw = [
    'Host',
    'cube.example',
    'User-Agent',
    'curl',
    'Authorization',
    'Bearer theirs',
    'Content-Length',
    '3',
  ];
  expect(requestHead(raw, { ...facts, secure: true })).toEqual({
    text:
      'POST /run?x HTTP/1.1\r\nhost: localhost:8080\r\nauthorization: Bearer ours\r\nUser-Agent: curl\r\n' +
      'x-forwarded-for: 10.0.0.9\r\nx-forwarded-host: cube.example\r\nx-forwarded-proto: https\r\ncontent-length: 3\r\n\r\n',
    body: 'length',
    expectsContinue: false,
  });
});

describe('fields', () => {
  test.each([
    [
      'pass as they were written',
      ['X-A', '1', 'x-a', '2', 'Cookie', 'c'],
      ['X-A: 1', 'x-a: 2', 'Cookie: c', forwardedFor],
    ],
    [
      'meant for one hop end here',
      ['TE', 'trailers', 'Keep-Alive', '5', 'Proxy-Authorization', 'p', 'Trailer', 't'],
      [forwardedFor],
    ],
    [
      'that Connection names end here',
      ['Connection', 'X-Hop, close', 'X-Hop', '1', 'X-B', '2'],
      ['X-B: 2', forwardedFor],
    ],
    [
      'Connection may be there twice',
      ['connection', 'a', 'Connection', 'b', 'A', '1', 'B', '2'],
      [forwardedFor],
    ],
    [
      'that Connection may not take away stay',
      ['Connection', 'host, x-forwarded-for, content-length'],
      [forwardedFor],
    ],
    [
      'an upgrade that is not taken up ends here',
      ['Connection', 'Upgrade', 'Upgrade', 'h2c'],
      [forwardedFor],
    ],
    [
      'a client’s X-Forwarded-For goes on, ours behind it',
      ['X-Forwarded-For', '1.1.1.1'],
      ['x-forwarded-for: 1.1.1.1, 10.0.0.9'],
    ],
    [
      'two of them too',
      ['x-forwarded-for', 'a', 'X-Forwarded-For', 'b'],
      ['x-forwarded-for: a, b, 10.0.0.9'],
    ],
    [
      'X-Forwarded-Host and -Proto are ours',
      ['X-Forwarded-Host', 'evil', 'X-Forwarded-Proto', 'evil'],
      [forwardedFor],
    ],
  ])('%s', (_, raw, sent) => expect(own(raw)).toEqual(sent));
});

test.each([
  [[], 'none', ''],
  [['Content-Length', '0'], 'none', 'content-length: 0'],
  [['Content-Length', '12'], 'length', 'content-length: 12'],
  [['Transfer-Encoding', 'chunked'], 'chunked', 'transfer-encoding: chunked'],
])('a body by %j is framed as %s', (raw, body, field) => {
  const head = requestHead(raw, facts);
  expect([head.body, head.text.includes(`${field}\r\n`)]).toEqual([body, true]);
});

test('Expect ends here and is told', () => {
  const head = requestHead(['Expect', '100-Continue', 'Content-Length', '1'], facts);
  expect([head.expectsContinue, head.text]).toEqual([true, expect.not.stringMatching(/expect/i)]);
});

test('the session id is the first value of its header, in any case; empty is none', () => {
  expect(sessionIdOf(['A', 'b', 'X-AgentCube-Session-Id', 's1', 'x-agentcube-session-id', 's2'])).toBe('s1');
  expect(sessionIdOf(['x-agentcube-session-id', ''])).toBeUndefined();
  expect(sessionIdOf(['x-agentcube-session-no', 's'])).toBeUndefined();
});

test('the forwarding fields of an upgrade', () => {
  expect(forwardedFields(['Host', 'h', 'X-Forwarded-For', 'a'], 'b', true)).toEqual({
    'x-forwarded-for': 'a, b',
    'x-forwarded-host': 'h',
    'x-forwarded-proto': 'https',
  });
});

test.each([
  ['::ffff:10.0.0.1', '10.0.0.1'],
  ['::1', '::1'],
  [undefined, ''],
])('%j is written %s', (address, written) => expect(plainIp(address)).toBe(written));
