import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { play } from '../../test/support/scenario.ts';

const folder = new URL('./scenarios/', import.meta.url);

test.each(readdirSync(folder))('the pool goes as %s tells', (file) => {
  const told = readFileSync(new URL(file, folder), 'utf8');
  expect(play(told)).toBe(told);
});
