// Owns: three ways to take the CPU from a sandbox's processes: cgroup version 2, the version 1 freezer, SIGSTOP.
// The files stay open, so that a thaw is a single write. None knows why it is asked.
import { closeSync, openSync, readFileSync, readSync, writeSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

export interface ProcessFreezer {
  /** True when nothing runs any more; false (and everything runs again) when that could not be had in time. */
  freeze(): Promise<boolean>;
  thaw(): void;
  frozen(): boolean;
  close(): void;
}

const patienceMs = 2_000;

/** Asks at once, then ever more rarely (from 0.2 ms to 20 ms). */
async function until(done: () => boolean): Promise<boolean> {
  for (let spin = 0; spin < 20; spin += 1) {
    if (done()) return true;
    await new Promise((resolve) => setImmediate(resolve));
  }
  for (
    let waited = 0, pauseMs = 1;
    waited < patienceMs;
    waited += pauseMs, pauseMs = Math.min(20, pauseMs * 2)
  ) {
    if (done()) return true;
    await delay(pauseMs);
  }
  return done();
}

function reader(fd: number): () => string {
  const buffer = Buffer.alloc(256);
  return () => buffer.toString('utf8', 0, readSync(fd, buffer, 0, buffer.length, 0));
}

async function freezeOrThaw(freezer: Pick<ProcessFreezer, 'frozen' | 'thaw'>): Promise<boolean> {
  if (await until(() => freezer.frozen())) return true;
  freezer.thaw();
  return false;
}

/** `folder` is the sandbox's directory in the unified hierarchy. */
export function unifiedFreezer(folder: string): ProcessFreezer {
  const control = openSync(path.join(folder, 'cgroup.freeze'), 'r+');
  const events = openSync(path.join(folder, 'cgroup.events'), 'r');
  const readEvents = reader(events);
  const freezer: ProcessFreezer = {
    freeze() {
      writeSync(control, '1', 0);
      return freezeOrThaw(freezer);
    },
    thaw: () => void writeSync(control, '0', 0),
    frozen: () => /^frozen 1$/m.test(readEvents()),
    close() {
      closeSync(control);
      closeSync(events);
    },
  };
  return freezer;
}

/** `folder` is the sandbox's directory in the version 1 hierarchy of the freezer. */
export function legacyFreezer(folder: string): ProcessFreezer {
  const control = openSync(path.join(folder, 'freezer.state'), 'r+');
  const readState = reader(control);
  const freezer: ProcessFreezer = {
    freeze() {
      writeSync(control, 'FROZEN', 0);
      return freezeOrThaw(freezer);
    },
    thaw: () => void writeSync(control, 'THAWED', 0),
    frozen: () => readState().startsWith('FROZEN'),
    close: () => closeSync(control),
  };
  return freezer;
}

export interface Signals {
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void;
  allStopped(): boolean;
}

/** Without any freezer: stops what is found. Not atomic, for a process may fork meanwhile; hence asked until it holds. */
export function signalFreezer(signals: Signals): ProcessFreezer {
  const freezer: ProcessFreezer = {
    freeze() {
      signals.signal('SIGSTOP');
      return freezeOrThaw({
        frozen: () => signals.allStopped() || (signals.signal('SIGSTOP'), signals.allStopped()),
        thaw: () => freezer.thaw(),
      });
    },
    thaw: () => signals.signal('SIGCONT'),
    frozen: () => signals.allStopped(),
    close: () => undefined,
  };
  return freezer;
}

/** Whether a process is stopped or gone, by /proc/<pid>/stat. */
export function isStopped(pid: number): boolean {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return /^[TtZX]/.test(text.slice(text.lastIndexOf(')') + 2));
  } catch {
    return true;
  }
}
