// What is remembered of pods, over restarts.
import { appendFileSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { PodRecord } from '../../nodeagent/ports.ts';
import { openRecords } from './records.ts';

let folder: string;
beforeEach(() => void (folder = mkdtempSync(path.join(os.tmpdir(), 'records-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const record = (uid: string, version = 0): PodRecord => ({
  uid,
  namespace: 'team',
  name: 'echo',
  containers: [{ name: 'agent', id: 'c' }],
  version,
});
const open = (broken: string[] = []) =>
  openRecords(path.join(folder, 'below', 'it'), (file) => broken.push(path.basename(file)));

test.each([true, false])('a record (durable: %s) is found again by the next process', async (durable) => {
  const records = open();
  await records.write(record('a', 1), durable);
  await records.write(record('a', 2), durable);
  expect(open().list()).toEqual([record('a', 2)]);
  expect(records.find('a')).toEqual(record('a', 2));
});

test('one that was removed stays away; removing it again does nothing', async () => {
  const records = open();
  await records.write(record('a'), true);
  records.remove('a');
  records.remove('a');
  expect([records.find('a'), open().list()]).toEqual([undefined, []]);
});

describe('a process that was killed while it wrote', () => {
  const file = (name: string): string => path.join(folder, 'below', 'it', name);

  test('a new file leaves the old one, and what it had of the new one is cleared away', async () => {
    await open().write(record('a', 1), true);
    writeFileSync(file('a.jsonl.new'), '{"uid":"a","vers');
    expect(open().list()).toEqual([record('a', 1)]);
    expect(readdirSync(path.join(folder, 'below', 'it'))).toEqual(['a.jsonl']);
  });

  test.each(['{"uid":"a","vers', '\0\0\0\0\n'])(
    'a line (%j) leaves those before it, and the next is whole',
    async (half) => {
      await open().write(record('a', 1), true);
      appendFileSync(file('a.jsonl'), half);
      const again = open();
      expect(again.list()).toEqual([record('a', 1)]);
      await again.write(record('a', 2), false);
      expect(open().list()).toEqual([record('a', 2)]);
    },
  );
});

test('a file does not grow without end', async () => {
  const records = open();
  for (let version = 1; version <= 2_000; version += 1) await records.write(record('a', version), false);
  expect(statSync(path.join(folder, 'below', 'it', 'a.jsonl')).size).toBeLessThan(70_000);
  expect(open().list()).toEqual([record('a', 2_000)]);
});

test('a file that is no record is told and left, and the others are read', async () => {
  await open().write(record('a'), false);
  writeFileSync(path.join(folder, 'below', 'it', 'b.jsonl'), 'no');
  const broken: string[] = [];
  expect(open(broken).list()).toEqual([record('a')]);
  expect(broken).toEqual(['b.jsonl']);
});

test('a uid that is no file name is refused', async () => {
  await expect(open().write(record('../up'), false)).rejects.toThrow('not a uid');
});
