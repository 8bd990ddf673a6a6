// Wrong settings against real servers: each ends the start with an error that names the setting to correct, and no
// password is in it. What may come right by itself is waited for.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { openRedis } from '../../adapters/redis/connection.ts';
import type { RedisSettings } from '../../adapters/redis/settings.ts';
import { PlatformError } from '../../model/errors.ts';
import { startRedisCluster, type RedisCluster } from '../support/redis-cluster.ts';
import { plainSettings } from '../support/redis-kinds.ts';
import { freePort } from '../support/redis-process.ts';
import { makeCertificates, startSecuredRedis, type SecuredRedis } from '../support/redis-secured.ts';
import { startRedisSentinel, type RedisSentinel } from '../support/redis-sentinel.ts';
import { startRedis, type RedisServer } from '../support/redis-server.ts';

jest.setTimeout(60_000);

const refusedWithinMs = 20_000;
const secret = 'a-secret-password';

/** With what the first attempt of a program to reach its Redis ends. */
async function refusalOf(settings: RedisSettings): Promise<PlatformError> {
  const connection = openRedis(settings, { log: () => undefined });
  try {
    // A connection that went on trying would keep the test from ending, not only from passing.
    await Promise.race([connection.firstAnswer(), sleep(refusedWithinMs, undefined, { ref: false })]);
  } catch (fault) {
    if (fault instanceof PlatformError) return fault;
    throw fault;
  } finally {
    await connection.close();
  }
  throw new Error('these settings were not refused');
}

describe('a server with a password', () => {
  let server: RedisServer;
  beforeAll(async () => {
    const user = ['--user', 'reader', 'on', '>reading', '~*', '&*', '+@read', '+@connection', '+info'];
    server = await startRedis({ args: ['--requirepass', secret, ...user], cliArgs: ['--pass', secret] });
  });
  afterAll(() => server.close());

  test.each<[string, Partial<RedisSettings>, string, string]>([
    ['no password', {}, 'auth', 'redisPassword (--redis-password, REDIS_PASSWORD)'],
    [
      'a wrong password',
      { password: 'wrong-password' },
      'auth',
      'redisPassword (--redis-password, REDIS_PASSWORD)',
    ],
    [
      'an unknown user',
      { username: 'nobody', password: secret },
      'auth',
      'redisUsername (--redis-username, REDIS_USERNAME)',
    ],
    [
      'a user who may only read',
      { username: 'reader', password: 'reading' },
      'permission',
      'redisUsername (--redis-username, REDIS_USERNAME)',
    ],
    [
      'a database that does not exist',
      { password: secret, db: 99 },
      'database',
      'redisDb (--redis-db, REDIS_DB)',
    ],
    [
      'a Cluster where there is none',
      { password: secret, mode: 'cluster' },
      'mode',
      'redisMode (--redis-mode, REDIS_MODE)',
    ],
  ])('%s', async (_, change, reason, setting) => {
    const refusal = await refusalOf(plainSettings(server.addr, change));
    expect(refusal.code).toBe('STORE_UNAVAILABLE');
    expect(refusal.details.reason).toBe(reason);
    expect(refusal.message).toContain(setting);
    expect(JSON.stringify([refusal.message, refusal.details])).not.toMatch(
      /a-secret-password|wrong-password|reading/,
    );
  });
});

describe('a server that speaks TLS only', () => {
  let redis: SecuredRedis;
  let elsewhere: string;
  beforeAll(async () => {
    redis = await startSecuredRedis();
    elsewhere = mkdtempSync(path.join(tmpdir(), 'agentcube-tls-'));
  });
  afterAll(async () => {
    await redis.close();
    rmSync(elsewhere, { recursive: true });
  });

  const settingsWith = (tls: RedisSettings['tls']): RedisSettings => {
    const { server, username, password } = redis;
    return plainSettings(server.addr, { username, password, ...(tls && { tls }) });
  };

  test('its authority is not known', async () => {
    const { cert, key } = redis.certificates;
    const refusal = await refusalOf(settingsWith({ ca: makeCertificates(elsewhere).ca, cert, key }));
    expect(refusal.details.reason).toBe('tls');
    expect(refusal.message).toContain('redisTlsCa (--redis-tls-ca, REDIS_TLS_CA)');
  });

  test('it wants a certificate of ours and gets none', async () => {
    const refusal = await refusalOf(settingsWith({ ca: redis.certificates.ca }));
    expect(refusal.details.reason).toBe('tls');
    expect(refusal.message).toContain('redisTlsCert (--redis-tls-cert, REDIS_TLS_CERT)');
  });

  test('its user may not touch the keys of another platform', async () => {
    const { ca, cert, key } = redis.certificates;
    const refusal = await refusalOf({ ...settingsWith({ ca, cert, key }), keyPrefix: 'somebody-else' });
    expect(refusal.details.reason).toBe('permission');
  });
});

describe('several servers', () => {
  let sentinel: RedisSentinel;
  let cluster: RedisCluster;
  beforeAll(async () => {
    [sentinel, cluster] = await Promise.all([startRedisSentinel(), startRedisCluster()]);
  });
  afterAll(() => Promise.all([sentinel.close(), cluster.close()]));

  test('a replica takes no writes, and the address is to blame', async () => {
    const refusal = await refusalOf(plainSettings(sentinel.replica.addr));
    expect(refusal.details.reason).toBe('read-only');
    expect(refusal.message).toContain('redisAddr (--redis-addr, REDIS_ADDR)');
  });

  test('the Sentinels know no master of that name', async () => {
    const refusal = await refusalOf(
      plainSettings(sentinel.addr, { mode: 'sentinel', sentinelName: 'other' }),
    );
    expect(refusal.details.reason).toBe('sentinel-name');
    expect(refusal.message).toContain('redisSentinelName (--redis-sentinel-name, REDIS_SENTINEL_NAME)');
  });

  test('a node of a Cluster as if it were alone', async () => {
    // The probe's key is in the slot of its prefix: one of the nodes refuses it.
    const refusals = cluster.nodes.slice(0, 2).map(({ addr }) => refusalOf(plainSettings(addr)));
    const refusal = await Promise.any(refusals);
    expect(refusal.details.reason).toBe('mode');
    expect(refusal.message).toContain('redisMode (--redis-mode, REDIS_MODE)');
  });
});

describe('what may come right by itself is waited for, and said with the name of its setting', () => {
  /** What was told first of a Redis that cannot be used yet. */
  async function watched(settings: RedisSettings) {
    const { promise: why, resolve } = Promise.withResolvers<PlatformError | undefined>();
    const connection = openRedis(settings, {
      log: () => undefined,
      onState: (up, fault) => resolve(up ? undefined : fault),
    });
    return { connection, why: await why };
  }

  test('an address where nobody listens', async () => {
    const port = await freePort();
    const { connection, why } = await watched(plainSettings(`127.0.0.1:${port}`));
    const server = await startRedis({ port });
    try {
      expect(why?.details.reason).toBe('unreachable');
      expect(why?.message).toContain('redisAddr (--redis-addr, REDIS_ADDR)');
      await connection.firstAnswer();
    } finally {
      await connection.close();
      await server.close();
    }
  });

  test('a host that has no address', async () => {
    const { connection, why } = await watched(plainSettings('no-such-host.invalid:6379'));
    await connection.close();
    expect(why?.message).toContain('redisAddr (--redis-addr, REDIS_ADDR)');
  });

  test('a server that takes the connection and does not understand TLS', async () => {
    const server = await startRedis();
    const settings = plainSettings(server.addr, { tls: { insecure: true }, commandTimeoutMs: 300 });
    const { connection, why } = await watched(settings);
    await connection.close();
    await server.close();
    expect(why?.details.reason).toBe('timeout');
    expect(why?.message).toContain('redisTls (--redis-tls, REDIS_TLS)');
  });
});
