// The kernel's words on a container's memory.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { inWords, killsOf, limitOf } from './memory.ts';

let folder: string;
beforeEach(() => void (folder = mkdtempSync(path.join(os.tmpdir(), 'memory-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const put = (file: string, content: string): void => writeFileSync(path.join(folder, file), content);

test.each([
  [134_217_728, '128Mi'],
  [1_073_741_824, '1Gi'],
  [1_610_612_736, '1536Mi'],
  [1_000, '1000'],
])('%d bytes are %s', (bytes, words) => expect(inWords(bytes)).toBe(words));

describe('version 2', () => {
  test('limit and kills', () => {
    put('memory.max', '67108864\n');
    put('memory.events', 'low 0\noom 3\noom_kill 2\noom_group_kill 0\n');
    expect([limitOf({ version: 2, folder }), killsOf({ version: 2, folder })]).toEqual(['64Mi', 2]);
  });

  test('no limit', () => {
    put('memory.max', 'max\n');
    expect(limitOf({ version: 2, folder })).toBeUndefined();
  });
});

describe('version 1', () => {
  test('limit and kills', () => {
    put('memory.limit_in_bytes', '67108864\n');
    put('memory.oom_control', 'oom_kill_disable 0\nunder_oom 0\noom_kill 1\n');
    expect([limitOf({ version: 1, folder }), killsOf({ version: 1, folder })]).toEqual(['64Mi', 1]);
  });

  test('no limit', () => {
    put('memory.limit_in_bytes', '9223372036854771712\n');
    expect(limitOf({ version: 1, folder })).toBeUndefined();
  });
});

test('of a container that is gone nothing is known', () => {
  expect([limitOf({ version: 2, folder }), killsOf({ version: 1, folder })]).toEqual([undefined, undefined]);
});
