import { describe, expect, test } from '@jest/globals';
import { findRoute } from './routes.ts';

const api = (call: object) => ({ kind: 'api', call });

describe('what a request means', () => {
  test.each([
    ['POST', '/api/execute', api({ kind: 'execute' })],
    ['POST', '/api/files', api({ kind: 'upload' })],
    ['GET', '/api/files', api({ kind: 'list', path: '' })],
    ['GET', '/api/files?path=a%20b+c&path=d', api({ kind: 'list', path: 'a b c' })],
    ['GET', '/api/files/', api({ kind: 'download', path: '' })],
    ['GET', '/api/files/a/b%2Fc+d', api({ kind: 'download', path: 'a/b/c+d' })],
    ['GET', '/api/files//etc/x', api({ kind: 'download', path: '/etc/x' })],
    ['GET', '/health/', { kind: 'redirect', location: '/health' }],
    ['POST', '/api/execute/?a=b', { kind: 'redirect', location: '/api/execute?a=b' }],
    ['POST', '/api/files/', { kind: 'redirect', location: '/api/files' }],
    ['GET', '/api/execute', { kind: 'unknown' }],
    ['HEAD', '/health', { kind: 'unknown' }],
    ['DELETE', '/api/files/a', { kind: 'unknown' }],
    ['GET', '/', { kind: 'unknown' }],
    ['GET', '/health%zz', { kind: 'malformed' }],
  ])('%s %s', (method, target, route) => {
    expect(findRoute(method, target)).toEqual(route);
  });
});
