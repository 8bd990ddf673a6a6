// A set of separate programs as processes of their own: activators, controllers, autoscalers on one Redis and one data folder.
// Each keeps its port over restarts. Does not own Redis (redis-server.ts), nor what is asked of the programs (client.ts).
import { spawn, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { envOf } from '../../config/names.ts';
import type { Exit } from './platform.ts';
import { freePort } from './redis-process.ts';

const repository = path.resolve(import.meta.dirname, '../..');
const comesUpWithinMs = 60_000;
const stopsWithinMs = 30_000;

export type ProgramKind = 'activator' | 'controller' | 'autoscaler';

/** By the names of the configuration: `{ leaseSeconds: 5 }`. Each program takes those that it knows. */
export type ProgramSettings = Readonly<Record<string, string | number | boolean>>;

export interface ProgramOptions {
  readonly kind: ProgramKind;
  /** How messages name it; `activator-0`. */
  readonly name: string;
  readonly settings: ProgramSettings;
  readonly args?: readonly string[];
  /** Beside PATH and HOME; of AgentCube's own names, say. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface Program {
  readonly kind: ProgramKind;
  readonly name: string;
  /** Stays over restarts. */
  readonly url: string;
  /** Of the present process, or of the last one. */
  readonly pid: number;
  readonly alive: boolean;
  /** How the present process ended, or will. */
  readonly exited: Promise<Exit>;
  /** All that it printed so far, over restarts, on both streams. */
  readonly output: () => string;
  /** Whether it says that it is ready, now. */
  isReady(): Promise<boolean>;
  /** Resolves once it is ready; rejects with what it printed when it ends or does not come up. */
  ready(): Promise<void>;
  /** SIGSTOP and SIGCONT resolve at once, any other signal when the process is gone. A dead one is left alone. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Starts it again, killing it first if it lives; does not wait until it is ready. */
  restart(): Promise<void>;
}

export interface ProgramsOptions {
  /** `127.0.0.1:6379`, or another for each program by its name: a proxy in between, say. */
  readonly redisAddr: string | ((name: string) => string);
  readonly dataDir: string;
  readonly activators?: number;
  readonly controllers?: number;
  readonly autoscalers?: number;
  /** Folder of YAML that the controllers apply. */
  readonly folder?: string;
  /** For all programs. */
  readonly settings?: ProgramSettings;
}

export interface Programs {
  readonly activators: readonly Program[];
  readonly controllers: readonly Program[];
  readonly autoscalers: readonly Program[];
  readonly all: readonly Program[];
  /** Resolves when each of them is ready. */
  ready(): Promise<void>;
  /** SIGTERM to all; those that do not end in time are killed, and then it rejects. Sandboxes live on. */
  stop(): Promise<void>;
}

/** Starts the process and waits for nothing. */
export function spawnProgram({ kind, settings, args = [], env = {} }: ProgramOptions): ChildProcess {
  const { PATH, HOME } = process.env;
  const given = Object.entries(settings).map(([name, value]) => [envOf(name), String(value)]);
  return spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', path.join(repository, kind, 'main.ts'), ...args],
    {
      cwd: repository,
      env: { PATH, HOME, NO_COLOR: '1', ...(Object.fromEntries(given) as Record<string, string>), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
}

class ProgramProcess implements Program {
  readonly kind: ProgramKind;
  readonly name: string;
  readonly url: string;
  readonly #options: ProgramOptions;
  readonly #printed: string[] = [];
  #child: ChildProcess;
  #exit: Promise<Exit>;
  #alive = true;

  constructor(options: ProgramOptions, port: number) {
    this.kind = options.kind;
    this.name = options.name;
    this.url = `http://127.0.0.1:${port}`;
    this.#options = { ...options, settings: { ...options.settings, port } };
    [this.#child, this.#exit] = this.#spawn();
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  get alive(): boolean {
    return this.#alive;
  }

  get exited(): Promise<Exit> {
    return this.#exit;
  }

  readonly output = (): string => this.#printed.join('');

  async isReady(): Promise<boolean> {
    const signal = AbortSignal.timeout(2_000);
    const answer = await fetch(`${this.url}/health/ready`, { signal }).catch(() => undefined);
    return answer?.ok ?? false;
  }

  async ready(): Promise<void> {
    const deadline = Date.now() + comesUpWithinMs;
    while (!(await this.isReady())) {
      if (!this.#alive || Date.now() > deadline)
        throw new Error(`${this.name} is not ready; it printed:\n${this.output()}`);
      await sleep(50);
    }
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (!this.#alive) return;
    this.#child.kill(signal);
    if (signal !== 'SIGSTOP' && signal !== 'SIGCONT') await this.#exit;
  }

  async restart(): Promise<void> {
    await this.kill();
    [this.#child, this.#exit] = this.#spawn();
  }

  #spawn(): [ChildProcess, Promise<Exit>] {
    const child = spawnProgram(this.#options);
    if (child.pid === undefined) throw new Error(`${this.name} could not be spawned`);
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (chunk: string) => this.#printed.push(chunk));
    }
    this.#alive = true;
    const exit = new Promise<Exit>((resolve) =>
      child.once('exit', (code, signal) => {
        this.#alive = false;
        resolve({ code, signal });
      }),
    );
    return [child, exit];
  }
}

/** One program on a free port of its own; does not wait until it is ready. */
export const startProgram = async (options: ProgramOptions): Promise<Program> =>
  new ProgramProcess(options, Number(options.settings.port ?? (await freePort())));

async function startKind(
  kind: ProgramKind,
  count: number,
  { redisAddr, dataDir, folder, settings = {} }: ProgramsOptions,
): Promise<Program[]> {
  const started = Array.from({ length: count }, (_, index) => {
    const name = `${kind}-${index}`;
    const addr = typeof redisAddr === 'string' ? redisAddr : redisAddr(name);
    const args = kind === 'controller' && folder !== undefined ? [folder] : [];
    return startProgram({ kind, name, args, settings: { redisAddr: addr, dataDir, ...settings } });
  });
  return Promise.all(started);
}

async function stopOne(program: Program): Promise<string[]> {
  const late = sleep(stopsWithinMs, 'late' as const, { ref: false });
  // A frozen one hears of its end when it goes on.
  await program.kill('SIGCONT');
  if ((await Promise.race([program.kill('SIGTERM'), late])) !== 'late') return [];
  await program.kill('SIGKILL');
  return [`SIGTERM did not end ${program.name}; it printed:\n${program.output()}`];
}

/** Starts them all; does not wait until they are ready. */
export async function startPrograms(options: ProgramsOptions): Promise<Programs> {
  const activators = await startKind('activator', options.activators ?? 0, options);
  const controllers = await startKind('controller', options.controllers ?? 0, options);
  const autoscalers = await startKind('autoscaler', options.autoscalers ?? 0, options);
  const all = [...activators, ...controllers, ...autoscalers];
  return {
    activators,
    controllers,
    autoscalers,
    all,
    ready: async () => void (await Promise.all(all.map((one) => one.ready()))),
    stop: async () => {
      const problems = (await Promise.all(all.map(stopOne))).flat();
      if (problems.length > 0) throw new Error(problems.join('\n'));
    },
  };
}
