// A local driver over a data dir of its own, and sandboxes of the probe agent in it.
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { createLocalDriver, type LocalDriverOptions, type TierName } from '../../adapters/local/driver.ts';
import { systemClock } from '../../adapters/system/clock.ts';
import type { Driver } from '../../controller/driver.ts';
import type { SandboxRef } from '../../model/sandbox.ts';
import type { SandboxSpec } from '../../model/sandbox-spec.ts';
import type { Workload } from '../../model/workload.ts';
import { daemonNodeFlags } from '../../sandbox/flags.ts';

const root = path.resolve(import.meta.dirname, '../..');

const publicKey = (): string =>
  generateKeyPairSync('rsa', { modulusLength: 2048 })
    .publicKey.export({ type: 'spki', format: 'pem' })
    .toString();

/** A folder that unprivileged users can reach and whose path is short enough for sockets. */
export function makeDataDir(): { readonly dataDir: string; remove(): void } {
  const base = mkdtempSync('/tmp/agentcube-local-');
  chmodSync(base, 0o755);
  const image = path.join(base, 'image');
  mkdirSync(image);
  copyFileSync(path.join(import.meta.dirname, 'probe', 'agent.ts'), path.join(image, 'agent.ts'));
  return { dataDir: base, remove: () => rmSync(base, { recursive: true, force: true }) };
}

export const imageFolder = (dataDir: string): string => path.join(dataDir, 'image');

export const localOptions = (dataDir: string, tier: TierName): LocalDriverOptions => ({
  dataDir: path.join(dataDir, 'data'),
  authPublicKeyPem: publicKey(),
  images: () => [
    {
      name: 'probe',
      folder: imageFolder(dataDir),
      command: ['node', '/app/agent.ts'],
      environment: [{ name: 'FROM_IMAGE', value: 'yes' }],
    },
  ],
  program: {
    sandboxSourceDir: path.join(root, 'sandbox'),
    nodePath: process.execPath,
    nodeFlags: daemonNodeFlags,
  },
  clock: systemClock,
  log: () => undefined,
  tier,
  startTimeoutMs: 30_000,
});

export const openDriver = (
  dataDir: string,
  tier: TierName,
  more: Partial<LocalDriverOptions> = {},
): Promise<Driver> => createLocalDriver({ ...localOptions(dataDir, tier), ...more });

const workload: Workload = {
  kind: 'AgentRuntime',
  namespace: 'default',
  name: 'probe',
  uid: '',
  generation: 1,
  labels: {},
  container: { image: 'probe:1', env: [] },
  ports: [{ path: '/', port: 8080, protocol: 'HTTP' }],
  readiness: {
    kind: 'tcp',
    port: 8080,
    initialDelayMs: 0,
    periodMs: 1_000,
    timeoutMs: 1_000,
    successThreshold: 1,
    failureThreshold: 3,
  },
  limits: {},
  policy: {
    pauseAfterMs: null,
    suspendAfterMs: null,
    sessionTimeoutMs: 900_000,
    maxSessionDurationMs: 3_600_000,
  },
  warmPoolSize: 0,
  authMode: 'none',
  notHonouredLocally: [],
  pod: { labels: {}, annotations: {}, spec: { containers: [] } },
};

export function specOf(change: Partial<Workload> = {}): SandboxSpec {
  const id = randomUUID();
  return {
    id,
    name: `probe-${id.slice(0, 8)}`,
    generation: 1,
    revision: 'r1',
    workload: { ...workload, ...change },
  };
}

export const withCommand = (...args: string[]): Partial<Workload> => ({
  container: { ...workload.container, args },
});

export interface Reply {
  readonly value?: unknown;
  readonly refused?: string;
}

/** Asks one path of a sandbox's first door. */
export function ask(
  ref: SandboxRef,
  asked: string,
): Promise<{ readonly status: number; readonly text: string }> {
  const socketPath = (ref.entryPoints[0]?.endpoint ?? '').slice('unix://'.length);
  return new Promise((resolve, reject) => {
    const request = http.get({ socketPath, path: asked, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    request.on('error', reject);
  });
}

/** Has the probe agent do something: `act(ref, 'read', '/etc/passwd')`. */
export async function act(ref: SandboxRef, name: string, argument = ''): Promise<Reply> {
  const { text } = await ask(ref, `/${name}?${encodeURIComponent(argument)}`);
  return JSON.parse(text) as Reply;
}

const environmentOf = (pid: string): string => {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8');
  } catch {
    return '';
  }
};

/** Ids on this machine of the processes that were started for a sandbox. */
export const processesOf = (name: string): number[] =>
  readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid) && environmentOf(pid).includes(`AGENTCUBE_SANDBOX_NAME=${name}\0`))
    .map(Number);

/** Asks until the answer is true. Rejects after ten seconds. */
export async function eventually(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let waitedMs = 0; waitedMs < 10_000; waitedMs += 20) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`it never came to be: ${what}`);
}
