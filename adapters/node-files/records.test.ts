// What is remembered of pods, over restarts.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
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

test('what a killed process left half written is not read, and cleared away', async () => {
  const records = open();
  await records.write(record('a', 1), true);
  writeFileSync(path.join(folder, 'below', 'it', 'a.json.new'), '{"uid":"a","vers');
  expect(open().list()).toEqual([record('a', 1)]);
  expect(readdirSync(path.join(folder, 'below', 'it'))).toEqual(['a.json']);
});

test('a file that is no record is told and left, and the others are read', async () => {
  await open().write(record('a'), false);
  writeFileSync(path.join(folder, 'below', 'it', 'b.json'), 'no');
  const broken: string[] = [];
  expect(open(broken).list()).toEqual([record('a')]);
  expect(broken).toEqual(['b.json']);
});

test('a uid that is no file name is refused', async () => {
  await expect(open().write(record('../up'), false)).rejects.toThrow('not a uid');
});
