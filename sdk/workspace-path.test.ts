import { expect, test } from '@jest/globals';
import { namesOf } from './workspace-path.ts';

test.each<[string, string[]]>([
  ['', []],
  ['.', []],
  ['/', []],
  ['a//b/./c', ['a', 'b', 'c']],
  ['/a/b', ['a', 'b']],
  ['a/../b', ['b']],
  ['..a/b..', ['..a', 'b..']],
])('%j is %j of the workspace', (path, names) => {
  expect(namesOf(path)).toEqual(names);
});

test.each(['..', '/..', 'a/../../b'])('%j leads out of it', (path) => {
  expect(() => namesOf(path)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
});
