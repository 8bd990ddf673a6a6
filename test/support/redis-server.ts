// A real Redis of a test's own, on a free port of 127.0.0.1, with its data in a folder of its own: what Redis promises
// to keep (appendonly) is there again after a restart. Does not own Sentinel and Cluster (redis-sentinel.ts, redis-cluster.ts).
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { freePort, startRedisProcess, type RedisProcess } from './redis-process.ts';

const run = promisify(execFile);
const startTries = 5;

export interface RedisServerOptions {
  /** Absent: `redis-server` of the PATH. */
  readonly binary?: string;
  /** Further arguments, as on the command line: `['--requirepass', 'secret']`. */
  readonly args?: readonly string[];
  /** Absent: a free one. */
  readonly port?: number;
  /** Absent: a new temporary folder. */
  readonly dir?: string;
  /** Where `--port` is not the one that speaks plain text: `--tls-port`. */
  readonly portFlag?: string;
  /** What `redis-cli` needs to get in: `['--tls', '--cacert', file, '--user', name, '--pass', secret]`. */
  readonly cliArgs?: readonly string[];
}

export interface RedisServer {
  readonly port: number;
  /** `127.0.0.1:port` */
  readonly addr: string;
  readonly dir: string;
  /** Of the process that runs now, or ran last. */
  readonly pid: number;
  /** All that the process printed. */
  output(): string;
  /** SIGTERM; resolves when it is gone. Its data stays. */
  stop(): Promise<void>;
  /** SIGKILL; resolves when it is gone. Its data stays. */
  kill(): Promise<void>;
  /** Stopped unless it is down already, then started on the same port with the same data. */
  restart(): Promise<void>;
  /** Freezes the process: connections stay open and nothing is answered. */
  freeze(): void;
  thaw(): void;
  /** One command by redis-cli; rejects with Redis' words when Redis refuses it. */
  cli(...command: string[]): Promise<string>;
  /** Stops it and removes its data. */
  close(): Promise<void>;
}

const argsFor = (dir: string, port: number, options: RedisServerOptions): string[] => [
  ...['--bind', '127.0.0.1', '--dir', dir, '--save', '', '--appendonly', 'yes', '--daemonize', 'no'],
  ...(options.portFlag ? ['--port', '0', options.portFlag, String(port)] : ['--port', String(port)]),
  ...(options.args ?? []),
];

class Server implements RedisServer {
  readonly port: number;
  readonly dir: string;
  readonly #options: RedisServerOptions;
  #process: RedisProcess;

  constructor(port: number, dir: string, options: RedisServerOptions, process: RedisProcess) {
    this.port = port;
    this.dir = dir;
    this.#options = options;
    this.#process = process;
  }

  get addr(): string {
    return `127.0.0.1:${this.port}`;
  }

  get pid(): number {
    return this.#process.pid;
  }

  output(): string {
    return this.#process.output();
  }

  stop(): Promise<void> {
    return this.#process.end('SIGTERM');
  }

  kill(): Promise<void> {
    return this.#process.end('SIGKILL');
  }

  async restart(): Promise<void> {
    await this.stop();
    const args = argsFor(this.dir, this.port, this.#options);
    this.#process = await startRedisProcess(this.#options.binary ?? 'redis-server', args);
  }

  freeze(): void {
    process.kill(this.pid, 'SIGSTOP');
  }

  thaw(): void {
    process.kill(this.pid, 'SIGCONT');
  }

  async cli(...command: string[]): Promise<string> {
    const access = ['-h', '127.0.0.1', '-p', String(this.port), '--no-auth-warning'];
    const { stdout } = await run('redis-cli', [
      ...access,
      ...(this.#options.cliArgs ?? []),
      '-e',
      ...command,
    ]);
    return stdout.trimEnd();
  }

  async close(): Promise<void> {
    await this.kill();
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** Resolves when the server answers. `close` it, or its data stays on the disk. */
export async function startRedis(options: RedisServerOptions = {}): Promise<RedisServer> {
  const dir = options.dir ?? mkdtempSync(path.join(tmpdir(), 'agentcube-redis-'));
  for (let left = startTries; ; left -= 1) {
    const port = options.port ?? (await freePort());
    try {
      const args = argsFor(dir, port, options);
      const running = await startRedisProcess(options.binary ?? 'redis-server', args);
      return new Server(port, dir, options, running);
    } catch (fault) {
      const taken = String(fault).includes('Address already in use');
      if (taken && options.port === undefined && left > 1) continue;
      if (options.dir === undefined) rmSync(dir, { recursive: true, force: true });
      throw fault;
    }
  }
}
