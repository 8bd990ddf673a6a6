// One redis-server as a process: comes up, is stopped or killed, and never outlives the test that started it.
// Does not own what it is asked (redis-server.ts) nor how several belong together (redis-sentinel.ts, redis-cluster.ts).
import { spawn, type ChildProcess } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const comesUpWithinMs = 20_000;
/** A server says the first once its data is loaded, a sentinel the second. */
const saysItIsUp = /Ready to accept connections|\+monitor master/;
const missing = 'redis-server is needed: apt-get install redis-server, or run .ci/prepare';

export interface RedisProcess {
  readonly pid: number;
  /** All that it printed so far. */
  readonly output: () => string;
  /** Sends the signal and resolves when the process is gone. A frozen one is thawed, or it would never hear SIGTERM. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

function collect(child: ChildProcess): () => string {
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
  }
  return () => output;
}

interface Spawned extends RedisProcess {
  readonly isGone: () => boolean;
}

/** `setpriv` becomes the server, and the kernel kills it when this process dies, however it dies. */
function spawnServer(binary: string, args: readonly string[]): Spawned {
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', binary, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = collect(child);
  let gone = false;
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  void exited.then(() => (gone = true));
  if (child.pid === undefined) throw new Error(`setpriv of util-linux is needed to start ${binary}`);
  const end = (signal: 'SIGTERM' | 'SIGKILL'): Promise<void> => {
    if (!gone) child.kill(signal);
    if (!gone) child.kill('SIGCONT');
    return exited;
  };
  return { pid: child.pid, output, end, isGone: () => gone };
}

/**
 * Starts a server with these arguments and resolves once it answers; rejects with what it printed otherwise.
 * The arguments must leave its log on stdout, where Redis puts it by default.
 */
export async function startRedisProcess(binary: string, args: readonly string[]): Promise<RedisProcess> {
  const server = spawnServer(binary, args);
  const deadline = Date.now() + comesUpWithinMs;
  while (!saysItIsUp.test(server.output())) {
    if (server.isGone() || Date.now() > deadline) {
      await server.end('SIGKILL');
      throw new Error(`${binary} did not come up (${missing}); it printed:\n${server.output()}`);
    }
    await sleep(2);
  }
  return server;
}

/** A port on 127.0.0.1 that was free just now, low enough that a cluster's bus fits 10,000 above it. */
export async function freePort(): Promise<number> {
  for (;;) {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    if (port < 55_000) return port;
  }
}
