// Owns: getting the data dir from a program that led before. It is given time to let go; one that does not, because it is frozen
// or stuck, is killed, so that it cannot touch a sandbox when it wakes up (only one program uses the driver).
// Killed is only the very process that wrote itself down as the holder and has the lock file open; never this one.
import { readdirSync, readlinkSync, realpathSync } from 'node:fs';
import type { Clock } from '../../model/clock.ts';
import { identify, inUse, lockFileOf, readHolder, tryLock, type DataDirLock, type Holder } from './lock.ts';
import type { Log } from './options.ts';

/** How long the holder may take to let go, and how long the kernel may take to end it (ms). */
const patienceMs = 1_000;
const endingMs = 5_000;
const lookEveryMs = 20;
/** A longer time between two looks counts as this (ms): this process stood still itself, and must first learn what it missed. */
const longestLookMs = 100;

export interface TakeOverDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** Whether this program is still the one that should have it. Asked before anybody is killed. */
  readonly wanted: () => boolean;
}

const pause = (clock: Clock): Promise<void> =>
  new Promise((resolve) => clock.after(lookEveryMs, () => resolve()));

/** The lock as soon as it is free; undefined after `ms`. */
async function lockWithin(dataDir: string, ms: number, clock: Clock): Promise<DataDirLock | undefined> {
  let leftMs = ms;
  for (let before = clock.monotonic(); leftMs > 0;) {
    const lock = tryLock(dataDir);
    if (lock) return lock;
    await pause(clock);
    const now = clock.monotonic();
    leftMs -= Math.min(now - before, longestLookMs);
    before = now;
  }
  return undefined;
}

function hasOpen(pid: number, file: string): boolean {
  try {
    const folder = `/proc/${pid}/fd`;
    return readdirSync(folder).some((fd) => {
      try {
        return readlinkSync(`${folder}/${fd}`) === file;
      } catch {
        return false;
      }
    });
  } catch {
    return false;
  }
}

/** Why this process must not be killed; undefined when it may. */
function objection(dataDir: string, holder: Holder | undefined): string | undefined {
  if (!holder) return ' that did not say which it is';
  if (holder.pid === process.pid) return ', which is this one,';
  if (holder.startedAt === undefined) return ', which cannot be told from others here,';
  if (
    identify(holder.pid).startedAt !== holder.startedAt ||
    !hasOpen(holder.pid, realpathSync(lockFileOf(dataDir)))
  )
    return ' or another that came after it';
  return undefined;
}

function kill(dataDir: string, { pid }: Holder): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (fault) {
    const { code } = fault as NodeJS.ErrnoException;
    if (code === 'EPERM') throw inUse(dataDir, ', which this user may not end');
    if (code !== 'ESRCH') throw fault;
  }
}

/** Locks the data dir, from whoever has it. Rejects with LocalSetupError when the holder is not to be killed, or does not go. */
export async function takeOverDataDir(
  dataDir: string,
  { clock, log, wanted }: TakeOverDeps,
): Promise<DataDirLock> {
  const free = await lockWithin(dataDir, patienceMs, clock);
  if (free) return free;
  const holder = readHolder(dataDir);
  const refused = objection(dataDir, holder);
  if (refused !== undefined || !holder) throw inUse(dataDir, refused);
  if (!wanted()) throw inUse(dataDir, ', and this one is no more to have it');
  log('warn', 'the program that used the data folder before does not let go of it: killed', { ...holder });
  kill(dataDir, holder);
  const lock = await lockWithin(dataDir, endingMs, clock);
  if (!lock) throw inUse(dataDir, ', which does not end');
  return lock;
}
