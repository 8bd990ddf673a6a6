// Owns: that one program at a time uses a data dir. The lock is the kernel's (a file lock held by an open SQLite
// file), so it dies with the process, kill -9 included, and a stale file means nothing.
// Does not own how the lock is got from one that keeps it (take-over.ts).
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { LocalSetupError } from './options.ts';
import { leaderOf } from './processes.ts';

export interface DataDirLock {
  release(): void;
}

/** The process that took the lock last; it may be gone. */
export interface Holder {
  readonly pid: number;
  /** In the kernel's words; undefined where it does not tell. */
  readonly startedAt?: string;
}

const busyCode = 5;

export const lockFileOf = (dataDir: string): string => path.join(dataDir, 'platform.lock');
const holderFile = (dataDir: string): string => path.join(dataDir, 'platform.pid');

/** The process as it is recognised when its number was given to another. */
export const identify = (pid: number): Holder => {
  const { startedAt } = leaderOf(pid, '');
  return { pid, ...(startedAt !== undefined && { startedAt }) };
};

/** Who took the lock last; undefined when nobody says so. */
export function readHolder(dataDir: string): Holder | undefined {
  try {
    const [pid, startedAt] = readFileSync(holderFile(dataDir), 'utf8').trim().split(' ');
    return { pid: Number(pid), ...(startedAt !== undefined && { startedAt }) };
  } catch {
    return undefined;
  }
}

/** The lock, or undefined while another has it. */
export function tryLock(dataDir: string): DataDirLock | undefined {
  const database = new DatabaseSync(lockFileOf(dataDir));
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (fault) {
    database.close();
    if ((fault as { errcode?: number }).errcode === busyCode) return undefined;
    throw fault;
  }
  const { pid, startedAt } = identify(process.pid);
  writeFileSync(holderFile(dataDir), `${startedAt === undefined ? pid : `${pid} ${startedAt}`}\n`);
  return { release: () => database.close() };
}

/** The refusal, naming who has the lock. `why`: what kept it from being taken over. */
export function inUse(dataDir: string, why = ''): LocalSetupError {
  const holder = readHolder(dataDir);
  const who = holder ? `process ${holder.pid}` : 'another process';
  const cure = 'stop it, or give this one another folder';
  return new LocalSetupError(`the data folder ${dataDir} is in use by ${who}${why}: ${cure}`);
}

/** Locks the data dir for this process. Throws LocalSetupError naming who holds it. */
export function lockDataDir(dataDir: string): DataDirLock {
  const lock = tryLock(dataDir);
  if (!lock) throw inUse(dataDir);
  return lock;
}
