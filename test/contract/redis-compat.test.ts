// AgentCube's keyspace beside ours: what its router finds there of a session, from its start to its end.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Cluster, type Redis } from 'ioredis';
import { redisSessionStore } from '../../adapters/redis/session-store.ts';
import type { SandboxRef } from '../../model/sandbox.ts';
import type { SessionStore } from '../../model/session-store.ts';
import { startRedis, type RedisServer } from '../support/redis-server.ts';
import { clientOf, freshLink, openRedisStore } from '../support/redis-store.ts';
import { interpreter, minute, moved, sandboxOf, second, sessionIn, t0, warm } from '../support/sessions.ts';

let server: RedisServer;
let client: Redis;
let store: SessionStore;
beforeAll(async () => {
  server = await startRedis();
  client = clientOf(server);
});
afterAll(async () => {
  client.disconnect();
  await server.close();
});
beforeEach(async () => {
  await client.flushall();
  store = await openRedisStore(freshLink(client), { compatKeys: true });
});

const bindTo = (id: string) => (sandbox: SandboxRef) => ({
  session: sessionIn({ kind: 'paused', sandbox, claimed: true }, { id }),
  dueAt: t0 + minute,
});

describe("AgentCube's keys beside ours", () => {
  const entryOf = async (id: string) => JSON.parse((await client.get(`session:${id}`)) ?? 'null') as unknown;
  const scores = async (id: string) =>
    [await client.zscore('session:expiry', id), await client.zscore('session:last_activity', id)].map(Number);

  test('a cold start is there while it starts, and ready when it runs', async () => {
    const cold = sessionIn('creating', { id: 'cold', ownerId: 'alice' });
    await store.create(cold, null);
    const entry = {
      kind: 'Sandbox',
      sandboxId: 'sandbox-of-cold',
      name: 'python-sandbox-of-cold',
      entryPoints: null,
      sandboxNamespace: 'default',
      sessionId: 'cold',
      ownerId: 'alice',
      createdAt: '2023-11-14T22:13:20.000Z',
      expiresAt: '2023-11-15T06:13:20.000Z',
      idleTimeout: '15m0s',
      status: 'creating',
    };
    expect(await entryOf('cold')).toEqual(entry);
    expect(await scores('cold')).toEqual([t0 / second + 8 * 3600, t0 / second]);
    await store.save(moved(cold, 'running'), null);
    const { entryPoints } = sandboxOf('sandbox-of-cold');
    expect(await entryOf('cold')).toEqual({ ...entry, entryPoints, status: 'ready' });
  });

  test('a claimed sandbox stays a claim', async () => {
    const place = { agent: 'http://10.0.0.7:8090', pod: '7d0f' };
    await store.offer(warm('w1', { sandbox: { ...sandboxOf('w1'), place } }));
    const bound = await store.claim(interpreter, 'r1', bindTo('hot'));
    if (typeof bound === 'string') throw new Error(`nothing was claimed: ${bound}`);
    const { id, name, entryPoints } = sandboxOf('w1');
    const entry = {
      kind: 'SandboxClaim',
      sandboxId: id,
      name,
      entryPoints,
      sessionId: 'hot',
      status: 'not-ready',
    };
    expect(await entryOf('hot')).toMatchObject(entry);
    expect(await entryOf('hot')).not.toHaveProperty('place');
    await store.save({ ...bound, version: 2, state: { kind: 'running', sandbox: sandboxOf('w1') } }, null);
    expect(await entryOf('hot')).toMatchObject({ ...entry, status: 'ready' });
  });

  test('work is told, and only later work', async () => {
    const cold = sessionIn('running', { id: 'cold' });
    await store.create(cold, null);
    await store.touch('cold', t0 + 5 * second);
    await store.touch('cold', t0 + 3 * second);
    expect(await scores('cold')).toContain(t0 / second + 5);
    await store.renew(
      [{ sessionId: 'cold', generation: 1, lastActivityAt: t0 + 7 * second }],
      'a',
      t0 + minute,
    );
    expect(await scores('cold')).toContain(t0 / second + 7);
    await store.release([{ sessionId: 'cold', generation: 1, lastActivityAt: t0 + 9 * second }], 'a');
    expect(await scores('cold')).toContain(t0 / second + 9);
    await store.save(moved(cold, 'pausing'), null);
    expect(await scores('cold')).toContain(t0 / second + 9);
  });

  test('an ending session is not to be found there any more', async () => {
    const cold = sessionIn('running', { id: 'cold' });
    await store.create(cold, null);
    await store.save(moved(cold, 'ending'), null);
    await store.touch('cold', t0 + minute);
    expect(await client.exists('session:cold', 'session:expiry', 'session:last_activity')).toBe(0);
  });

  test('cannot be kept on a Cluster, and says so', () => {
    const cluster = new Cluster([], { lazyConnect: true });
    expect(() => redisSessionStore({ client: cluster, prefix: '{x}' }, { compatKeys: true })).toThrow(
      /Cluster/,
    );
  });
});
