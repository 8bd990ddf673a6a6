import { describe, expect, test } from '@jest/globals';
import { imageMatches, matchImage, repositoryOf } from './image-match.ts';

describe('a pattern means an image', () => {
  test.each([
    ['hello', 'hello', true],
    ['hello', 'hello:1.2', true],
    ['hello', 'hello@sha256:abc', true],
    ['hello:1', 'hello:1@sha256:abc', true],
    ['hello:1', 'hello:2', false],
    ['hello', 'ghcr.io/me/hello', false],
    ['*/hello', 'ghcr.io/me/hello:latest', true],
    ['ghcr.io:5000/me/*', 'ghcr.io:5000/me/deep/er:1', true],
    ['h.llo', 'hello', false],
    ['*', 'anything/at:all', true],
  ])('%s, %s: %s', (pattern, image, matches) => expect(imageMatches(pattern, image)).toBe(matches));
});

test('a registry port is no tag', () =>
  expect(repositoryOf('localhost:5000/hello')).toBe('localhost:5000/hello'));

describe('the table', () => {
  const table = [{ name: 'hello:1' }, { name: 'hello' }];

  test('the first line that fits wins', () => {
    expect(matchImage(table, 'hello:1')).toEqual({ entry: { name: 'hello:1' } });
    expect(matchImage(table, 'hello:2')).toEqual({ entry: { name: 'hello' } });
  });

  test.each(['picod', 'picod:latest', 'ghcr.io/volcano-sh/picod:v1@sha256:0f', 'me/picod'])(
    '%s is the code daemon unless a line says otherwise',
    (image) => {
      expect(matchImage(table, image)).toEqual({ daemon: true });
      expect(matchImage([{ name: '*picod*' }], image)).toEqual({ entry: { name: '*picod*' } });
    },
  );

  test('an unknown name is answered with the known ones', () =>
    expect(matchImage(table, 'nginx')).toEqual({ known: ['hello:1', 'hello', 'picod'] }));
});
