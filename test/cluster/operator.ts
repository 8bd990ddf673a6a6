// Owns: what an operator does: Redis, the chart with the platform, and the addresses of its Services.
// Does not own: the chart (config/chart) and the cluster (machine/). Invariant: each step may be repeated.
import path from 'node:path';
import { pidOf } from './machine/daemons.ts';
import { apply, find, helm, kubectl, type KubeObject } from './kubectl.ts';

const here = import.meta.dirname;
const chart = path.resolve(here, '../../config/chart');

/** The namespace of the platform, and the name of its release. */
export const platform = 'agentcube';
export const redisPassword = 'test-password';
const redisNamespace = 'agentcube-redis';

const redis = {
  apiVersion: 'v1',
  kind: 'List',
  items: [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: redisNamespace } },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'redis', namespace: redisNamespace },
      spec: { selector: { app: 'redis' }, ports: [{ port: 6379 }] },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'redis', namespace: redisNamespace },
      spec: {
        selector: { matchLabels: { app: 'redis' } },
        template: {
          metadata: { labels: { app: 'redis' } },
          spec: {
            containers: [
              {
                name: 'redis',
                image: 'agentcube-test/redis:7',
                args: ['redis-server', '--protected-mode', 'no', '--requirepass', redisPassword],
                readinessProbe: { tcpSocket: { port: 6379 }, periodSeconds: 1 },
              },
            ],
          },
        },
      },
    },
  ],
};

/** Runs Redis in the cluster, as the store that the platform is given. */
export async function installRedis(): Promise<void> {
  await apply(redis);
  await kubectl('rollout', 'status', 'deployment/redis', '-n', redisNamespace, '--timeout=120s');
}

/** Redis with these words, inside its pod. */
export const redisCli = (...args: readonly string[]): Promise<string> =>
  kubectl(
    'exec',
    '-n',
    redisNamespace,
    'deployment/redis',
    '--',
    'redis-cli',
    '--no-auth-warning',
    '-a',
    redisPassword,
    ...args,
  );

/** Installs or upgrades the chart and waits until all of it is ready. More of helm's flags may follow. */
export async function installChart(...args: readonly string[]): Promise<void> {
  // A cluster whose agent-sandbox runs as a program of the machine has it already.
  const brings = pidOf('agent-sandbox-controller') === undefined;
  await helm(
    ...['upgrade', '--install', platform, chart, '--namespace', platform, '--create-namespace'],
    ...['--values', path.join(here, 'values.yaml')],
    ...[
      '--set',
      `redis.addr=redis.${redisNamespace}.svc.cluster.local:6379`,
      '--set',
      `redis.password=${redisPassword}`,
    ],
    ...['--set', `agentSandbox.install=${brings}`, '--set', 'agentSandbox.extensions=true'],
    ...['--wait', '--timeout', '180s', ...args],
  );
}

/** Removes the release; objects that users made stay. */
export const uninstallChart = (): Promise<string> =>
  helm('uninstall', platform, '--namespace', platform, '--wait', '--timeout', '120s', '--ignore-not-found');

interface Service extends KubeObject {
  readonly spec: { readonly clusterIP: string; readonly ports: readonly { readonly port: number }[] };
}

async function urlOf(name: string): Promise<string> {
  const service = await find<Service>('service', name, platform);
  if (service === undefined) throw new Error(`The chart is not installed: no Service ${name} in ${platform}`);
  return `http://${service.spec.clusterIP}:${service.spec.ports[0]?.port}`;
}

export interface Addresses {
  readonly activatorUrl: string;
  readonly controlUrl: string;
}

/** The chart's Services as this machine reaches them. */
export const addresses = async (): Promise<Addresses> => ({
  activatorUrl: await urlOf('agentcube-router'),
  controlUrl: await urlOf('workloadmanager'),
});
