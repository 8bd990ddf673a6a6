// What the session store answers while its Redis is full, frozen, dead or replaced by a replica: a typed refusal that
// names the remedy, in bounded time, and afterwards every session that was answered for is there.
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { createRedisBus } from '../../adapters/redis/bus.ts';
import type { RedisConnection } from '../../adapters/redis/connection.ts';
import { redisSessionStore } from '../../adapters/redis/session-store.ts';
import { PlatformError } from '../../model/errors.ts';
import type { SandboxRef } from '../../model/sandbox.ts';
import type { SessionStore } from '../../model/session-store.ts';
import { startRedisCluster } from '../support/redis-cluster.ts';
import { openPrepared, plainSettings } from '../support/redis-kinds.ts';
import { startRedisSentinel, type RedisSentinel } from '../support/redis-sentinel.ts';
import { startRedis, type RedisServer } from '../support/redis-server.ts';
import { minute, sessionIn, t0, warm } from '../support/sessions.ts';
import { until } from '../support/until.ts';

jest.setTimeout(60_000);

const commandTimeoutMs = 500;
const name = (index: number): string => `s${String(index).padStart(5, '0')}`;

/** Why it was refused, and nothing else than a refusal of a store that cannot be used. */
async function reasonOf(asked: Promise<unknown>): Promise<unknown> {
  const fault = await asked.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(fault instanceof PlatformError) || fault.code !== 'STORE_UNAVAILABLE') throw fault;
  return fault.details.reason;
}

const answers = (asked: () => Promise<unknown>) => async (): Promise<boolean> =>
  asked().then(
    () => true,
    () => false,
  );

async function idsIn(store: SessionStore): Promise<string[]> {
  const ids: string[] = [];
  for (;;) {
    const after = ids.at(-1);
    const page = await store.list({ limit: 500, ...(after !== undefined && { after }) });
    if (page.length === 0) return ids;
    ids.push(...page.map(({ session }) => session.id));
  }
}

/** Creates sessions until the store refuses; answers the ids that it took, and the refusal. */
async function fill(store: SessionStore): Promise<{ taken: string[]; refusal: PlatformError }> {
  const taken: string[] = [];
  const labels = { long: 'x'.repeat(20_000) };
  for (;;) {
    const id = name(taken.length);
    try {
      await store.create(sessionIn('running', { id, labels }), t0 + minute);
      taken.push(id);
    } catch (fault) {
      if (fault instanceof PlatformError) return { taken, refusal: fault };
      throw fault;
    }
  }
}

describe('one server', () => {
  let server: RedisServer;
  let connection: RedisConnection;
  let store: SessionStore;
  beforeEach(async () => {
    server = await startRedis();
    connection = await openPrepared(plainSettings(server.addr, { commandTimeoutMs }));
    store = redisSessionStore(connection.link);
  });
  afterEach(async () => {
    await connection.close();
    await server.close();
  });

  test('full, with noeviction: the write is refused by name, reads go on, and with memory back nothing is missing', async () => {
    await server.cli('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
    await server.cli('CONFIG', 'SET', 'maxmemory', '8mb');
    const { taken, refusal } = await fill(store);
    expect(refusal).toMatchObject({ code: 'STORE_UNAVAILABLE', details: { reason: 'full' } });
    expect(refusal.message).toContain('maxmemory');
    expect(taken.length).toBeGreaterThan(10);
    expect(await idsIn(store)).toEqual(taken);
    await server.cli('CONFIG', 'SET', 'maxmemory', '0');
    expect(await store.create(sessionIn('running', { id: name(taken.length) }), null)).toBe('created');
    expect(await idsIn(store)).toEqual([...taken, name(taken.length)]);
  });

  test('full: a claim is whole or nothing', async () => {
    await store.offer(warm('w1'));
    await server.cli('CONFIG', 'SET', 'maxmemory', '1');
    const bind = (sandbox: SandboxRef) => ({
      session: sessionIn({ kind: 'paused', sandbox, claimed: true }),
      dueAt: null,
    });
    const claimed = await answers(() => store.claim(warm('w1').runtime, 'r1', bind))();
    await server.cli('CONFIG', 'SET', 'maxmemory', '0');
    expect(await store.entries()).toEqual(claimed ? [] : [warm('w1')]);
    expect((await store.bySandbox('w1'))?.session.id).toBe(claimed ? 'session-1' : undefined);
    expect(await idsIn(store)).toEqual(claimed ? ['session-1'] : []);
  });

  test('frozen: what is asked is refused in time, and what is asked after it goes on is answered rightly', async () => {
    const session = sessionIn('running');
    await store.create(session, null);
    server.freeze();
    expect(['timeout', 'unreachable']).toContain(await reasonOf(store.get(session.id)));
    expect(['timeout', 'unreachable']).toContain(
      await reasonOf(store.create(sessionIn('running', { id: 'late' }), null)),
    );
    server.thaw();
    await until(answers(() => store.get(session.id)));
    expect((await store.get(session.id))?.session).toEqual(session);
    // Whether the one whose fate was unknown was made, the store knows, and says so to whoever asks again.
    const again = await store.create(sessionIn('running', { id: 'late' }), null);
    expect(['created', 'exists']).toContain(again);
    expect(await idsIn(store)).toEqual(['late', session.id]);
  });

  test.each(['kill', 'stop'] as const)(
    '%s, then back: refused at once meanwhile, and every session is there',
    async (end) => {
      const ids = Array.from({ length: 50 }, (_, index) => name(index));
      await Promise.all(ids.map((id) => store.create(sessionIn('running', { id }), null)));
      await store.acquire(name(0), 'a', t0 + minute, t0);
      await server[end]();
      expect(await reasonOf(store.get(name(0)))).toBe('unreachable');
      expect(await reasonOf(store.create(sessionIn('running', { id: 'new' }), null))).toBe('unreachable');
      await server.restart();
      await until(answers(() => store.get(name(0))));
      expect(await idsIn(store)).toEqual(ids);
      expect((await store.get(name(0)))?.leasedUntil).toBe(t0 + minute);
    },
  );

  test('without its functions, which a restart or an administrator takes away, they are sent again', async () => {
    await store.create(sessionIn('running'), null);
    await server.cli('SCRIPT', 'FLUSH');
    expect(await store.create(sessionIn('running'), null)).toBe('exists');
  });

  test('emptied: nobody is told that a session never was', async () => {
    await store.create(sessionIn('running'), null);
    await server.cli('FLUSHALL');
    expect(await reasonOf(store.get('session-1'))).toBe('unprepared');
    expect(await reasonOf(store.list({ limit: 10 }))).toBe('unprepared');
  });
});

describe('Sentinel', () => {
  let sentinel: RedisSentinel;
  let connection: RedisConnection;
  beforeEach(async () => {
    sentinel = await startRedisSentinel();
    const { addr, name: sentinelName } = sentinel;
    connection = await openPrepared(
      plainSettings(addr, { mode: 'sentinel', sentinelName, commandTimeoutMs }),
    );
  });
  afterEach(async () => {
    await connection.close();
    await sentinel.close();
  });

  test.each(['kill', 'freeze'] as const)(
    '%s of the master: the replica takes over with every session, and who listens hears that messages were missed',
    async (fault) => {
      const store = redisSessionStore(connection.link);
      const bus = createRedisBus(connection, { onFault: () => undefined });
      let gaps = 0;
      await bus.start();
      bus.onGap(() => (gaps += 1));
      const ids = Array.from({ length: 50 }, (_, index) => name(index));
      await Promise.all(ids.map((id) => store.create(sessionIn('running', { id }), null)));
      const { master, replica } = sentinel;
      await until(async () => (await replica.cli('DBSIZE')) === (await master.cli('DBSIZE')));
      gaps = 0;
      await sentinel.master[fault]();
      await until(answers(() => store.create(sessionIn('running', { id: 'taken-over' }), null)));
      expect(await idsIn(store)).toEqual([...ids, 'taken-over']);
      await until(() => gaps > 0);
      if (fault === 'freeze') sentinel.master.thaw();
      await bus.close();
    },
  );
});

test('Cluster: with a master gone the store refuses, and is whole again with it', async () => {
  const cluster = await startRedisCluster();
  const connection = await openPrepared(plainSettings(cluster.addr, { mode: 'cluster', commandTimeoutMs }));
  try {
    const store = redisSessionStore(connection.link);
    await store.create(sessionIn('running'), null);
    const sizes = await Promise.all(cluster.nodes.map((node) => node.cli('DBSIZE')));
    const [owner, ...others] = cluster.nodes.filter((_, index) => sizes[index] !== '0');
    expect(others).toEqual([]);
    await owner?.kill();
    expect(['unreachable', 'cluster-down', 'timeout']).toContain(await reasonOf(store.get('session-1')));
    await owner?.restart();
    await until(answers(() => store.get('session-1')));
    expect((await store.get('session-1'))?.session.id).toBe('session-1');
  } finally {
    await connection.close();
    await cluster.close();
  }
});
