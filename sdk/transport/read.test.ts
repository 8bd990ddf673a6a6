import { expect, test } from '@jest/globals';
import { lines, pieces, readBytes, texts } from './read.ts';

const bodyOf = (...parts: readonly (string | Uint8Array)[]): ReadableStream<Uint8Array> =>
  new Blob(parts.map((part) => (typeof part === 'string' ? part : new Uint8Array(part)))).stream();

function inPieces(...parts: readonly Uint8Array[]): {
  body: ReadableStream<Uint8Array>;
  cancelled: () => boolean;
} {
  const left = [...parts];
  let isCancelled = false;
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      const next = left.shift();
      if (next) controller.enqueue(next);
      else controller.close();
    },
    cancel: () => void (isCancelled = true),
  });
  return { body, cancelled: () => isCancelled };
}

async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const found: Item[] = [];
  for await (const item of items) found.push(item);
  return found;
}

test('text is never cut within a character', async () => {
  const [first, second] = [Uint8Array.of(0x61, 0xc3), Uint8Array.of(0xa4, 0xff)];
  expect(await all(texts(inPieces(first, second).body))).toEqual(['a', '\u00e4\ufffd']);
});

test('lines come whole, empty ones are left out, the last needs no end', async () => {
  const parts = ['{"a":', '1}\n\n{"b"', ':2}\n', 'c'].map((text) => Buffer.from(text));
  expect(await all(lines(inPieces(...parts).body))).toEqual(['{"a":1}', '{"b":2}', 'c']);
});

test('who leaves early ends the body', async () => {
  const { body, cancelled } = inPieces(Uint8Array.of(1), Uint8Array.of(2), Uint8Array.of(3));
  for await (const _ of pieces(body)) break;
  expect(cancelled()).toBe(true);
});

test('a limit keeps the beginning', async () => {
  const { body, cancelled } = inPieces(Uint8Array.of(1, 2), Uint8Array.of(3, 4), Uint8Array.of(5));
  expect([...(await readBytes(body, 3))]).toEqual([1, 2, 3, 4]);
  expect(cancelled()).toBe(true);
  expect(Buffer.from(await readBytes(bodyOf('ab', 'c'))).toString()).toBe('abc');
});
