// Owns: programs of the cluster that run on after the script that started them has ended: start, wait, stop, find again.
// Does not own: which programs (programs.ts). Invariant: a process is only ever signalled when it is still the one that was started:
// its number and its start time in the kernel's table are kept together.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { at } from './places.ts';

export interface Daemon {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** True once it serves; asked until then. */
  readonly ready: () => Promise<boolean>;
}

const pidFile = (name: string): string => at('run', `${name}.pid`);
/** What the program says goes here. */
export const logOf = (name: string): string => at('logs', `${name}.log`);

// Its first thread may be gone while others still hold its sockets.
const isDead = (pid: number, state: string | undefined): boolean =>
  state === 'Z' && fs.readdirSync(`/proc/${pid}/task`).length === 1;

/** The kernel's start time of a process, undefined when there is none or it is dead. */
function startOf(pid: number): string | undefined {
  try {
    const fields = fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return isDead(pid, fields[0]) ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

/** The process of a daemon that was started and lives, or undefined. */
export function pidOf(name: string): number | undefined {
  try {
    const [pid, start] = fs.readFileSync(pidFile(name), 'utf8').split(' ');
    return startOf(Number(pid)) === start ? Number(pid) : undefined;
  } catch {
    return undefined;
  }
}

/** Waits until `check` is true; throws with `what` after `timeoutMs`. */
export async function until(
  what: string,
  check: () => boolean | Promise<boolean>,
  timeoutMs = 60_000,
): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (!(await check())) {
    if (Date.now() > end) throw new Error(`${what}: not within ${timeoutMs / 1000} s`);
    await sleep(50);
  }
}

function tail(name: string): string {
  return fs.readFileSync(logOf(name), 'utf8').trimEnd().split('\n').slice(-15).join('\n');
}

async function served(daemon: Daemon): Promise<boolean> {
  if (pidOf(daemon.name) === undefined) throw new Error(`${daemon.name} ended:\n${tail(daemon.name)}`);
  return daemon.ready().catch(() => false);
}

/** Starts a daemon unless it runs already, and waits until it serves. */
export async function start(daemon: Daemon): Promise<void> {
  if (pidOf(daemon.name) === undefined) {
    const log = fs.openSync(logOf(daemon.name), 'a');
    const child = spawn(daemon.command, daemon.args, {
      detached: true,
      stdio: ['ignore', log, log],
      env: { PATH: process.env['PATH'], HOME: at('run'), ...daemon.env },
      cwd: at('run'),
    });
    fs.closeSync(log);
    await new Promise((resolve, reject) => child.once('spawn', resolve).once('error', reject));
    child.unref();
    fs.writeFileSync(pidFile(daemon.name), `${child.pid} ${startOf(child.pid ?? 0)}`);
  }
  await until(daemon.name, () => served(daemon)).catch((fault: unknown) => {
    throw new Error(`${String(fault)}\n${tail(daemon.name)}`);
  });
}

/** Ends a daemon: asked first, killed after `patienceMs`. */
export async function stop(name: string, patienceMs = 5_000): Promise<void> {
  const pid = pidOf(name);
  if (pid !== undefined) {
    process.kill(pid, patienceMs === 0 ? 'SIGKILL' : 'SIGTERM');
    await until(name, () => pidOf(name) === undefined, Math.max(patienceMs, 2_000)).catch(() =>
      process.kill(pid, 'SIGKILL'),
    );
    await until(name, () => pidOf(name) === undefined);
  }
  fs.rmSync(pidFile(name), { force: true });
}
