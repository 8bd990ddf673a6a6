// Owns: learning that nothing of a sandbox is left, without being its parent. The sandbox holds the FIFO `live` open for
// writing from its first process to its last; its end is the end of file at our side. Works the same for sandboxes
// that an earlier platform started. Does not own why it ended.
import { execFile } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { Socket } from 'node:net';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface Watch {
  /** Resolves once, at the end; never rejects. */
  readonly ended: Promise<void>;
  /** Stops watching; `ended` then never resolves. */
  close(): void;
}

/** Makes a fresh FIFO that only we may open by name. */
export async function makeFifo(file: string): Promise<void> {
  await rm(file, { force: true });
  await run('mkfifo', ['-m', '600', file]);
}

/** The end that a sandbox inherits; the caller closes its own copy after the spawn. Never blocks. */
export const openWriteEnd = (file: string): number => openSync(file, constants.O_RDWR | constants.O_NONBLOCK);

/** Watches a FIFO that somebody holds open for writing; when nobody does, `ended` resolves at once. Throws ENOENT. */
export function watchFifo(file: string): Watch {
  const fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  const socket = new Socket({ fd, readable: true, writable: false });
  const ended = new Promise<void>((resolve) => {
    socket.once('end', resolve);
    socket.once('error', () => resolve());
  });
  socket.resume();
  socket.unref();
  return {
    ended,
    close() {
      socket.removeAllListeners('end');
      socket.destroy();
    },
  };
}

export const closeEnd = (fd: number): void => closeSync(fd);
