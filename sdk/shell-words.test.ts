import { expect, test } from '@jest/globals';
import { splitWords } from './shell-words.ts';

// What Python's shlex.split(text, posix=True) makes of each.
test.each<[string, string[]]>([
  ['', []],
  ['  ls   -l\t/tmp\n', ['ls', '-l', '/tmp']],
  [`echo 'a b' "c d"`, ['echo', 'a b', 'c d']],
  [`python3 -c 'print("hi")'`, ['python3', '-c', 'print("hi")']],
  [`a'b'"c"d`, ['abcd']],
  [`'' ""`, ['', '']],
  [String.raw`a\ b \"`, ['a b', '"']],
  [String.raw`"a\"b\\c\d"`, [String.raw`a"b\c\d`]],
  [String.raw`'a\b'`, [String.raw`a\b`]],
  ['echo $HOME *.py | wc', ['echo', '$HOME', '*.py', '|', 'wc']],
])('%j is %j', (text, words) => {
  expect(splitWords(text)).toEqual(words);
});

test.each([`'a`, `"a`, String.raw`"a\"`, 'a\\'])('%j is not finished', (text) => {
  expect(() => splitWords(text)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
});
