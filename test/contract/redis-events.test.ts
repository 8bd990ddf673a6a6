// What only Redis can show of the event queue: several programs at once, in whose hands what is, and a Redis that is full, frozen or killed.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { RedisConnection } from '../../adapters/redis/connection.ts';
import { createRedisBus, type RedisBus } from '../../adapters/redis/bus.ts';
import { redisEventStore } from '../../adapters/redis/event-store.ts';
import type { EventStore } from '../../model/event-queue.ts';
import { deliveryOf, eventOf, idsOf, only, refused, roomy, takeSome } from '../support/events.ts';
import { openPrepared, plainSettings } from '../support/redis-kinds.ts';
import { startRedis, type RedisServer } from '../support/redis-server.ts';
import { minute, second, t0 } from '../support/sessions.ts';
import { until } from '../support/until.ts';

jest.setTimeout(60_000);

let server: RedisServer;
const connections: RedisConnection[] = [];
const buses: RedisBus[] = [];
let one: EventStore;
let other: EventStore;

async function openStore(): Promise<EventStore> {
  const connection = await openPrepared(plainSettings(server.addr, { commandTimeoutMs: 500 }));
  connections.push(connection);
  const bus = createRedisBus(connection, { onFault: () => undefined });
  buses.push(bus);
  const store = redisEventStore(connection.link, bus);
  await bus.start();
  return store;
}

beforeEach(async () => {
  server = await startRedis({ args: ['--appendfsync', 'always'] });
  [one, other] = [await openStore(), await openStore()];
});
afterEach(async () => {
  for (const bus of buses.splice(0)) await bus.close();
  for (const connection of connections.splice(0)) await connection.close();
  await server.close();
});

const nobodyTells = { onMessage: () => () => undefined };
const firstLink = () => only(connections.slice(0, 1)).link;
const unavailable = { code: 'STORE_UNAVAILABLE' };
const worksAgain = (store: EventStore) =>
  until(() =>
    store.backlog().then(
      () => true,
      () => false,
    ),
  );

/** Takes and settles until nothing is left; answers what was settled, in order. */
async function drain(store: EventStore, holder: string, now = t0): Promise<{ id: string; lane?: string }[]> {
  const settled: { id: string; lane?: string }[] = [];
  for (let idle = 0; idle < 3;) {
    const taken = await takeSome(store, 7, { holder, now, until: now + minute });
    idle = taken.length === 0 ? idle + 1 : 0;
    for (const delivery of taken) {
      settled.push(delivery);
      expect(await store.settle(delivery.ticket, holder, { kind: 'done' })).toBe(true);
    }
  }
  return settled;
}

describe('two programs', () => {
  test('share what there is: each delivery once, each lane in order', async () => {
    const lanes = Array.from({ length: 20 }, (_, n) => `lane ${n}`);
    for (let n = 0; n < 50; n += 1) {
      const store = n % 2 === 0 ? one : other;
      await store.append(
        [...lanes.map((lane) => deliveryOf(`${lane}/${n}`, { lane })), deliveryOf(`free/${n}`)],
        roomy,
        t0,
      );
    }
    const settled: { id: string; lane?: string }[] = [];
    const record = async (store: EventStore, holder: string) => {
      for (let idle = 0; idle < 20;) {
        const taken = await takeSome(store, 5, { holder });
        idle = taken.length === 0 ? idle + 1 : 0;
        for (const delivery of taken) {
          settled.push(delivery);
          expect(await store.settle(delivery.ticket, holder, { kind: 'done' })).toBe(true);
        }
      }
    };
    await Promise.all([record(one, 'a'), record(other, 'b')]);
    expect(settled).toHaveLength(21 * 50);
    expect(new Set(idsOf(settled)).size).toBe(21 * 50);
    for (const lane of lanes) {
      const ids = idsOf(settled.filter((delivery) => delivery.lane === lane));
      expect(ids).toEqual(Array.from({ length: 50 }, (_, n) => `${lane}/${n}`));
    }
    expect(await one.backlog()).toEqual([]);
  });

  test('hear of what the other appended', async () => {
    const heard: string[] = [];
    other.onAppended((trigger) => heard.push(trigger));
    await one.append([deliveryOf('a')], roomy, t0);
    await until(() => heard.length > 0);
    expect(heard).toEqual(['default/t']);
  });

  test('Redis itself says in whose hands a delivery is', async () => {
    await one.append([deliveryOf('a')], roomy, t0);
    await takeSome(other, 1, { holder: 'activator-2/run-7' });
    const pending = await server.cli('XPENDING', '{agentcube}:e:q:default/t', 'd');
    expect(pending).toContain('activator-2/run-7');
  });

  test('one takes over what the other lost, and the other learns it', async () => {
    await one.append([deliveryOf('a', { lane: 'l' }), deliveryOf('b', { lane: 'l' })], roomy, t0);
    const lost = only(await takeSome(one, 5, { holder: 'a', until: t0 + second }));
    const found = only(await takeSome(other, 5, { holder: 'b', now: t0 + second }));
    expect(found.id).toBe('a');
    expect(await one.renew([lost.ticket], 'a', t0 + minute)).toEqual([lost.ticket]);
    expect(await one.settle(lost.ticket, 'a', { kind: 'done' })).toBe(false);
    expect(await other.settle(found.ticket, 'b', { kind: 'done' })).toBe(true);
  });
});

describe('what is left behind', () => {
  test('of a trigger of which nothing waits or is dead nothing is kept, and it can come back', async () => {
    await one.append([deliveryOf('a', { lane: 'l' })], roomy, t0);
    await drain(one, 'a');
    expect(await one.backlog()).toEqual([]);
    expect((await server.cli('KEYS', '{agentcube}:e:*')).split('\n').sort()).toEqual(
      ['seq', 'sums', 'turns'].map((name) => `{agentcube}:e:${name}`),
    );
    await one.append([deliveryOf('b', { lane: 'l' })], roomy, t0);
    expect(idsOf(await drain(other, 'b'))).toEqual(['b']);
  });

  test('runs of programs that have nothing and were not seen for long are forgotten, others are not', async () => {
    const impatient = redisEventStore(firstLink(), nobodyTells, { unseenForMs: 0 });
    await one.append([deliveryOf('a'), deliveryOf('b')], roomy, t0);
    const gone = only(await takeSome(one, 1, { holder: 'gone' }));
    await one.settle(gone.ticket, 'gone', { kind: 'done' });
    const kept = only(await takeSome(one, 1, { holder: 'busy' }));
    const consumers = () => server.cli('XINFO', 'CONSUMERS', '{agentcube}:e:q:default/t', 'd');
    await one.ageOut(t0, 10);
    expect(await consumers()).toContain('gone');
    await impatient.ageOut(t0, 10);
    expect(await consumers()).not.toContain('gone');
    expect(await one.settle(kept.ticket, 'busy', { kind: 'done' })).toBe(true);
  });
});

describe('a Redis that', () => {
  test('is full refuses events by name, and gives out and forgets those that it has', async () => {
    await one.append([deliveryOf('a', { lane: 'l' }), deliveryOf('b', { lane: 'l' })], roomy, t0);
    await server.cli('CONFIG', 'SET', 'maxmemory', '1');
    await expect(one.append([deliveryOf('c')], roomy, t0)).rejects.toMatchObject({
      ...unavailable,
      details: { reason: 'full' },
    });
    const { ticket } = only(await takeSome(one, 5));
    expect(await one.renew([ticket], 'one', t0 + 2 * minute)).toEqual([]);
    expect(await one.settle(ticket, 'one', { kind: 'buried', error: refused, at: t0 })).toBe(true);
    expect(idsOf(await drain(one, 'a'))).toEqual(['b']);
    await server.cli('CONFIG', 'SET', 'maxmemory', '0');
    expect(await one.backlog()).toEqual([{ trigger: 'default/t', waiting: 0, dead: 1 }]);
  });

  test('is frozen is refused for in time, and afterwards what was answered is there', async () => {
    await one.append([deliveryOf('a')], roomy, t0);
    server.freeze();
    await expect(one.append([deliveryOf('b')], roomy, t0)).rejects.toMatchObject(unavailable);
    await expect(takeSome(other, 5)).rejects.toMatchObject(unavailable);
    await expect(one.backlog()).rejects.toMatchObject(unavailable);
    server.thaw();
    await worksAgain(one);
    await worksAgain(other);
    // Whatever the frozen calls have come to, after their holdings ended everything is handed out again.
    expect(idsOf(await drain(one, 'a', t0 + 2 * minute))).toContain('a');
  });

  test('is killed again and again has all that it answered for, and each lane keeps its order (E1, E2)', async () => {
    const stored: string[] = [];
    const settling = new Set<string>();
    const handled: { id: string; lane?: string }[] = [];
    let [made, running, now] = [0, true, t0];
    const appending = async (store: EventStore) => {
      while (running) {
        made += 1;
        const [id, lane] = [`${made}`, `lane ${made % 5}`];
        const event = eventOf('x'.repeat(500));
        await store.append([deliveryOf(id, { lane, event })], roomy, now).then(
          () => stored.push(id),
          () => sleep(10),
        );
      }
    };
    const handling = async (store: EventStore, holder: string) => {
      while (running) {
        now += 1;
        await sleep(1);
        const taken = await takeSome(store, 3, { holder, now, until: now + 200 }).catch(() => []);
        for (const delivery of taken) {
          settling.add(delivery.id);
          const done = await store.settle(delivery.ticket, holder, { kind: 'done' }).catch(() => false);
          if (done) handled.push(delivery);
        }
      }
    };
    const killing = async () => {
      for (let kill = 0; kill < 3; kill += 1) {
        await sleep(300);
        await server.kill();
        await server.restart();
        await worksAgain(one);
        await worksAgain(other);
      }
      running = false;
    };
    await Promise.all([
      appending(one),
      appending(other),
      handling(one, 'a'),
      handling(other, 'b'),
      killing(),
    ]);
    handled.push(...(await drain(one, 'a', now + minute)));
    const seen = new Set(idsOf(handled));
    expect(stored.filter((id) => !seen.has(id) && !settling.has(id))).toEqual([]);
    expect(new Set(idsOf(handled)).size).toBe(handled.length);
    expect(stored.length).toBeGreaterThan(50);
    expect(await one.backlog()).toEqual([]);
  });
});
