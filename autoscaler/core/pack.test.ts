import { expect, test } from '@jest/globals';
import { pack, packFine, short, unpack, unpackFine } from './pack.ts';

const weights = [0, 0, 1, 0.1, 2_000, ...new Array<number>(100).fill(0), 31, 0, 7.7, 0];

test('weights come back to within an eighth, or a hundredth; zeros as zeros', () => {
  const [coarse, fine] = [
    unpack(pack(weights), weights.length),
    unpackFine(packFine(weights), weights.length),
  ];
  for (const [at, weight] of weights.entries()) {
    expect(Math.abs((coarse[at] ?? NaN) - weight)).toBeLessThanOrEqual(weight / 8);
    expect(Math.abs((fine[at] ?? NaN) - weight)).toBeLessThanOrEqual(weight / 100);
  }
  expect(pack(weights).length).toBeLessThan(16);
});

test('packed again it is the same text', () => {
  expect(pack(unpack(pack(weights), weights.length))).toBe(pack(weights));
  expect(packFine(unpackFine(packFine(weights), weights.length))).toBe(packFine(weights));
});

test('what is too small is nothing, what is too large is the largest', () => {
  expect([...unpack(pack([1e-9, 1e30]), 2)]).toEqual([0, 2 ** 15]);
});

test.each(['', '.', '!!!!', 'A'.repeat(1_000), '._._._'])('%j is read as numbers all the same', (text) => {
  for (const read of [unpack(text, 5), unpackFine(text, 5)]) {
    expect(read).toHaveLength(5);
    expect(read.every((weight) => weight >= 0 && Number.isFinite(weight))).toBe(true);
  }
});

test('a number is short', () => {
  expect(short(1 / 3)).toBe(0.33333);
});
