// A Docker daemon for tests that need containers: the one that is there, or a private one that is gone afterwards.
// Does not own images (.ci/redis-image) nor containers (testcontainers).
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
const comesUpWithinMs = 30_000;
const remedy =
  'This test needs Docker. Either let this user reach a running daemon (DOCKER_HOST, group docker), or run it as root with docker.io installed (apt-get install docker.io, or .ci/prepare): it then starts a daemon of its own.';

export interface Docker {
  /** For DOCKER_HOST. */
  readonly host: string;
  /** Ends the daemon and what runs in it, unless it was there before. */
  stop(): Promise<void>;
}

const answers = (host: string): Promise<boolean> =>
  run('docker', ['version'], { env: { ...process.env, DOCKER_HOST: host }, timeout: 10_000 }).then(
    () => true,
    () => false,
  );

/** Its data, its socket and its process files are in `dir`, so that no other daemon is disturbed. */
function spawnDaemon(dir: string, host: string) {
  const within = (name: string): string => path.join(dir, name);
  const places = ['--data-root', within('data'), '--exec-root', within('exec'), '--pidfile', within('pid')];
  const child = spawn('setpriv', ['--pdeathsig', 'TERM', 'dockerd', ...places, '--host', host], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let output = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
  let gone = false;
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  void exited.then(() => (gone = true));
  return { child, exited, isGone: () => gone, output: () => output };
}

async function removeContainers(host: string): Promise<void> {
  const env = { ...process.env, DOCKER_HOST: host };
  const { stdout } = await run('docker', ['ps', '--all', '--quiet'], { env });
  const ids = stdout.split('\n').filter(Boolean);
  if (ids.length > 0) await run('docker', ['rm', '--force', '--volumes', ...ids], { env });
}

async function privateDaemon(): Promise<Docker> {
  const dir = mkdtempSync(path.join(tmpdir(), 'agentcube-docker-'));
  const host = `unix://${path.join(dir, 'docker.sock')}`;
  const daemon = spawnDaemon(dir, host);
  const deadline = Date.now() + comesUpWithinMs;
  async function stop(): Promise<void> {
    if (!daemon.isGone()) await removeContainers(host).catch(() => undefined);
    if (!daemon.isGone()) daemon.child.kill('SIGTERM');
    await daemon.exited;
    rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  }
  while (!(await answers(host))) {
    if (daemon.isGone() || Date.now() > deadline) {
      await stop();
      throw new Error(`${remedy}\ndockerd printed:\n${daemon.output()}`);
    }
    await sleep(50);
  }
  return { host, stop };
}

/** Rejects with what to do when this machine has no daemon and cannot start one. */
export async function startDocker(): Promise<Docker> {
  const usual = process.env.DOCKER_HOST ?? 'unix:///var/run/docker.sock';
  if (await answers(usual)) return { host: usual, stop: async () => undefined };
  if (process.getuid?.() !== 0) throw new Error(remedy);
  return privateDaemon();
}
