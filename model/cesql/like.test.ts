// LIKE against the plainest matcher there is (test/support/cesql.ts), and what it may cost at worst.
import { describe, expect, test } from '@jest/globals';
import { Random } from '../../test/simulation/random.ts';
import { signsOf, simplyLike } from '../../test/support/cesql.ts';
import { likeMatcher } from './like.ts';

function wordOf(random: Random, letters: readonly string[], longest: number): string {
  return Array.from({ length: random.whole(0, longest) }, () => random.pick(letters)).join('');
}

test('a random pattern matches what trying everything finds', () => {
  const random = new Random('like');
  let matched = 0;
  for (let n = 0; n < 5_000; n += 1) {
    const pattern = wordOf(random, ['a', 'b', '😀', '%', '%', '_', '\\%', '\\_', '\\'], 7);
    const matches = likeMatcher(pattern);
    for (let m = 0; m < 3; m += 1) {
      const text = wordOf(random, ['a', 'b', '😀', '%', '_', '\\', '\ud83d', '\ude00'], 8);
      const expected = simplyLike([...text], signsOf(pattern));
      if (expected) matched += 1;
      expect({ pattern, text, is: matches(text) }).toEqual({ pattern, text, is: expected });
    }
  }
  expect(matched).toBeGreaterThan(500);
});

describe('a run longer than a machine word', () => {
  const run = 'abcdefghij'.repeat(7);

  test.each<[string, string, boolean]>([
    [`%${run}%`, `x${run}y`, true],
    [`%${run}%`, `x${run.slice(1)}y`, false],
    [`%${run.replaceAll('e', '_')}%`, `abcabc${run}y`, true],
    [`%${run.replaceAll('e', '_')}`, `abc${run}`, true],
    [`%${'a'.repeat(40)}b%`, `${'a'.repeat(99)}b`, true],
    [`%${'a'.repeat(40)}b%`, `${'a'.repeat(39)}b`, false],
    [`${run}%${run}`, run + run, true],
    [`${run}%${run}`, `${run}${run.slice(1)}`, false],
  ])('%s like %s is %s', (pattern, text, expected) => {
    expect(likeMatcher(pattern)(text)).toBe(expected);
  });
});

describe('a pattern that would make a matcher that goes back try forever', () => {
  const text = 'a'.repeat(100_000);

  test.each([
    `${'%a'.repeat(1_000)}%b`,
    `${'%_a'.repeat(1_000)}b`,
    `%${'a'.repeat(4_000)}b%`,
    `%${'_a'.repeat(2_000)}b%`,
  ])('is answered (%#)', (pattern) => {
    expect(likeMatcher(pattern)(text)).toBe(false);
    expect(likeMatcher(pattern)(`${text}b`)).toBe(true);
  });
});
