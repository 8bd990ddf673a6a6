// Programs of this machine that a command runs: docker, pip, npm. What they print goes to standard error, or is shown when they fail.
import { spawn } from 'node:child_process';
import { CliError } from './failure.ts';
import type { Io } from './io.ts';

export interface Child {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly input?: string;
  /** What to do when the program is not there. */
  readonly missing: string;
  /** Shown as it comes. */
  readonly onOutput?: (text: string) => void;
}

/** How much of what a program printed is told when it fails (lines). */
const tail = 8;

const ended = (program: string, code: number | null, printed: string): CliError => {
  const last = printed.trim().split('\n').slice(-tail).join('\n  ');
  return new CliError(
    'refused',
    `${program} failed (exit code ${code ?? 'none'})`,
    last === '' ? undefined : last,
  );
};

/** What it printed on standard output. Rejects when it is not there, or ends with another code than 0. */
export function runChild(io: Io, { program, args, cwd, input, missing, onOutput }: Child): Promise<string> {
  const child = spawn(program, args, {
    cwd: cwd ?? io.cwd,
    env: { ...io.env },
    stdio: ['pipe', 'pipe', 'pipe'],
    signal: io.signal,
  });
  const [stdout, all]: [string[], string[]] = [[], []];
  const hear = (chunk: string): void => {
    all.push(chunk);
    onOutput?.(chunk);
  };
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => void (stdout.push(chunk), hear(chunk)));
  child.stderr.setEncoding('utf8').on('data', hear);
  child.stdin.on('error', () => undefined).end(input ?? '');
  return new Promise((resolve, reject) => {
    child.once('error', (fault: NodeJS.ErrnoException) =>
      reject(
        fault.code === 'ENOENT' ? new CliError('refused', `${program} is not installed`, missing) : fault,
      ),
    );
    child.once('close', (code) =>
      code === 0 ? resolve(stdout.join('')) : reject(ended(program, code, all.join(''))),
    );
  });
}
