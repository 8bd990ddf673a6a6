// Owns: reading a sandbox's output for somebody who looks: the last of it, and what comes while they look.
// Does not own writing it (launcher.ts), nor keeping it short (sandbox-files.ts): when it was cut, reading goes on behind what was kept.
import { open, type FileHandle } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LogRequest } from '../../controller/driver.ts';

/** How soon new output is seen (ms). */
const everyMs = 200;
const chunkBytes = 64 * 1024;
const newline = 10;

/** Where the last `lines` lines begin; a last line that goes on counts as one. */
async function startOf(file: FileHandle, size: number, lines: number): Promise<number> {
  if (lines === 0) return size;
  let wanted = lines;
  for (let end = size; end > 0; end -= Math.min(end, chunkBytes)) {
    const length = Math.min(end, chunkBytes);
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, end - length);
    for (let at = length - 1; at >= 0; at -= 1) {
      const isLast = end - length + at === size - 1;
      if (buffer[at] !== newline || isLast) continue;
      wanted -= 1;
      if (wanted === 0) return end - length + at + 1;
    }
  }
  return 0;
}

async function* between(file: FileHandle, from: number, to: number): AsyncGenerator<Uint8Array, number> {
  let at = from;
  while (at < to) {
    const { bytesRead, buffer } = await file.read(
      Buffer.alloc(chunkBytes),
      0,
      Math.min(chunkBytes, to - at),
      at,
    );
    if (bytesRead === 0) break;
    yield buffer.subarray(0, bytesRead);
    at += bytesRead;
  }
  return at;
}

const opened = async (name: string): Promise<FileHandle | undefined> => {
  try {
    return await open(name, 'r');
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw fault;
  }
};

/** The content of the file as it is asked for. Ends when the signal aborts, or when the file is gone. */
export async function* readLog(
  name: string,
  { lines, follow, signal }: LogRequest,
): AsyncGenerator<Uint8Array> {
  let at: number | undefined;
  do {
    const file = await opened(name);
    if (!file) return;
    try {
      const { size } = await file.stat();
      at ??= lines === undefined ? 0 : await startOf(file, size, lines);
      at = yield* between(file, Math.min(at, size), size);
    } finally {
      await file.close();
    }
    if (follow) await sleep(everyMs, undefined, { signal }).catch(() => undefined);
  } while (follow && !signal.aborted);
}
