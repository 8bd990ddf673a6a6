// Owns: what SQLite's failures mean to whoever asked, and what an operator can do about each.
// Does not own faults of ours: a broken constraint or a wrong statement passes through as it is.
import { PlatformError } from '../../model/errors.ts';

/** What node:sqlite throws, by its shape: `instanceof` would miss errors of another realm. */
interface Thrown {
  readonly code?: unknown;
  readonly errcode?: unknown;
  readonly message?: unknown;
}

const damaged = (path: string): string =>
  `${path} is damaged or not a database: stop the platform and move it away with its -wal file (or put a backup back)`;
const inUse = (path: string): string =>
  `${path} is in use by another process: stop the other platform, or give this one a data directory of its own`;
const notWritable = (path: string): string =>
  `${path} cannot be written: check its owner, its permissions and that its disk is not mounted read-only`;

/** By SQLite's primary result code (the low byte of what it reports). */
const advice: Readonly<Record<number, (path: string) => string>> = {
  3: notWritable,
  5: inUse,
  6: inUse,
  7: () => 'SQLite ran out of memory: free some and ask again',
  8: notWritable,
  10: (path) => `the disk of ${path} reports errors: check the disk and the system log`,
  11: damaged,
  13: (path) => `the disk of ${path} is full: free some space and ask again`,
  14: (path) => `${path} cannot be opened: its directory must exist and be writable`,
  26: damaged,
};

/** What a failed operation on `path` rejects with: STORE_UNAVAILABLE with words that say what to do, or the fault itself. */
export function storeFailure(thrown: unknown, path: string): unknown {
  const { code, errcode, message } = Object(thrown) as Thrown;
  // node:sqlite says so when a statement is used after close.
  if (code === 'ERR_INVALID_STATE') return new PlatformError('STORE_UNAVAILABLE', 'the store was closed');
  if (code !== 'ERR_SQLITE_ERROR' || typeof errcode !== 'number') return thrown;
  const say = advice[errcode & 0xff];
  return say ? new PlatformError('STORE_UNAVAILABLE', say(path), { reason: String(message) }) : thrown;
}
