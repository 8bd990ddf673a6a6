// What must hold for a clone on somebody else's machine: nothing in it points at the machine it was written on.
import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { repository } from './cruise.ts';

const tracked = execFileSync('git', ['-c', 'safe.directory=*', 'ls-files', '-z'], {
  cwd: repository,
  encoding: 'utf8',
})
  .split('\0')
  .filter((path) => path !== '' && statSync(join(repository, path), { throwIfNoEntry: false })?.isFile());

const read = (path: string) => readFileSync(join(repository, path), 'utf8');

describe('the lock file', () => {
  interface Locked {
    packages: Record<string, { resolved?: string; integrity?: string; link?: boolean }>;
  }
  const packages = Object.entries((JSON.parse(read('package-lock.json')) as Locked).packages);

  test('names no registry host, so that any mirror serves it', () => {
    expect(packages.filter(([, { resolved }]) => resolved !== undefined).map(([name]) => name)).toEqual([]);
  });

  test('has a hash for every package', () => {
    const installed = packages.filter(([name, { link }]) => name !== '' && !link);
    expect(installed.filter(([, { integrity }]) => integrity === undefined).map(([name]) => name)).toEqual(
      [],
    );
  });
});

describe('tracked files', () => {
  test.each(['work', 'root'])('contain no absolute path below /%s', (top) => {
    // An absolute path begins a word; `${dir}/work/` or `a/work/` is somebody's own folder.
    const machine = new RegExp(`(?<![\\w.\\-/})\\]>*])/${top}/`);
    expect(tracked.filter((path) => machine.test(read(path)))).toEqual([]);
  });
});
