// Everything that a run plays on: Redis, a proxy before it for each program, the programs, and a supervisor that starts again
// what has gone and writes down when. Does not own faults (havoc.ts) nor what is found in the end (ending.ts).
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sweep } from '../support/leftovers.ts';
import { startPrograms, type Program, type Programs, type ProgramSettings } from '../support/programs.ts';
import { startRedis, type RedisServer } from '../support/redis-server.ts';
import type { Door } from './client.ts';
import { untilDeployed, writeDeployment } from './deployment.ts';
import type { History } from './history.ts';
import { startProxy, type Proxy } from './proxy.ts';

export interface StageOptions {
  readonly activators: number;
  readonly controllers: number;
  readonly autoscalers: number;
  readonly history: History;
  /** Beside those that make a run lively; for all programs. */
  readonly settings?: ProgramSettings;
  /** In place of the two runtimes of the remembering agent. */
  readonly deployment?: Deployment;
  /** Further arguments of Redis. */
  readonly redisArgs?: readonly string[];
}

/** What is deployed. */
export interface Deployment {
  /** Writes the folder that the controllers apply. */
  readonly write: (folder: string) => void;
  /** Resolves when every activator serves all of it: being ready does not say that. */
  readonly untilServed: (activators: readonly Door[], controller: Door) => Promise<void>;
}

const remembering: Deployment = { write: writeDeployment, untilServed: untilDeployed };

/** Short leases and waits, so that what depends on them happens in a run of minutes. */
const lively: ProgramSettings = {
  leaseSeconds: 8,
  wakeTimeoutSeconds: 20,
  startTimeoutSeconds: 30,
  drainSeconds: 2,
  logFile: '-',
  logLevel: 'info',
};

/** The least that a program that has gone stays away, unless the one who killed it says otherwise (ms). */
const restartAfterMs = 300;

const backWithinMs = 60_000;
const shownOutput = 20_000;

const tail = (text: string): string => text.slice(-shownOutput);

const count = (kind: string, many: number): string[] =>
  Array.from({ length: many }, (_, index) => `${kind}-${index}`);

const dataDirIn = (root: string): string => path.join(root, 'data');

const namesOf = ({ activators, controllers, autoscalers }: StageOptions): string[] => [
  ...count('activator', activators),
  ...count('controller', controllers),
  ...count('autoscaler', autoscalers),
];

export class Stage {
  readonly dataDir: string;
  readonly redis: RedisServer;
  readonly proxies: ReadonlyMap<string, Proxy>;
  readonly programs: Programs;
  readonly #root: string;
  readonly #history: History;
  /** How long each stays away when it goes next (ms). */
  readonly #away = new Map<string, number>();
  readonly #supervisors: Promise<void>[];
  #closing = false;

  private constructor(
    root: string,
    redis: RedisServer,
    proxies: ReadonlyMap<string, Proxy>,
    programs: Programs,
    history: History,
  ) {
    this.#root = root;
    this.dataDir = dataDirIn(root);
    this.redis = redis;
    this.proxies = proxies;
    this.programs = programs;
    this.#history = history;
    this.#supervisors = programs.all.map((program) => this.#supervise(program));
  }

  /** Resolves when all programs are ready and everything is deployed. Rejects with what one printed, and leaves nothing. */
  static async open(options: StageOptions): Promise<Stage> {
    const root = mkdtempSync(path.join(tmpdir(), 'agentcube-chaos-'));
    chmodSync(root, 0o755);
    const folder = path.join(root, 'deployed');
    const { deployment = remembering, redisArgs = [] } = options;
    deployment.write(folder);
    const redis = await startRedis({ args: redisArgs });
    const names = namesOf(options);
    const proxies = new Map(
      await Promise.all(names.map(async (name) => [name, await startProxy(redis.port)] as const)),
    );
    const programs = await startPrograms({
      redisAddr: (name) => `127.0.0.1:${proxies.get(name)?.port ?? redis.port}`,
      dataDir: dataDirIn(root),
      folder,
      activators: options.activators,
      controllers: options.controllers,
      autoscalers: options.autoscalers,
      settings: { ...lively, ...options.settings },
    });
    const stage = new Stage(root, redis, proxies, programs, options.history);
    try {
      await programs.ready();
      const [controller] = programs.controllers;
      if (controller) await deployment.untilServed(programs.activators, controller);
    } catch (fault) {
      await stage.close();
      throw fault;
    }
    return stage;
  }

  program(name: string): Program {
    const found = this.programs.all.find((program) => program.name === name);
    if (!found) throw new Error(`there is no program ${name}`);
    return found;
  }

  /** Resolves when all are ready, those that are to come back too; rejects with what the others printed after so long (ms). */
  async ready(withinMs = backWithinMs): Promise<void> {
    const deadline = performance.now() + withinMs;
    for (const program of this.programs.all)
      while (!(await program.isReady())) {
        if (performance.now() > deadline)
          throw new Error(`${program.name} did not come back; it printed:\n${tail(program.output())}`);
        await sleep(50);
      }
  }

  /** When it goes next, it stays away so long (ms). */
  keepAway(name: string, ms: number): void {
    this.#away.set(name, ms);
  }

  /** Ends everything, sandboxes too, and removes what was written. Never rejects. */
  async close(): Promise<void> {
    this.#closing = true;
    await Promise.all(this.programs.all.map((program) => program.kill('SIGKILL')));
    await Promise.all(this.#supervisors);
    await sweep(this.dataDir);
    await this.redis.close();
    await Promise.all([...this.proxies.values()].map((proxy) => proxy.close()));
    rmSync(this.#root, { recursive: true, force: true, maxRetries: 3 });
  }

  /** SIGTERM to all; resolves with what did not end as it should. Sandboxes live on. */
  async stopPrograms(): Promise<string[]> {
    this.#closing = true;
    return this.programs.stop().then(
      () => [],
      (fault: unknown) => [String(fault)],
    );
  }

  async #supervise(program: Program): Promise<void> {
    const { name } = program;
    while (!this.#closing) {
      const { code, signal } = await program.exited;
      if (this.#closing) return;
      this.#history.write({
        t: 'life',
        program: name,
        what: 'gone',
        detail: String(signal ?? `exit ${code}`),
      });
      await sleep(this.#away.get(name) ?? restartAfterMs);
      this.#away.delete(name);
      if (this.#closing) return;
      await program.restart();
      void this.#tellReady(program, program.pid);
    }
  }

  async #tellReady(program: Program, pid: number): Promise<void> {
    while (!this.#closing && program.alive && program.pid === pid) {
      const ready = await program.isReady();
      if (ready && program.pid === pid && program.alive) {
        this.#history.write({ t: 'life', program: program.name, what: 'ready' });
        return;
      }
      await sleep(50);
    }
  }
}
