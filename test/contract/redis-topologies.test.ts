// The contracts of both stores on every kind of Redis: versions, ways to be let in, and several servers that act as one.
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { redisResourceStore } from '../../adapters/redis/resources.ts';
import { redisSessionStore } from '../../adapters/redis/session-store.ts';
import { newSpace, openPrepared, redisKinds, type RunningRedis } from '../support/redis-kinds.ts';
import { resourcesContract } from './suites/resource-store.ts';
import { leasesContract } from './suites/session-store-leases.ts';
import { poolContract } from './suites/session-store-pool.ts';
import { sessionsContract, type OpenStore } from './suites/session-store-sessions.ts';

jest.setTimeout(60_000);

describe.each([...redisKinds])('$name', ({ start }) => {
  const fence = { role: 'controller', term: 1 } as const;
  let redis: RunningRedis;
  beforeAll(async () => {
    redis = await start();
  });
  afterAll(() => redis.close());

  const openStore: OpenStore = async () => {
    const connection = await openPrepared(newSpace(redis.settings));
    return { ...redisSessionStore(connection.link, { fence }), close: () => connection.close() };
  };
  const openResources = async () => {
    const connection = await openPrepared(newSpace(redis.settings));
    return { store: redisResourceStore(connection.link, fence), close: () => connection.close() };
  };

  sessionsContract(openStore);
  leasesContract(openStore);
  poolContract(openStore);
  resourcesContract(openResources);

  test('all that the platform writes has one hash tag, so that a Cluster keeps it in one slot', async () => {
    // One look over everything: the cursor it ends with is 0.
    const looks = await Promise.all(
      redis.servers.map((server) => server.cli('SCAN', '0', 'COUNT', '1000000')),
    );
    const keys = looks.flatMap((look) => look.split('\n').slice(1)).filter(Boolean);
    const foreign = keys.filter((key) => !/^\{agentcube-\d+\}:/.test(key));
    expect(keys.length).toBeGreaterThan(0);
    expect(foreign).toEqual([]);
  });
});
