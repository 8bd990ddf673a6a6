// What only Redis can show of its session store: fences, an emptied or full Redis, and one command per operation.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Redis } from 'ioredis';
import { keyOf, preparedKeyOf, termKeyOf, type RedisLink } from '../../adapters/redis/link.ts';
import { redisSessionStore } from '../../adapters/redis/session-store.ts';
import type { SandboxRef } from '../../model/sandbox.ts';
import type { SessionStore } from '../../model/session-store.ts';
import type { Session } from '../../model/session.ts';
import { startRedis, type RedisServer } from '../support/redis-server.ts';
import { clientOf, freshLink, openRedisStore } from '../support/redis-store.ts';
import { interpreter, minute, moved, sessionIn, t0, warm } from '../support/sessions.ts';

let server: RedisServer;
let client: Redis;
let link: RedisLink;
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
  link = freshLink(client);
  store = await openRedisStore(link);
});

const fence = { role: 'controller', term: 7 } as const;
const unavailable = (reason: string) =>
  expect.objectContaining({ code: 'STORE_UNAVAILABLE', details: expect.objectContaining({ reason }) });
const bindTo =
  (id: string, change: Partial<Session> = {}) =>
  (sandbox: SandboxRef) => ({
    session: sessionIn({ kind: 'paused', sandbox, claimed: true }, { id, ...change }),
    dueAt: t0 + minute,
  });
const ownKeys = async () =>
  (await client.keys(`${link.prefix}:*`)).map((key) => key.slice(link.prefix.length + 1));
const copyOf = async (): Promise<Record<string, string>> => {
  const keys = (await ownKeys()).sort();
  const dumps = await Promise.all(keys.map((key) => client.dumpBuffer(keyOf(link, key))));
  return Object.fromEntries(keys.map((key, at) => [key, dumps[at]?.toString('base64') ?? '']));
};

const session = sessionIn('running', { id: 's1' });
const ended = sessionIn('ended', { id: 's2' });
/** A store in which each write below would change something. */
const furnish = async (into: SessionStore) => {
  await into.create(session, t0);
  await into.create(ended, null);
  await into.acquire(session.id, 'b', t0 + minute, t0);
  await into.offer(warm('w1'));
};
const claimed = [{ sessionId: session.id, generation: 1, lastActivityAt: t0 + 5 }];
const writes: { name: string; write: (to: SessionStore) => Promise<unknown> }[] = [
  { name: 'create', write: (to) => to.create(sessionIn('running', { id: 'new' }), null) },
  { name: 'save', write: (to) => to.save(moved(session, 'ending'), null) },
  {
    name: 'saveIfUnleased',
    write: (to) => to.saveIfUnleased(moved(session, 'pausing'), null, t0 + minute, t0),
  },
  {
    name: 'saveLeased',
    write: (to) => to.saveLeased({ ...session, version: 2 }, null, 'a', t0 + minute),
  },
  { name: 'forget', write: (to) => to.forget(ended.id) },
  { name: 'postpone', write: (to) => to.postpone(session.id, 1, t0 + minute) },
  { name: 'touch', write: (to) => to.touch(session.id, t0 + 5) },
  { name: 'acquire', write: (to) => to.acquire(session.id, 'a', t0 + minute, t0) },
  { name: 'renew', write: (to) => to.renew(claimed, 'a', t0 + minute) },
  { name: 'release', write: (to) => to.release(claimed, 'b') },
  { name: 'offer', write: (to) => to.offer(warm('w2')) },
  { name: 'claim', write: (to) => to.claim(interpreter, 'r1', bindTo('new')) },
  { name: 'withdraw', write: (to) => to.withdraw('w1') },
];
const reads: { name: string; read: (from: SessionStore) => Promise<unknown> }[] = [
  { name: 'get', read: (from) => from.get(session.id) },
  { name: 'list', read: (from) => from.list({ limit: 10 }) },
  { name: 'due', read: (from) => from.due(t0, 10) },
  { name: 'bySandbox', read: (from) => from.bySandbox('w1') },
  { name: 'entries', read: (from) => from.entries() },
];

describe('a leader whose term is over', () => {
  const late = () => redisSessionStore(link, { fence });

  test.each(writes)('$name of the present leader changes something', async ({ write }) => {
    await furnish(store);
    await client.set(termKeyOf(link, fence.role), String(fence.term));
    const before = await copyOf();
    await write(late());
    expect(await copyOf()).not.toEqual(before);
  });

  test.each(writes)('$name is refused and changes nothing when another leads', async ({ write }) => {
    await furnish(store);
    await client.set(termKeyOf(link, fence.role), String(fence.term + 1));
    const before = await copyOf();
    await expect(write(late())).rejects.toMatchObject({ code: 'NOT_LEADER' });
    expect(await copyOf()).toEqual(before);
  });

  test.each(writes)('$name is refused by a store that has forgotten the term', async ({ write }) => {
    await expect(write(late())).rejects.toMatchObject({ code: 'NOT_LEADER' });
    expect(await ownKeys()).toEqual(['prepared']);
  });

  test.each(reads)('$name is refused: nothing there may mean nothing any more', async ({ read }) => {
    await expect(read(late())).rejects.toMatchObject({ code: 'NOT_LEADER' });
  });

  test('the term of another role does not count', async () => {
    await client.set(termKeyOf(link, 'autoscaler'), String(fence.term));
    await expect(late().touch('s1', t0)).rejects.toMatchObject({ code: 'NOT_LEADER' });
  });

  test('terms beyond what a double prints plainly are compared to the last digit', async () => {
    const high = redisSessionStore(link, { fence: { role: 'controller', term: 1_800_000_000_000_001 } });
    await client.set(termKeyOf(link, 'controller'), '1800000000000001');
    expect(await high.create(session, null)).toBe('created');
    await client.set(termKeyOf(link, 'controller'), '1800000000000002');
    await expect(high.forget('s1')).rejects.toMatchObject({ code: 'NOT_LEADER' });
  });
});

describe('a store that was emptied', () => {
  beforeEach(() => client.del(preparedKeyOf(link)));

  test.each([
    ...writes.map(({ name, write }) => ({ name, ask: write })),
    ...reads.map(({ name, read }) => ({ name, ask: read })),
  ])('$name is refused: a lost session must not look like one that never was', async ({ ask }) => {
    await expect(ask(store)).rejects.toEqual(unavailable('unprepared'));
    expect(await ownKeys()).toEqual([]);
  });

  test('the leader may read and write it, to rebuild it', async () => {
    await client.set(termKeyOf(link, fence.role), String(fence.term));
    const leader = redisSessionStore(link, { fence });
    await furnish(leader);
    expect((await leader.get(session.id))?.session).toEqual(session);
    await expect(store.get(session.id)).rejects.toEqual(unavailable('unprepared'));
  });
});

describe('a full Redis', () => {
  test('refuses new sessions and keeps what it has; with room again it goes on', async () => {
    await furnish(store);
    const before = await copyOf();
    await server.cli('config', 'set', 'maxmemory', '1');
    try {
      await expect(store.create(sessionIn('running', { id: 'new' }), null)).rejects.toEqual(
        unavailable('full'),
      );
      await expect(store.save(moved(session, 'ending'), null)).rejects.toEqual(unavailable('full'));
      await expect(store.offer(warm('w2'))).rejects.toEqual(unavailable('full'));
      expect((await store.get(session.id))?.session).toEqual(session);
    } finally {
      await server.cli('config', 'set', 'maxmemory', '0');
    }
    expect(await copyOf()).toEqual(before);
    expect(await store.save(moved(session, 'ending'), null)).toBe('saved');
  });

  test('still gives a warm sandbox to its session whole, or not at all', async () => {
    await furnish(store);
    await server.cli('config', 'set', 'maxmemory', '1');
    const answer = await store.claim(interpreter, 'r1', bindTo('new')).catch((fault: unknown) => fault);
    await server.cli('config', 'set', 'maxmemory', '0');
    const [pool, record] = [await store.entries(), await store.get('new')];
    expect(pool.length).toBe(record ? 0 : 1);
    expect(answer).toEqual(record ? record.session : unavailable('full'));
  });
});

describe('one round trip', () => {
  const calls = async (name: string) =>
    Number(new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(await client.info('commandstats'))?.[1] ?? 0);

  test.each([
    ...writes.map(({ name, write }) => ({ name, ask: write })),
    ...reads.map(({ name, read }) => ({ name, ask: read })),
  ])('$name is one command, called by its hash', async ({ ask }) => {
    await furnish(store);
    await ask(store);
    await client.config('RESETSTAT');
    await ask(store);
    expect([await calls('evalsha'), await calls('eval')]).toEqual([1, 0]);
  });

  test('10,000 leases are renewed by one command, and more by as few', async () => {
    const ids = Array.from({ length: 10_000 }, (_, n) => `many-${n}`);
    await Promise.all(ids.map((id) => store.create(sessionIn('running', { id }), null)));
    const claims = ids.map((sessionId) => ({ sessionId, generation: 1, lastActivityAt: t0 + 3 }));
    await client.config('RESETSTAT');
    expect(await store.renew(claims, 'a', t0 + minute)).toEqual([]);
    expect((await calls('evalsha')) + (await calls('eval'))).toBe(1);
    expect(await store.get('many-9999')).toMatchObject({ lastActivityAt: t0 + 3, leasedUntil: t0 + minute });
    const unknown = [{ sessionId: 'nobody', generation: 1, lastActivityAt: t0 }];
    expect(await store.renew([...claims, ...unknown, ...claims.slice(0, 5)], 'a', t0 + minute)).toEqual([
      'nobody',
    ]);
    await store.release([...unknown, ...claims], 'a');
    expect((await store.get('many-0'))?.leasedUntil).toBe(0);
  }, 30_000);

  test('a long list is read in pieces, and nobody is missing', async () => {
    const ids = Array.from({ length: 2_500 }, (_, n) => `list-${String(n).padStart(5, '0')}`);
    const stateOf = (n: number) => (n % 1_250 === 7 ? 'paused' : 'running');
    const labelOf = (n: number) => (n % 900 === 3 ? { rare: 'yes' } : {});
    const made = ids.map((id, n) => sessionIn(stateOf(n), { id, labels: labelOf(n) }));
    await Promise.all(made.map((one) => store.create(one, null)));
    const found = async (query: Parameters<SessionStore['list']>[0]) =>
      (await store.list(query)).map((record) => record.session.id);
    expect(await found({ limit: 10_000 })).toEqual(ids);
    expect(await found({ limit: 1_500 })).toEqual(ids.slice(0, 1_500));
    expect(await found({ limit: 10, states: ['paused'] })).toEqual([ids[7], ids[1_257]]);
    expect(await found({ limit: 2, labels: { rare: 'yes' } })).toEqual([ids[3], ids[903]]);
    expect(await found({ limit: 9, labels: { rare: 'yes' }, after: ids[903] ?? '' })).toEqual([ids[1_803]]);
  }, 30_000);
});
