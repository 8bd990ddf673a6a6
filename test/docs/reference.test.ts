// docs/reference is what `npm run docs` makes of the docstrings, so it can be read where the package is not installed.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';

jest.setTimeout(180_000);

const repository = path.resolve(import.meta.dirname, '../..');
const committed = path.join(repository, 'docs/reference');
const names = ['README.md', 'agent.md', 'index.md', 'testing.md'];

let made: string;
beforeAll(() => {
  made = mkdtempSync(path.join(tmpdir(), 'agentcube-reference-'));
  const typedoc = path.join(repository, 'node_modules/.bin/typedoc');
  execFileSync(process.execPath, [typedoc, '--out', made], { cwd: repository, stdio: 'pipe' });
});
afterAll(() => rmSync(made, { recursive: true, force: true }));

test('it has a page for each entry of the package, and no other', () => {
  expect(readdirSync(committed).sort()).toEqual(names);
  expect(readdirSync(made).sort()).toEqual(names);
});

test.each(names)('%s is in step with the docstrings; if not: npm run docs', (name) => {
  const text = (folder: string): string => readFileSync(path.join(folder, name), 'utf8');
  expect(text(committed)).toBe(text(made));
});
