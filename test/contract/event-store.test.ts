// The event store's contract, against each adapter that this machine can run without help.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from '@jest/globals';
import type { Redis } from 'ioredis';
import { memoryEventStore } from '../../adapters/memory/event-store.ts';
import { openDatabase } from '../../adapters/sqlite/database.ts';
import { sqliteEventStore } from '../../adapters/sqlite/event-store.ts';
import { openRedisEvents } from '../support/redis-events.ts';
import { startRedis, type RedisServer } from '../support/redis-server.ts';
import { clientOf, freshLink } from '../support/redis-store.ts';
import { eventStoreContract } from './suites/event-store.ts';
import type { OpenEventStore } from './suites/event-queue.ts';

const inFolder: OpenEventStore = async () => {
  const folder = mkdtempSync(join(tmpdir(), 'agentcube-events-'));
  const db = openDatabase({ path: join(folder, 'agentcube.db') });
  const close = async () => {
    await db.close();
    rmSync(folder, { recursive: true });
  };
  return { store: sqliteEventStore(db), close };
};

const adapters: { name: string; open: OpenEventStore }[] = [
  { name: 'memory', open: async () => ({ store: memoryEventStore(), close: async () => {} }) },
  { name: 'sqlite', open: inFolder },
  { name: 'redis', open: () => openRedisEvents({ ...freshLink(client), client }) },
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

describe.each(adapters)('$name', ({ open }) => eventStoreContract(open));
