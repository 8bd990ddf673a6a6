import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { prepareDataDir } from './data-dir.ts';
import { lockDataDir } from './lock.ts';

describe('the data folder', () => {
  let base: string;
  beforeEach(() => {
    base = mkdtempSync('/tmp/agentcube-dd-');
    chmodSync(base, 0o755);
  });
  afterEach(() => rmSync(base, { recursive: true }));
  const inside = (name: string): string => path.join(base, name);

  test('of root can be walked through and not listed by others; of a user it is his', () => {
    expect(statSync(prepareDataDir(inside('root'), true).sandboxes).mode & 0o777).toBe(0o711);
    expect(statSync(prepareDataDir(inside('user'), false).sandboxes).mode & 0o777).toBe(0o700);
  });

  test('of root must not lie in a closed folder', () => {
    chmodSync(base, 0o700);
    expect(() => prepareDataDir(inside('data'), true)).toThrow(`chmod o+x ${base}`);
    prepareDataDir(inside('data'), false);
  });

  test('must be absolute, short enough for sockets, and a folder', () => {
    expect(() => prepareDataDir('data', false)).toThrow(/absolute/);
    expect(() => prepareDataDir(inside('d'.repeat(50)), false)).toThrow(/bytes too long for unix sockets/);
    writeFileSync(inside('file'), '');
    expect(() => prepareDataDir(inside('file'), false)).toThrow(/cannot be used/);
  });

  test('is one process at a time, by name', () => {
    const lock = lockDataDir(base);
    expect(() => lockDataDir(base)).toThrow(`in use by process ${process.pid}`);
    lock.release();
    lockDataDir(base).release();
  });
});
