import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readLog } from './log-reading.ts';

let folder: string;
let file: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'agentcube-log-'));
  file = path.join(folder, 'log');
});
afterAll(() => rmSync(folder, { recursive: true }));

async function read(lines: number | undefined): Promise<string> {
  const chunks: Uint8Array[] = [];
  const signal = new AbortController().signal;
  for await (const chunk of readLog(file, { ...(lines !== undefined && { lines }), follow: false, signal }))
    chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

describe('what was printed so far', () => {
  test.each([
    ['', 3, ''],
    ['one\n', undefined, 'one\n'],
    ['one\ntwo\nthree\n', 2, 'two\nthree\n'],
    ['one\ntwo\nthr', 2, 'two\nthr'],
    ['one\ntwo\n', 9, 'one\ntwo\n'],
    ['one\ntwo\n', 0, ''],
    ['\n\n\n', 2, '\n\n'],
  ])('%j, the last %p lines', async (content, lines, expected) => {
    writeFileSync(file, content);
    expect(await read(lines)).toBe(expected);
  });

  test('over the borders of what is read at once', async () => {
    const long = Array.from({ length: 40_000 }, (_, at) => `line ${at}\n`);
    writeFileSync(file, long.join(''));
    expect(await read(20_000)).toBe(long.slice(-20_000).join(''));
  });

  test('of a sandbox that is gone: nothing', async () => {
    rmSync(file);
    expect(await read(5)).toBe('');
  });
});

describe('what comes', () => {
  test('is told as it comes, also after the file was cut, until nobody wants it or the file is gone', async () => {
    writeFileSync(file, 'old\n');
    const signal = new AbortController().signal;
    const chunks = readLog(file, { lines: 1, follow: true, signal })[Symbol.asyncIterator]();
    const next = async () => Buffer.from((await chunks.next()).value ?? []).toString();
    expect(await next()).toBe('old\n');
    const first = next();
    appendFileSync(file, 'new\n');
    expect(await first).toBe('new\n');
    writeFileSync(file, 'k\n');
    const later = next();
    // Long enough that the shorter file was seen before it grew again: what was kept is not told twice.
    await new Promise((resolve) => setTimeout(resolve, 500));
    appendFileSync(file, 'more\n');
    expect(await later).toBe('more\n');
    rmSync(file);
    expect((await chunks.next()).done).toBe(true);
  });

  test('ends with the wish for it', async () => {
    writeFileSync(file, '');
    const stop = new AbortController();
    const chunks = readLog(file, { follow: true, signal: stop.signal });
    const ended = chunks.next();
    stop.abort();
    expect((await ended).done).toBe(true);
  });
});
