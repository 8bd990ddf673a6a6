// Ages as kubectl prints them.
import { expect, test } from '@jest/globals';
import { age } from './age.ts';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

test.each([
  [-5 * second, '<invalid>'],
  [-1_500, '0s'],
  [999, '0s'],
  [119 * second, '119s'],
  [2 * minute, '2m'],
  [5 * minute + 12 * second, '5m12s'],
  [12 * minute + 12 * second, '12m'],
  [179 * minute, '179m'],
  [3 * hour + 5 * minute, '3h5m'],
  [26 * hour, '26h'],
  [3 * day + 4 * hour, '3d4h'],
  [400 * day, '400d'],
  [740 * day, '2y10d'],
  [3_650 * day, '10y'],
])('%d ms is written %s', (ms, text) => {
  expect(age(ms)).toBe(text);
});
