// Pushing memory of frozen containers out to swap: what is written where, one after the other, and what is put back.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { until } from '../../test/support/until.ts';
import type { CgroupTree } from './folders.ts';
import { cgroupReclaimer } from './reclaim.ts';

let folder: string;
let swaps: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'reclaim-'));
  swaps = path.join(folder, 'swaps');
  writeFileSync(swaps, 'Filename Type Size Used Priority\n/swap file 1 0 -2\n');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const at = (...names: string[]): string => path.join(folder, ...names);
const read = (...names: string[]): string | undefined => {
  try {
    return readFileSync(at(...names), 'utf8').trim();
  } catch {
    return undefined;
  }
};

/** Containers whose memory's files are in a folder of their name. */
const treeOf = (version: 1 | 2): CgroupTree => ({
  pod: () => folder,
  container(_, id) {
    mkdirSync(at(id), { recursive: true });
    if (version === 2) {
      writeFileSync(at(id, 'memory.current'), '4096\n');
      writeFileSync(at(id, 'memory.swap.max'), '0\n');
    }
    return { freezer: { version, folder: at(id) }, memory: { version, folder: at(id) } };
  },
});

test('version 1 is emptied', async () => {
  cgroupReclaimer(treeOf(1), swaps).push('p', 'a');
  await until(() => read('a', 'memory.force_empty') === '0');
});

test('version 2 gives up all it has, and gets its limit of swap back', async () => {
  cgroupReclaimer(treeOf(2), swaps).push('p', 'a');
  expect(read('a', 'memory.swap.max')).toBe('max');
  await until(() => read('a', 'memory.reclaim') === '4096' && read('a', 'memory.swap.max') === '0');
});

test('one container after the other', async () => {
  const reclaimer = cgroupReclaimer(treeOf(2), swaps);
  for (const id of ['a', 'b', 'c']) reclaimer.push('p', id);
  expect([read('a', 'memory.swap.max'), read('b', 'memory.swap.max')]).toEqual(['max', '0']);
  await until(() => ['a', 'b', 'c'].every((id) => read(id, 'memory.reclaim') === '4096'));
});

test('one that is woken before its turn is left as it is, and holds up nobody', async () => {
  const reclaimer = cgroupReclaimer(treeOf(2), swaps);
  reclaimer.push('p', 'a');
  const wake = reclaimer.push('p', 'b');
  reclaimer.push('p', 'c');
  wake();
  wake();
  await until(() => read('c', 'memory.reclaim') === '4096');
  expect(read('b', 'memory.reclaim')).toBeUndefined();
});

test('one that is woken meanwhile has its limit back at once, and the next one begins', async () => {
  const reclaimer = cgroupReclaimer(treeOf(2), swaps);
  const wake = reclaimer.push('p', 'a');
  reclaimer.push('p', 'b');
  wake();
  expect(read('a', 'memory.swap.max')).toBe('0');
  await until(() => read('b', 'memory.reclaim') === '4096');
});

test('without swap nothing is done', async () => {
  writeFileSync(swaps, 'Filename Type Size Used Priority\n');
  cgroupReclaimer(treeOf(2), swaps).push('p', 'a')();
  expect(read('a')).toBeUndefined();
});
