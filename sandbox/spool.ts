// Owns: a nameless temporary file that holds an upload until the whole request has come.
// Does not own: what is in it. It is unlinked at once, so nothing is left behind whatever happens.
import { fs, os, path } from './builtins.ts';

const COPY_CHUNK_BYTES = 256 * 1024;

export interface Spool {
  write: (bytes: Buffer) => void;
  /** Copies everything written so far to another open file. */
  copyTo: (fd: number) => void;
  close: () => void;
}

function writeAll(fd: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length;) at += fs.writeSync(fd, bytes, at);
}

/** Opens an empty spool in the system's temporary directory. Throws what the file system throws. */
export function openSpool(): Spool {
  const directory = fs.mkdtempSync(path.join(os().tmpdir(), 'upload-'));
  const file = path.join(directory, 'spool');
  let fd: number;
  try {
    fd = fs.openSync(file, 'wx+', 0o600);
  } finally {
    fs.rmSync(directory, { recursive: true, force: true });
  }
  return {
    write: (bytes) => {
      writeAll(fd, bytes);
    },
    copyTo: (target) => {
      const buffer = Buffer.allocUnsafe(COPY_CHUNK_BYTES);
      for (let at = 0, count = -1; count !== 0; at += count) {
        count = fs.readSync(fd, buffer, 0, buffer.length, at);
        writeAll(target, buffer.subarray(0, count));
      }
    },
    close: () => {
      fs.closeSync(fd);
    },
  };
}
