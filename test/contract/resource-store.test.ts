// The contract of the store of deployed objects, against each adapter that this machine can run without help.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { memoryResourceStore } from '../../adapters/memory/resources.ts';
import { redisResourceStore } from '../../adapters/redis/resources.ts';
import { openDatabase } from '../../adapters/sqlite/database.ts';
import { sqliteResourceStore } from '../../adapters/sqlite/resources.ts';
import { connectTo } from '../support/redis-link.ts';
import { startRedis, type RedisServer } from '../support/redis-server.ts';
import { resourcesContract, type OpenResources } from './suites/resource-store.ts';

async function inFolder(): Promise<OpenResources> {
  const folder = mkdtempSync(join(tmpdir(), 'agentcube-resources-'));
  const db = openDatabase({ path: join(folder, 'agentcube.db') });
  const close = async () => {
    await db.close();
    rmSync(folder, { recursive: true });
  };
  return { store: sqliteResourceStore(db), close };
}

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.close());

async function inRedis(term = 7) {
  const connection = connectTo({ addr: server.addr });
  const { link } = connection;
  await connection.firstAnswer();
  await link.client.flushall();
  await link.client.set('{agentcube}:term:controller', '7');
  const store = redisResourceStore(link, { role: 'controller', term });
  return { store, close: () => connection.close() };
}

const adapters: { name: string; open: () => Promise<OpenResources> }[] = [
  { name: 'memory', open: async () => ({ store: memoryResourceStore(), close: async () => {} }) },
  { name: 'sqlite', open: inFolder },
  { name: 'redis', open: () => inRedis() },
];

describe.each(adapters)('$name', ({ open }) => resourcesContract(open));

describe('in Redis alone', () => {
  const row = { kind: 'AgentRuntime', namespace: 'default', name: 'hello', json: '{"a b":1}' };

  test('a leader whose term is over changes nothing', async () => {
    const { store, close } = await inRedis(6);
    const refused = { code: 'NOT_LEADER' };
    await expect(store.put(row, 'any')).rejects.toMatchObject(refused);
    await expect(store.remove(row)).rejects.toMatchObject(refused);
    await expect(store.restore([{ ...row, resourceVersion: 1 }], 1)).rejects.toMatchObject(refused);
    expect(await store.all()).toEqual({ resourceVersion: 0, resources: [] });
    await close();
  });

  test('a copy is put back over a store that was emptied, and the counter goes on', async () => {
    const { store, close } = await inRedis();
    const resources = [{ ...row, resourceVersion: 4 }];
    await store.restore(resources, 9);
    expect(await store.all()).toEqual({ resourceVersion: 9, resources });
    expect(await store.put(row, 4)).toEqual({ resourceVersion: 10 });
    await close();
  });

  test('a copy takes nothing back from a store that is as new', async () => {
    const { store, close } = await inRedis();
    await store.put(row, 'any');
    await store.restore([], 1);
    expect((await store.all()).resources).toHaveLength(1);
    await store.restore([], 2);
    expect(await store.all()).toEqual({ resourceVersion: 2, resources: [] });
    await close();
  });
});
