import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { resourceCopy } from './resource-copy.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'copy-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const row = (name: string, resourceVersion: number) => ({
  kind: 'AgentRuntime',
  namespace: 'default',
  name,
  json: `{"name":"${name}","grüße":"\\u0000"}`,
  resourceVersion,
});

test('a data dir without a copy has none', async () => {
  expect(await resourceCopy(folder).read()).toBeUndefined();
});

test('what was written last is read, exactly, by the next program, and nothing else is left', async () => {
  await resourceCopy(folder).write({ rows: [row('a', 1)], counter: 1 });
  const last = { rows: [row('b', 7), row('a', 3)], counter: 9 };
  await resourceCopy(folder).write(last);
  expect(await resourceCopy(folder).read()).toEqual(last);
  expect(readdirSync(folder)).toEqual(['runtimes.json']);
});

test('a write that was cut off leaves the copy before it', async () => {
  const copied = { rows: [row('a', 1)], counter: 1 };
  await resourceCopy(folder).write(copied);
  writeFileSync(path.join(folder, 'runtimes.json.part'), '{"format":1,"cou');
  expect(await resourceCopy(folder).read()).toEqual(copied);
});

test.each(['', 'null', '{"format":2,"counter":1,"rows":[]}', '{"format":1,"counter":1,"rows":[{}]}'])(
  'what is no copy (%j) is said, and never taken for none',
  async (text) => {
    writeFileSync(path.join(folder, 'runtimes.json'), text);
    await expect(resourceCopy(folder).read()).rejects.toThrow(/runtimes\.json is not a copy of runtimes/);
  },
);
