// Owns: that one platform at a time uses a data dir. The lock is the kernel's (a file lock held by an open SQLite
// file), so it dies with the process, kill -9 included, and a stale file means nothing.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { LocalSetupError } from './options.ts';

export interface DataDirLock {
  release(): void;
}

const busyCode = 5;

function holder(pidFile: string): string {
  try {
    return `process ${readFileSync(pidFile, 'utf8').trim()}`;
  } catch {
    return 'another process';
  }
}

/** Locks the data dir for this process. Throws LocalSetupError naming who holds it. */
export function lockDataDir(dataDir: string): DataDirLock {
  const pidFile = path.join(dataDir, 'platform.pid');
  const database = new DatabaseSync(path.join(dataDir, 'platform.lock'));
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (fault) {
    database.close();
    if ((fault as { errcode?: number }).errcode !== busyCode) throw fault;
    const message = `the data folder ${dataDir} is in use by ${holder(pidFile)}: stop it, or give this one another folder`;
    throw new LocalSetupError(message, fault);
  }
  writeFileSync(pidFile, `${process.pid}\n`);
  return { release: () => database.close() };
}
