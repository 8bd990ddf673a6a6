// Owns: assembling and starting the code daemon from its options. Does not own: reading them, or signals (main.ts).
import type { Server } from 'node:http';
import type { Authorize } from './auth.ts';
import { childProcess, fs } from './builtins.ts';
import { busyFiles, neverBusy } from './busy.ts';
import { createDaemon } from './daemon.ts';
import type { DaemonContext } from './daemon-context.ts';
import { trimWhenIdle } from './idle-trim.ts';
import { createCollector } from './memory.ts';
import type { DaemonOptions } from './main-options.ts';

export interface Surroundings {
  readonly currentDirectory: string;
  readonly commandEnvironment: Readonly<Record<string, string>>;
  readonly monotonicNs: () => bigint;
}

const NS_PER_MS = 1_000_000n;

/** Made with the first request that needs it: an idle daemon needs none. */
function authorization(options: DaemonOptions): DaemonContext['authorize'] {
  const { publicKey, sessionId } = options;
  if (publicKey === undefined) return undefined;
  let made: Promise<Authorize> | undefined;
  return () => {
    made ??= import('./auth.ts').then(({ createAuthorize, signatureVerifier }) =>
      createAuthorize(signatureVerifier(publicKey), sessionId, () => Date.now()),
    );
    return made;
  };
}

function openWorkspace(directory: string): string {
  fs.mkdirSync(directory, { recursive: true, mode: 0o755 });
  return fs.realpathSync(directory);
}

/** Millisecond clock with the monotonic clock's finer digits: what Go prints has nine of them. */
const wallNs = (monotonicNs: () => bigint): bigint =>
  BigInt(Date.now()) * NS_PER_MS + (monotonicNs() % NS_PER_MS);

function listen(server: Server, options: DaemonOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    if ('port' in options.listen) return void server.listen(options.listen.port, () => resolve());
    const { socket } = options.listen;
    fs.rmSync(socket, { force: true });
    server.listen(socket, () => {
      fs.chmodSync(socket, 0o666);
      resolve();
    });
  });
}

/** Starts the daemon; resolves when it listens. Throws OptionError, or what the system says about the socket or workspace. */
export async function runDaemon(options: DaemonOptions, around: Surroundings): Promise<Server> {
  const { monotonicNs, commandEnvironment } = around;
  const server = createDaemon({
    workspace: openWorkspace(options.workspace ?? around.currentDirectory),
    authorize: authorization(options),
    commandEnvironment,
    beginWork: options.busyDirectory === undefined ? neverBusy : busyFiles(options.busyDirectory),
    outputLimitBytes: options.outputLimitBytes,
    monotonicNs,
    wallNs: () => wallNs(monotonicNs),
  });
  const collect = createCollector();
  const active = trimWhenIdle(
    () => void collect(),
    () => Number(monotonicNs() / NS_PER_MS),
  );
  server.on('request', (_request, response) => {
    active();
    response.once('close', active);
  });
  // Loaded now, it costs next to nothing; loaded by the first command, that command waits for it.
  childProcess();
  // A sandbox of the warm pool is frozen the moment it answers: what starting left behind must be gone by then.
  await collect();
  await listen(server, options);
  return server;
}
