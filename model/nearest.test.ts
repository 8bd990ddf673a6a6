import { describe, expect, test } from '@jest/globals';
import { editDistance, nearest } from './nearest.ts';

describe('the word that was meant', () => {
  const known = ['image', 'imagePullPolicy', 'name', 'command', 'env', 'envFrom', 'targetPort', 'ports'];

  test.each([
    ['imag', 'image'],
    ['imgae', 'image'],
    ['IMAGE', 'image'],
    ['envfrom', 'envFrom'],
    ['comand', 'command'],
    ['targetPorts', 'targetPort'],
    ['port', 'ports'],
  ])('%s means %s', (word, meant) => {
    expect(nearest(word, known)).toBe(meant);
  });

  test.each(['volumes', 'x', '', 'n'.repeat(100_000)])('nothing known is near', (word) => {
    expect(nearest(word, known)).toBeUndefined();
  });
});

test('the distance is the number of letters put in, taken out or changed', () => {
  expect(editDistance('kitten', 'sitting')).toBe(3);
  expect(editDistance('', 'abc')).toBe(3);
  expect(editDistance('abc', 'abc')).toBe(0);
});
