// The session store's contract, against each adapter that this machine can run without help.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from '@jest/globals';
import type { Redis } from 'ioredis';
import { memorySessionStore } from '../../adapters/memory/session-store.ts';
import { openDatabase } from '../../adapters/sqlite/database.ts';
import { sqliteSessionStore } from '../../adapters/sqlite/session-store.ts';
import { clientOf, freshLink, openRedisStore } from '../support/redis-store.ts';
import { startRedis, type RedisServer } from '../support/redis-server.ts';
import { leasesContract } from './suites/session-store-leases.ts';
import { poolContract } from './suites/session-store-pool.ts';
import { sessionsContract, type OpenStore } from './suites/session-store-sessions.ts';

const inFolder: OpenStore = async () => {
  const folder = mkdtempSync(join(tmpdir(), 'agentcube-store-'));
  const store = sqliteSessionStore(openDatabase({ path: join(folder, 'agentcube.db') }));
  const close = async () => {
    await store.close();
    rmSync(folder, { recursive: true });
  };
  return { ...store, close };
};

const adapters: { name: string; open: OpenStore }[] = [
  { name: 'memory', open: async () => memorySessionStore() },
  { name: 'sqlite', open: inFolder },
  { name: 'redis', open: () => openRedisStore(freshLink(client)) },
  {
    name: 'redis, as the leader of a term',
    open: () => openRedisStore(freshLink(client), { fence: { role: 'controller', term: 7 } }),
  },
  {
    name: "redis, with AgentCube's keys",
    open: () => openRedisStore(freshLink(client), { compatKeys: true }),
  },
];

let server: RedisServer;
let client: Redis;
beforeAll(async () => {
  server = await startRedis();
  client = clientOf(server);
});
afterAll(async () => {
  client.disconnect();
  await server.close();
});

describe.each(adapters)('$name', ({ open }) => {
  sessionsContract(open);
  leasesContract(open);
  poolContract(open);
});
