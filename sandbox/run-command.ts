// Owns: one command's life: its own process group, its output, its timeout, and how it ended.
// Does not own: what was asked (execute.ts). The command is not tied to a request: a client that goes away does not end it.
// At the timeout the whole group is killed. Descendants that outlive the command and hold its pipes never delay the answer,
// and are not broken either: their later output is read and dropped.
import type { ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { childProcess, kill } from './builtins.ts';
import { findExecutable } from './find-executable.ts';
import { errorCode, goReason } from './go-errors.ts';
import { Output } from './output.ts';

export interface Command {
  readonly argv: readonly [string, ...string[]];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** The PATH that bare names are looked up in. */
  readonly searchPath: string;
  readonly timeoutMs: number;
  readonly outputLimitBytes: number;
}

export type Ending =
  | { kind: 'exited'; code: number }
  | { kind: 'signalled' }
  | { kind: 'timed-out' }
  | { kind: 'not-started'; reason: string };

export interface Finished {
  readonly ending: Ending;
  readonly stdout: string;
  readonly stderr: string;
}

/** After the command itself ended, output still in the pipes is awaited as long as it keeps coming, in steps of this. */
const QUIET_MS = 25;
/** A descendant that never stops printing gets this much attention and no more. */
const MAX_DRAIN_MS = 500;
/** setTimeout's own limit (24.8 days). */
const MAX_TIMER_MS = 2 ** 31 - 1;

const notStarted = (reason: string): Finished => ({
  ending: { kind: 'not-started', reason },
  stdout: '',
  stderr: '',
});

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

/** Resolves when both pipes are closed, or quiet, or the drain has lasted long enough. */
async function drain(child: ChildProcess, outputs: readonly Output[]): Promise<void> {
  const seen = (): number => outputs.reduce((sum, output) => sum + output.bytesSeen, 0);
  const isClosed = (): boolean => hasEnded(child.stdout) && hasEnded(child.stderr);
  for (
    let waited = 0, before = -1;
    !isClosed() && before !== seen() && waited < MAX_DRAIN_MS;
    waited += QUIET_MS
  ) {
    before = seen();
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

/** Runs the command to its end. Never rejects for what the command does or is; `onLeaderEnd` is called once in any case. */
export async function runCommand(command: Command, onLeaderEnd: () => void): Promise<Finished> {
  const [name] = command.argv;
  try {
    const file = findExecutable(name, command.searchPath);
    if (file === undefined) {
      return notStarted(`exec: ${JSON.stringify(name)}: executable file not found in $PATH`);
    }
    const child = spawnGroup(command, file);
    const stdout = new Output(command.outputLimitBytes);
    const stderr = new Output(command.outputLimitBytes);
    child.stdout?.on('data', (chunk: Buffer) => stdout.add(chunk));
    child.stderr?.on('data', (chunk: Buffer) => stderr.add(chunk));
    const ending = await waitForLeader(child, command);
    onLeaderEnd();
    await drain(child, [stdout, stderr]);
    dropFurtherOutput(child);
    const notes = stdout.truncationNote('stdout') + stderr.truncationNote('stderr');
    return { ending, stdout: stdout.text(), stderr: stderr.text() + notes };
  } catch (error) {
    return notStarted(`fork/exec ${name}: ${goReason(error)}`);
  } finally {
    onLeaderEnd();
  }
}
