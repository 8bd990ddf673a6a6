import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createReclaimer, hasSwap } from './reclaim.ts';

describe('pushing memory out', () => {
  let base: string;
  beforeEach(() => {
    base = mkdtempSync(path.join(os.tmpdir(), 'agentcube-reclaim-'));
  });
  afterEach(() => rmSync(base, { recursive: true }));

  function cgroup(name: string, files: Readonly<Record<string, string>>): string {
    const folder = path.join(base, name);
    mkdirSync(folder);
    for (const [file, text] of Object.entries(files)) writeFileSync(path.join(folder, file), text);
    return folder;
  }
  const text = (folder: string, file: string): string => readFileSync(path.join(folder, file), 'utf8').trim();
  async function becomes(folder: string, file: string, expected: string): Promise<void> {
    for (let left = 500; left > 0 && text(folder, file) !== expected; left -= 1) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(text(folder, file)).toBe(expected);
  }
  const version2 = {
    'memory.max': '1024',
    'memory.swap.max': '0',
    'memory.current': '512',
    'memory.reclaim': '',
  };

  test('version 1 empties the cgroup', async () => {
    const folder = cgroup('one', { 'memory.force_empty': '' });
    createReclaimer().push({ version: 1, folder });
    await becomes(folder, 'memory.force_empty', '0');
  });

  test('version 2 reclaims all, with swap allowed until the sandbox runs again', async () => {
    const folder = cgroup('two', version2);
    const stop = createReclaimer().push({ version: 2, folder });
    await becomes(folder, 'memory.reclaim', '512');
    expect(text(folder, 'memory.swap.max')).toBe('max');
    stop();
    await becomes(folder, 'memory.swap.max', '0');
  });

  test('a sandbox without limit keeps its swap', async () => {
    const folder = cgroup('free', { ...version2, 'memory.max': 'max', 'memory.swap.max': 'max' });
    const stop = createReclaimer().push({ version: 2, folder });
    await becomes(folder, 'memory.reclaim', '512');
    stop();
    await becomes(folder, 'memory.swap.max', 'max');
  });

  test('one follows another, and what is stopped before its turn is left alone', async () => {
    const folders = ['a', 'b', 'c'].map((name) => cgroup(name, { 'memory.force_empty': '' }));
    const reclaimer = createReclaimer();
    const stops = folders.map((folder) => reclaimer.push({ version: 1, folder }));
    stops[1]?.();
    await becomes(folders[2] ?? '', 'memory.force_empty', '0');
    expect(text(folders[1] ?? '', 'memory.force_empty')).toBe('');
  });

  test('whether the host has swap is read from the kernel: one heading, then one line each', () => {
    const folder = cgroup('proc', { none: 'Filename Type\n', some: 'Filename Type\n/swap file\n' });
    expect(['none', 'some', 'absent'].map((name) => hasSwap(path.join(folder, name)))).toEqual([
      false,
      true,
      false,
    ]);
  });
});
