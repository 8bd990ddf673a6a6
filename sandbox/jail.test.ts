import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  closeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { JailEscape, makeDirectory, openForWriting } from './file-write.ts';
import { placeInJail, resolveInJail } from './jail.ts';

describe('a path is placed by its text', () => {
  test.each([
    ['a.txt', '/w/a.txt'],
    ['/etc/x', '/w/etc/x'],
    ['//etc//x/', '/w/etc/x'],
    ['a/../b', '/w/b'],
    ['/../../x', '/w/x'],
    ['.', '/w'],
    ['/', '/w'],
    ['', '/w'],
    ['..a', '/w/..a'],
  ])('%s', (requested, path) => {
    expect(placeInJail('/w', requested)).toEqual({ ok: true, path });
  });

  test.each([
    ['..', '..'],
    ['../x', '../x'],
    ['a/../../w2/x', '../w2/x'],
  ])('%s is refused', (requested, traversal) => {
    const error = `access denied: path '${requested}' escapes workspace jail (relative path traversal: ${traversal})`;
    expect(placeInJail('/w', requested)).toEqual({ ok: false, error });
  });
});

describe('links are followed and stay inside', () => {
  let root: string;
  let workspace: string;
  beforeAll(() => {
    root = realpathSync(mkdtempSync(join(tmpdir(), 'jail-')));
    workspace = join(root, 'w');
    mkdirSync(join(workspace, 'real'), { recursive: true });
    mkdirSync(join(root, 'outside'));
    writeFileSync(join(root, 'outside', 'secret'), 'secret');
    writeFileSync(join(workspace, 'real', 'file'), 'inside');
    symlinkSync('real', join(workspace, 'inner'));
    symlinkSync('../outside', join(workspace, 'escape'));
    symlinkSync(join(root, 'outside', 'new'), join(workspace, 'dangling'));
    symlinkSync('real/later', join(workspace, 'dangling-inside'));
    symlinkSync('loop', join(workspace, 'loop'));
  });
  afterAll(() => {
    rmSync(root, { recursive: true });
  });

  const escape = (path: string, requested: string) => ({
    ok: false,
    error: `access denied: resolved path '${path}' (from '${requested}') escapes workspace jail via symlink`,
  });

  test('a link inside leads to what it names', () => {
    expect(resolveInJail(workspace, 'inner/file')).toEqual({ ok: true, path: join(workspace, 'real/file') });
  });
  test('a link out is refused', () => {
    const secret = join(root, 'outside/secret');
    expect(resolveInJail(workspace, 'escape/secret')).toEqual(escape(secret, 'escape/secret'));
  });
  test('a file that does not exist yet below a link out is refused as well', () => {
    expect(resolveInJail(workspace, 'escape/a/b')).toEqual(escape(join(root, 'outside/a/b'), 'escape/a/b'));
  });
  test('a link to nothing is judged by where it points', () => {
    expect(resolveInJail(workspace, 'dangling')).toEqual(escape(join(root, 'outside/new'), 'dangling'));
    const later = join(workspace, 'real/later');
    expect(resolveInJail(workspace, 'dangling-inside')).toEqual({ ok: true, path: later });
  });
  test('a loop ends', () => {
    expect(resolveInJail(workspace, 'loop/x').ok).toBe(true);
  });
  test('a link swapped in after the check is not written through', () => {
    expect(() => openForWriting(workspace, join(workspace, 'escape', 'secret'), 0o644)).toThrow(JailEscape);
    expect(() => openForWriting(workspace, join(workspace, 'dangling'), 0o644)).toThrow(/ELOOP/);
    expect(() => makeDirectory(workspace, join(workspace, 'escape'))).toThrow(JailEscape);
    expect(readFileSync(join(root, 'outside/secret'), 'utf8')).toBe('secret');
  });
  test('an existing file is emptied when opened', () => {
    closeSync(openForWriting(workspace, join(workspace, 'real/file'), 0o644));
    expect(readFileSync(join(workspace, 'real/file'), 'utf8')).toBe('');
  });
});
