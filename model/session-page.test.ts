// Keeps session.md true: every test that it names exists, and its two tables say the same.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { actionOf, stateKinds } from './session.ts';
import { stateOf } from '../test/support/sessions.ts';

const here = new URL('./session.md', import.meta.url);
const page = readFileSync(here, 'utf8');
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('| '))
  .map((line) => line.split('|').map((cell) => cell.trim()));

/** The text behind `[name]: path`; of a folder, all its files. */
function textOf(name: string): string {
  const target = new RegExp(`^\\[${name}\\]: (.+)$`, 'm').exec(page)?.[1];
  if (target === undefined) throw new Error(`session.md has no link for [${name}]`);
  const at = new URL(target, here);
  if (!statSync(at).isDirectory()) return readFileSync(at, 'utf8');
  return readdirSync(at)
    .map((file) => readFileSync(new URL(file, at), 'utf8'))
    .join('\n');
}

interface Mention {
  readonly invariant: string;
  readonly file: string;
  readonly title: string;
}

const mentions: Mention[] = rows
  .filter(([, first]) => /^S\d$/.test(first ?? ''))
  .flatMap(([, invariant = '', , tests = '']) =>
    tests.split(/(?=\[\w+\])/).flatMap((part) => {
      const file = /^\[(\w+)\]/.exec(part)?.[1] ?? '';
      return [...part.matchAll(/"([^"]+)"/g)].map(([, title = '']) => ({ invariant, file, title }));
    }),
  );

describe('session.md', () => {
  test('names every invariant with at least one test', () => {
    expect([...new Set(mentions.map(({ invariant }) => invariant))]).toEqual([
      'S1',
      'S2',
      'S3',
      'S4',
      'S5',
      'S6',
      'S7',
    ]);
  });

  test.each(mentions)('$invariant: "$title" is in [$file]', ({ file, title }) => {
    const text = textOf(file);
    for (const part of title.split('…')) expect(text).toContain(part);
  });

  test('its second table is its first, seen from the tests', () => {
    const byFile = Map.groupBy(mentions, ({ file }) => file);
    const expected = [...byFile].map(([file, named]) => [
      file,
      [...new Set(named.map(({ invariant }) => invariant))].sort().join(', '),
    ]);
    const told = rows.flatMap(([, first = '', second = '']) => {
      const file = /^\[(\w+)\] `/.exec(first)?.[1];
      return file === undefined ? [] : [[file, second]];
    });
    expect(new Map(told as [string, string][])).toEqual(new Map(expected as [string, string][]));
  });

  test('lists every state with the action that is due in it', () => {
    const told = rows.flatMap(([, state = '', action = '']) =>
      /^`\w+`$/.test(state) ? [[state, action]] : [],
    );
    expect(told).toEqual(stateKinds.map((kind) => [`\`${kind}\``, actionOf(stateOf(kind)) ?? '–']));
  });
});
