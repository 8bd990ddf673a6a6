// The agentcube command as tests use it: in this process with captured streams, or as a process of its own.
// Does not own what it speaks to (support/platform.ts, support/scripted-platform.ts).
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll } from '@jest/globals';
import type { Io } from '../../cli/io.ts';
import { run } from '../../cli/run.ts';

const entry = path.resolve(import.meta.dirname, '../../cli/main.ts');

export interface Asked {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly stdin?: string;
  readonly signal?: AbortSignal;
  /** Told of each piece of standard output. */
  readonly onOutput?: (text: string) => void;
}

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Removed at the end of the test file that imports this. */
const made: string[] = [];
afterAll(() => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true });
});

/** An empty folder: a home, a working directory. */
export function emptyFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'agentcube-cli-'));
  made.push(folder);
  return folder;
}

/** A person at a machine without any kubeconfig: nothing of this process' own environment counts. */
export class Person {
  readonly home = emptyFolder();
  readonly cwd = emptyFolder();
  readonly #env: Readonly<Record<string, string>>;

  constructor(env: Readonly<Record<string, string>> = {}) {
    this.#env = { AGENTCUBE_DATA_DIR: path.join(this.home, 'no-platform'), ...env };
  }

  /** Runs the command in this process. */
  async types(args: readonly string[], asked: Asked = {}): Promise<Ended> {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const printed = Promise.all([text(stdout), text(stderr)]);
    if (asked.onOutput) stdout.on('data', (chunk: Buffer) => asked.onOutput?.(chunk.toString()));
    const io: Io = {
      stdin: Readable.from([asked.stdin ?? '']),
      stdout: stdout,
      stderr: stderr,
      env: { ...this.#env, ...asked.env },
      cwd: asked.cwd ?? this.cwd,
      home: this.home,
      signal: asked.signal ?? new AbortController().signal,
    };
    const code = await run(args, io);
    stdout.end();
    stderr.end();
    const [out, error] = await printed;
    return { code, stdout: out, stderr: error };
  }

  /** Runs it as a process. `onOutput` may end it by the function that it is given. */
  async starts(
    args: readonly string[],
    asked: Asked & { readonly onStart?: (kill: (signal: NodeJS.Signals) => void) => void } = {},
  ): Promise<Ended> {
    const child = spawn(process.execPath, [entry, ...args], {
      cwd: asked.cwd ?? this.cwd,
      env: { PATH: process.env.PATH, HOME: this.home, ...this.#env, ...asked.env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    child.stdin.on('error', () => undefined).end(asked.stdin ?? '');
    if (asked.onOutput) child.stdout.on('data', (chunk: Buffer) => asked.onOutput?.(chunk.toString()));
    asked.onStart?.((signal) => child.kill(signal));
    const code = new Promise<number>((resolve) => child.once('close', (status) => resolve(status ?? -1)));
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
    return { code: await code, stdout, stderr };
  }
}
