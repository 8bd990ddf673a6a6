import { expect, test } from '@jest/globals';
import { contentType } from './content-type.ts';
import { goPathError } from './go-errors.ts';
import { failure, notFound, redirect, tooLarge } from './reply.ts';

test('errors have the shapes of PicoD and Gin', () => {
  expect(failure(400, 'x').body).toBe('{"error":"x","code":400}');
  expect(tooLarge(33554432)).toMatchObject({
    status: 413,
    body: '{"error":"request body too large","detail":"maximum allowed size is 33554432 bytes"}',
  });
  expect(notFound).toEqual({
    status: 404,
    headers: { 'Content-Type': 'text/plain' },
    body: '404 page not found',
  });
  expect(redirect('GET', '/a').status).toBe(301);
  expect(redirect('POST', '/a')).toMatchObject({ status: 307, headers: { Location: '/a' }, body: '' });
});

test('the system is quoted in the words of Go', () => {
  const error = Object.assign(new Error('EACCES: denied'), { code: 'EACCES' });
  expect(goPathError('open', '/a', error)).toBe('open /a: permission denied');
  expect(goPathError('open', '/a', new Error('odd'))).toBe('open /a: odd');
});

test.each([
  ['a.TXT', 'text/plain; charset=utf-8'],
  ['a.json', 'application/json'],
  ['a.tar.gz', 'application/gzip'],
  ['a', 'application/octet-stream'],
  ['a.constructor', 'application/octet-stream'],
])('%s is %s', (name, type) => {
  expect(contentType(name)).toBe(type);
});
