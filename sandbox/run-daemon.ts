// Owns: assembling and starting the code daemon from its options. Does not own: reading them, or signals (main.ts).
import type { Server } from 'node:http';
import type { Authorize } from './auth.ts';
import { createAuthorize, looksLikeRsaPublicKey, signatureVerifier } from './auth.ts';
import { fs } from './builtins.ts';
import { busyFiles, neverBusy } from './busy.ts';
import { createDaemon } from './daemon.ts';
import { trimWhenIdle } from './idle-trim.ts';
import type { DaemonOptions } from './main-options.ts';
import { OptionError } from './main-options.ts';

export interface Surroundings {
  readonly currentDirectory: string;
  readonly commandEnvironment: Readonly<Record<string, string>>;
  readonly monotonicNs: () => bigint;
  /** Gives memory back to the host; undefined where the collector is not exposed. */
  readonly collect: (() => void) | undefined;
}

const NS_PER_MS = 1_000_000n;

function authorization(options: DaemonOptions): Authorize | undefined {
  if (options.publicKey === undefined) return undefined;
  if (!looksLikeRsaPublicKey(options.publicKey)) {
    throw new OptionError('PICOD_AUTH_PUBLIC_KEY is not a PEM public RSA key (BEGIN PUBLIC KEY)');
  }
  return createAuthorize(signatureVerifier(options.publicKey), options.sessionId, () => Date.now());
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
  const { monotonicNs, commandEnvironment, collect } = around;
  const server = createDaemon({
    workspace: openWorkspace(options.workspace ?? around.currentDirectory),
    authorize: authorization(options),
    commandEnvironment,
    beginWork: options.busyDirectory === undefined ? neverBusy : busyFiles(options.busyDirectory),
    outputLimitBytes: options.outputLimitBytes,
    monotonicNs,
    wallNs: () => wallNs(monotonicNs),
  });
  if (collect !== undefined) {
    const active = trimWhenIdle(collect, () => Number(monotonicNs() / NS_PER_MS));
    server.on('request', (_request, response) => {
      active();
      response.once('close', active);
    });
  }
  await listen(server, options);
  return server;
}
