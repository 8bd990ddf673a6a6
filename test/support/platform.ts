// A whole platform as a process of its own, as `npm start` makes it, in a temporary data folder and on free ports.
// Does not own what is asked of it (support/client.ts) nor what it deploys (support/folder.ts).
import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sweep } from './leftovers.ts';

const repository = path.resolve(import.meta.dirname, '../..');
const comesUpWithinMs = 60_000;
const stopsWithinMs = 60_000;

export interface PlatformOptions {
  /** Folder or file of YAML; absent: the examples. */
  readonly folder?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  /** One of an earlier platform; absent: a new one. */
  readonly dataDir?: string;
  /** Shell commands that change what the platform sees of the machine: it then has mounts of its own. */
  readonly mounts?: string;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** What a client needs to know of a platform. */
export interface Address {
  readonly controlUrl: string;
  readonly activatorUrl: string;
}

export interface Platform extends Address {
  readonly dataDir: string;
  readonly pid: number;
  /** All that it printed so far, on both streams. */
  readonly output: () => string;
  /** Resolves when the process, but not necessarily its sandboxes, is gone. */
  kill(signal: NodeJS.Signals): Promise<Exit>;
  /** Ctrl-C; rejects unless it ends with exit code 0. */
  stop(): Promise<void>;
  /** Ends it whatever state it is in, sandboxes included, and removes its data folder. For afterAll. */
  dispose(): Promise<void>;
}

export interface Running {
  readonly pid: number;
  readonly exited: Promise<Exit>;
  readonly output: () => string;
}

/** A data folder that sandboxes' unprivileged users can walk into, which mkdtemp's own mode forbids. */
export function newDataDir(): string {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'agentcube-e2e-'));
  chmodSync(dataDir, 0o755);
  return dataDir;
}

function collect(child: ChildProcess): () => string {
  const chunks: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => chunks.push(chunk));
  }
  return () => chunks.join('');
}

/** `unshare` and the shell are replaced by the platform, so that its pid is the one that was spawned. */
const inOwnMounts = (commands: string): [string, ...string[]] => {
  const allowed = process.getuid?.() === 0 ? [] : ['--map-current-user', '--keep-caps'];
  const script = `set -e; ${commands}; exec "$0" "$@"`;
  return ['unshare', ...allowed, '--mount', 'sh', '-c', script, process.execPath];
};

/** Starts the process and does not wait for anything. */
export function spawnPlatform(dataDir: string, options: PlatformOptions = {}): Running {
  const free = ['--control-port', '0', '--activator-port', '0'];
  const args = ['main.ts', ...free, ...(options.args ?? []), ...(options.folder ? [options.folder] : [])];
  const { PATH, HOME } = process.env;
  const [program, ...before] = options.mounts ? inOwnMounts(options.mounts) : [process.execPath];
  const child = spawn(program, [...before, ...args], {
    cwd: repository,
    env: { PATH, HOME, NO_COLOR: '1', AGENTCUBE_DATA_DIR: dataDir, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = new Promise<Exit>((resolve) =>
    child.once('exit', (code, signal) => resolve({ code, signal })),
  );
  if (child.pid === undefined) throw new Error('the platform could not be spawned');
  return { pid: child.pid, exited, output: collect(child) };
}

/** `endpoints.json` once this very process has written it. */
function endpoints(dataDir: string, pid: number): Address | undefined {
  try {
    const written = JSON.parse(readFileSync(path.join(dataDir, 'endpoints.json'), 'utf8')) as {
      pid: number;
    } & Address;
    return written.pid === pid ? written : undefined;
  } catch {
    return undefined;
  }
}

const isReady = (url: string): Promise<boolean> =>
  fetch(`${url}/health/ready`).then(
    (response) => response.ok,
    () => false,
  );

async function untilReady(running: Running, dataDir: string): Promise<Address> {
  const deadline = Date.now() + comesUpWithinMs;
  let ended = false;
  void running.exited.then(() => (ended = true));
  while (Date.now() < deadline && !ended) {
    const address = endpoints(dataDir, running.pid);
    if (address && (await isReady(address.activatorUrl))) return address;
    await sleep(50);
  }
  throw new Error(`the platform did not come up; it printed:\n${running.output()}`);
}

/** Resolves when it serves. Rejects with what it printed when it does not come up. */
export async function startPlatform(options: PlatformOptions = {}): Promise<Platform> {
  const dataDir = options.dataDir ?? newDataDir();
  const running = spawnPlatform(dataDir, options);
  const { pid, exited, output } = running;
  let alive = true;
  void exited.then(() => (alive = false));

  async function kill(signal: NodeJS.Signals): Promise<Exit> {
    if (alive) process.kill(pid, signal);
    return exited;
  }

  async function stop(): Promise<void> {
    const late = sleep(stopsWithinMs, 'late' as const, { ref: false });
    const exit = await Promise.race([kill('SIGINT'), late]);
    if (exit === 'late') throw new Error(`Ctrl-C did not end the platform; it printed:\n${output()}`);
    if (exit.code !== 0) throw new Error(`exit ${exit.code ?? exit.signal}; it printed:\n${output()}`);
  }

  async function dispose(): Promise<void> {
    if (alive) await stop().catch(() => kill('SIGKILL'));
    await sweep(dataDir);
    rmSync(dataDir, { recursive: true, force: true, maxRetries: 3 });
  }

  const address = await untilReady(running, dataDir).catch(async (fault: unknown) => {
    await kill('SIGKILL');
    throw fault;
  });
  return { ...address, dataDir, pid, output, kill, stop, dispose };
}
