import { expect, test } from '@jest/globals';
import { bytesTooLong, layoutOf, socketPath } from './layout.ts';

test('the longest data dir is the one whose sockets just fit into 107 bytes', () => {
  const longest = `/${'d'.repeat(44)}`;
  const id = '00000000-0000-4000-8000-000000000000';
  expect(socketPath(layoutOf(longest).sandbox(id), 65_535)).toHaveLength(107);
  expect(bytesTooLong(longest)).toBe(0);
  expect(bytesTooLong(`${longest}dd`)).toBe(2);
});

test('a path is counted in bytes', () => expect(bytesTooLong(`/${'ö'.repeat(44)}`)).toBe(44));
