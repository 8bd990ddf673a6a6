import { describe, expect, test } from '@jest/globals';
import { isShown } from './likeness.ts';

describe('what is shown was printed', () => {
  test.each([
    ['the same', 'a\nb', 'a\nb'],
    [
      'another id',
      'session 0faa7b47-4583-4193-8d52-8a77576118e1',
      'session 11111111-2222-3333-4444-555555555555',
    ],
    ['another time', 'Server-Timing: cold;dur=208', 'Server-Timing: cold;dur=31.5'],
    ['another date', 'at 2026-11-01T10:00:00Z', 'at 2027-01-01T11:11:11.123Z'],
    ['another age, and wider columns', 'NAME   AGE\nx      3s', 'NAME AGE\nx    12m'],
    ['part of a line', '{"a": 1, …, "turns": 2}', '{"a": 1, "b": 2, "turns": 2}'],
    ['part of the lines', 'a\n…\nd', 'a\nb\nc\nd'],
    ['empty lines around it', 'a', '\na\n\n'],
  ])('%s', (_, shown, printed) => {
    // Columns are told by two spaces at least.
    const wide = printed.replace('NAME AGE', 'NAME  AGE').replace('x    ', 'x  ');
    expect(isShown(shown.split('\n'), wide.split('\n'))).toBe(true);
  });
});

describe('and is not shown when', () => {
  test.each([
    ['a word differs', 'created', 'unchanged'],
    ['a number that says something differs', '"turns": 2', '"turns": 1'],
    ['a line is missing', 'a\nb', 'a'],
    ['a line is too many', 'a', 'a\nb'],
    ['the rest differs', 'a\n…\nd', 'a\nb\nc'],
    ['a place for an id has none', 'session 0faa7b47-4583-4193-8d52-8a77576118e1', 'session none'],
    ['a dot is another letter', 'a.b', 'axb'],
  ])('%s', (_, shown, printed) => {
    expect(isShown(shown.split('\n'), printed.split('\n'))).toBe(false);
  });
});
