// Every kind of Redis that the platform supports, each started and reached in its own way, behind one face for tests.
// Does not own how they are started (redis-server.ts, redis-secured.ts, redis-sentinel.ts, redis-cluster.ts).
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { openRedis, type RedisConnection } from '../../adapters/redis/connection.ts';
import { preparedKeyOf, termKeyOf } from '../../adapters/redis/link.ts';
import type { RedisSettings } from '../../adapters/redis/settings.ts';
import { startRedisCluster } from './redis-cluster.ts';
import { startSecuredRedis } from './redis-secured.ts';
import { startRedisSentinel } from './redis-sentinel.ts';
import { startRedis, type RedisServer } from './redis-server.ts';

export interface RunningRedis {
  readonly settings: RedisSettings;
  /** All servers that hold data. */
  readonly servers: readonly RedisServer[];
  readonly close: () => Promise<void>;
}

export interface RedisKind {
  readonly name: string;
  readonly start: () => Promise<RunningRedis>;
}

/** For one server on this machine, without password. */
export const plainSettings = (addr: string, change: Partial<RedisSettings> = {}): RedisSettings => ({
  addr,
  mode: 'single',
  db: 0,
  keyPrefix: 'agentcube',
  commandTimeoutMs: 2_000,
  ...change,
});

/** The oldest version that is supported; fetched on first use, and where that fails the test fails. */
const redis62 = (): string =>
  execFileSync(path.resolve(import.meta.dirname, '../../.ci/redis-6.2'), {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  }).trim();

const alone = (server: RedisServer, change: Partial<RedisSettings> = {}): RunningRedis => ({
  settings: plainSettings(server.addr, change),
  servers: [server],
  close: () => server.close(),
});

async function secured(): Promise<RunningRedis> {
  const redis = await startSecuredRedis();
  const { username, password, server } = redis;
  const { ca, cert, key } = redis.certificates;
  const running = alone(server, { username, password, tls: { ca, cert, key } });
  return { ...running, close: () => redis.close() };
}

async function sentinel(): Promise<RunningRedis> {
  const { addr, name, master, replica, close } = await startRedisSentinel();
  const settings = plainSettings(addr, { mode: 'sentinel', sentinelName: name });
  return { settings, servers: [master, replica], close };
}

async function cluster(): Promise<RunningRedis> {
  const { addr, nodes, close } = await startRedisCluster();
  return { settings: plainSettings(addr, { mode: 'cluster' }), servers: nodes, close };
}

export const redisKinds: readonly RedisKind[] = [
  { name: 'Redis 7', start: async () => alone(await startRedis()) },
  { name: 'Redis 6.2', start: async () => alone(await startRedis({ binary: redis62() })) },
  {
    name: 'another database and a password',
    start: async () =>
      alone(
        await startRedis({ args: ['--requirepass', 'secret'], cliArgs: ['--pass', 'secret', '-n', '5'] }),
        {
          password: 'secret',
          db: 5,
        },
      ),
  },
  { name: 'TLS with client certificates and a user of few rights', start: secured },
  { name: 'Sentinel', start: sentinel },
  { name: 'Cluster', start: cluster },
];

let spaces = 0;
/** Settings under whose prefix no test has written yet. */
export const newSpace = (settings: RedisSettings): RedisSettings => ({
  ...settings,
  keyPrefix: `agentcube-${(spaces += 1)}`,
});

/** Connected, and looking as after a leading controller of this term has prepared the store. */
export async function openPrepared(settings: RedisSettings, term = 1): Promise<RedisConnection> {
  const connection = openRedis(settings, { log: () => undefined });
  await connection.firstAnswer();
  const { link } = connection;
  await link.client.set(termKeyOf(link, 'controller'), String(term));
  await link.client.set(preparedKeyOf(link), '1');
  return connection;
}
