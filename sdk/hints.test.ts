// What the SDK advises is what docs/errors.md advises, and every code of the platform is known to it.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { errorKinds } from '../model/errors.ts';
import { hintOf, isPlatformCode } from './hints.ts';

const table = readFileSync(path.resolve(import.meta.dirname, '../docs/errors.md'), 'utf8');
const rows = [...table.matchAll(/^\| `(\w+)` \|.*\| ([^|]+) \|$/gm)].map(([, code = '', todo = '']) => [
  code,
  todo,
]);

test('docs/errors.md has rows', () => {
  expect(rows.map(([code]) => code).sort()).toEqual(Object.keys(errorKinds).sort());
});

test.each(rows)('%s: what to do', (code = '', todo) => {
  expect(isPlatformCode(code)).toBe(true);
  expect(hintOf(code)).toBe(todo);
});

test('no hint is of a code that is not there', () => {
  expect(isPlatformCode('TIMEOUT')).toBe(false);
  expect(hintOf('TIMEOUT')).not.toBe('');
  expect(hintOf('no such code')).toBe('');
});
