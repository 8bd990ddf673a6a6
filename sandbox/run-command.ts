// Owns: one command's life: its own process group, its output, its timeout, and how it ended.
// Does not own: what was asked (execute.ts), nor what becomes of output. The command is not tied to a request unless its taker
// says so: a client that goes away does not end it by itself.
// At the timeout the whole group is killed. Descendants that outlive the command and hold its pipes never delay the answer,
// and are not broken either: their later output is read and dropped.
import type { ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { childProcess, kill } from './builtins.ts';
import { findExecutable } from './find-executable.ts';
import { errorCode, goReason } from './go-errors.ts';
export interface Command {
  readonly argv: readonly [string, ...string[]];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** The PATH that bare names are looked up in. */
  readonly searchPath: string;
  readonly timeoutMs: number;
}

/** Who gets one stream of output. */
export interface Taker {
  add(chunk: Buffer): void;
  /** Bytes that came, kept or not. */
  readonly bytesSeen: number;
  /** True while it wants no more; it says itself when that ends. */
  readonly isFull?: boolean;
}

/** A command that was started, for whoever takes its output. */
export interface Running {
  /** Ends it, and all that it started and that stayed in its group. */
  kill(): void;
  pause(): void;
  resume(): void;
}

export interface Takers {
  readonly stdout: Taker;
  readonly stderr: Taker;
  readonly onStart?: (running: Running) => void;
}

export type Ending =
  | { kind: 'exited'; code: number }
  | { kind: 'signalled' }
  | { kind: 'timed-out' }
  | { kind: 'not-started'; reason: string };

/** After the command itself ended, output still in the pipes is awaited as long as it keeps coming, in steps of this. */
const QUIET_MS = 25;
/** A descendant that never stops printing gets this much attention and no more. */
const MAX_DRAIN_MS = 500;
/** setTimeout's own limit (24.8 days). */
const MAX_TIMER_MS = 2 ** 31 - 1;

const notStarted = (reason: string): Ending => ({ kind: 'not-started', reason });

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    kill(-child.pid, 'SIGKILL');
  } catch (error) {
    // ESRCH: the group ended by itself between the timer and here.
    if (errorCode(error) !== 'ESRCH') throw error;
  }
}

const hasEnded = (source: Readable | null): boolean =>
  source === null || source.readableEnded || source.destroyed;

/** Resolves when both pipes are closed, or quiet, or the drain has lasted long enough. While a taker is full nothing is quiet. */
async function drain(child: ChildProcess, takers: readonly Taker[]): Promise<void> {
  const seen = (): number => takers.reduce((sum, taker) => sum + taker.bytesSeen, 0);
  const isFull = (): boolean => takers.some((taker) => taker.isFull === true);
  const isClosed = (): boolean => hasEnded(child.stdout) && hasEnded(child.stderr);
  for (
    let waited = 0, before = -1;
    !isClosed() && (isFull() || (before !== seen() && waited < MAX_DRAIN_MS));
    waited += QUIET_MS
  ) {
    before = isFull() ? -1 : seen();
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, QUIET_MS);
      child.once('close', () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}

/** Later output of descendants is thrown away, and does not keep the daemon from stopping. */
function dropFurtherOutput(child: ChildProcess): void {
  // Node types them as plain streams; between processes they are sockets.
  for (const source of [child.stdout, child.stderr] as (Socket | null)[]) {
    source?.removeAllListeners('data');
    source?.resume();
    source?.unref();
  }
}

function spawnGroup(command: Command, file: string): ChildProcess {
  const [argv0, ...args] = command.argv;
  return childProcess().spawn(file, args, {
    argv0,
    cwd: command.cwd,
    env: command.env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** How the leader of the group ended; the timeout kills and is what counts then. */
function waitForLeader(child: ChildProcess, command: Command): Promise<Ending> {
  return new Promise((resolve) => {
    let timedOut = false;
    const timer = setTimeout(
      () => {
        timedOut = true;
        killGroup(child);
      },
      Math.min(command.timeoutMs, MAX_TIMER_MS),
    );
    child.on('error', (error) => {
      clearTimeout(timer);
      resolve({ kind: 'not-started', reason: `fork/exec ${command.argv[0]}: ${goReason(error)}` });
    });
    child.once('exit', (code) => {
      clearTimeout(timer);
      if (timedOut) resolve({ kind: 'timed-out' });
      else resolve(code === null ? { kind: 'signalled' } : { kind: 'exited', code });
    });
  });
}

function takeOutput(child: ChildProcess, { stdout, stderr, onStart }: Takers): void {
  child.stdout?.on('data', (chunk: Buffer) => stdout.add(chunk));
  child.stderr?.on('data', (chunk: Buffer) => stderr.add(chunk));
  const each = (act: (source: Readable) => void): void => {
    for (const source of [child.stdout, child.stderr]) if (source !== null) act(source);
  };
  onStart?.({
    // Its group's number may be somebody else's once it ended.
    kill: () => {
      if (child.exitCode === null && child.signalCode === null) killGroup(child);
    },
    pause: () => each((source) => source.pause()),
    resume: () => each((source) => source.resume()),
  });
}

/** Runs the command to its end. Never rejects for what the command does or is; `onLeaderEnd` is called in any case. */
export async function runCommand(command: Command, takers: Takers, onLeaderEnd: () => void): Promise<Ending> {
  const [name] = command.argv;
  try {
    const file = findExecutable(name, command.searchPath);
    if (file === undefined) {
      return notStarted(`exec: ${JSON.stringify(name)}: executable file not found in $PATH`);
    }
    const child = spawnGroup(command, file);
    takeOutput(child, takers);
    const ending = await waitForLeader(child, command);
    onLeaderEnd();
    await drain(child, [takers.stdout, takers.stderr]);
    dropFurtherOutput(child);
    return ending;
  } catch (error) {
    return notStarted(`fork/exec ${name}: ${goReason(error)}`);
  } finally {
    onLeaderEnd();
  }
}
