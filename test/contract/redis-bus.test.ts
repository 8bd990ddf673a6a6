// Messages between programs over a real Redis, and that nobody who missed some goes on as if there had been none.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { createRedisBus, type RedisBus } from '../../adapters/redis/bus.ts';
import type { RedisConnection } from '../../adapters/redis/connection.ts';
import { redisDeliveryFeed, redisDeliveryTelling } from '../../adapters/redis/delivery-watch.ts';
import type { DeliveryTelling, ToldTry } from '../../model/delivery-watch.ts';
import { openPrepared, newSpace, redisKinds, type RunningRedis } from '../support/redis-kinds.ts';
import { sessionIn } from '../support/sessions.ts';
import { until } from '../support/until.ts';

jest.setTimeout(60_000);

interface Listener {
  readonly connection: RedisConnection;
  readonly bus: RedisBus;
  readonly faults: unknown[];
  gaps: number;
}

const kinds = redisKinds.filter(({ name }) => ['Redis 7', 'Sentinel', 'Cluster'].includes(name));

describe.each(kinds)('$name', ({ start }) => {
  let redis: RunningRedis;
  let opened: Listener[];
  let space: ReturnType<typeof newSpace>;
  beforeAll(async () => {
    redis = await start();
  });
  afterAll(() => redis.close());
  beforeEach(() => {
    opened = [];
    space = { ...newSpace(redis.settings), commandTimeoutMs: 500 };
  });
  afterEach(async () => {
    for (const { bus, connection } of opened) {
      await bus.close();
      await connection.close();
    }
  });

  const listener = async (prepare: (bus: RedisBus) => void = () => undefined): Promise<Listener> => {
    const connection = await openPrepared(space);
    const faults: unknown[] = [];
    const bus = createRedisBus(connection, { onFault: (fault) => faults.push(fault) });
    const made: Listener = { connection, bus, faults, gaps: 0 };
    bus.onGap(() => (made.gaps += 1));
    prepare(bus);
    await bus.start();
    opened.push(made);
    return made;
  };
  const onAllServers = (...command: string[]) =>
    Promise.all(redis.servers.map((server) => server.cli(...command)));
  const publish = ({ connection: { link } }: Listener, channel: string, text: string) =>
    link.client.eval("redis.call('PUBLISH', KEYS[1], ARGV[1])", 1, `${link.prefix}:${channel}`, text);

  test('tries of deliveries reach whoever watches, from every program, and are told while somebody watches only', async () => {
    let telling: DeliveryTelling | undefined;
    const [watcher] = [await listener(), await listener((bus) => (telling = redisDeliveryTelling(bus)))];
    expect(telling?.watched()).toBe(false);
    const heard: ToldTry[] = [];
    const cancel = redisDeliveryFeed(watcher.bus).watch((one) => heard.push(one));
    await until(() => telling?.watched() === true);
    const told: ToldTry = {
      ...{ at: 1, by: 'here', trigger: 'a/one', source: '/s', id: '1', type: 't', tries: 0, hops: 0 },
      ...{ result: 'again', status: 503, reason: 'no', tookMs: 5 },
    };
    telling?.tell(told);
    await until(() => heard.length > 0);
    expect(heard).toEqual([told]);
    cancel();
    await until(() => telling?.watched() === false);
  });

  test('wakes, recalls and changed sessions reach every program that listens, also the one that spoke', async () => {
    const heard: string[] = [];
    const hearing = (name: string) => (bus: RedisBus) => {
      bus.onWake((id) => heard.push(`${name} wake ${id}`));
      bus.onRecall((id) => heard.push(`${name} recall ${id}`));
      bus.subscribe(({ id }) => heard.push(`${name} session ${id}`));
    };
    const one = await listener(hearing('one'));
    await listener(hearing('two'));
    one.bus.wake('w');
    one.bus.recall('r');
    await publish(one, 'sessions', JSON.stringify(sessionIn('running', { id: 's' })));
    await until(() => heard.length === 6);
    expect(heard.sort()).toEqual([
      'one recall r',
      'one session s',
      'one wake w',
      'two recall r',
      'two session s',
      'two wake w',
    ]);
  });

  test('a session arrives as it was published', async () => {
    const session = sessionIn('running', { labels: { 'ö"': '\\' } });
    const heard: unknown[] = [];
    const one = await listener((bus) => bus.subscribe((changed) => heard.push(changed)));
    await publish(one, 'sessions', JSON.stringify(session));
    await until(() => heard.length === 1);
    expect(heard[0]).toEqual(session);
  });

  test('a message that cannot be read is a gap', async () => {
    const one = await listener((bus) => bus.subscribe(() => expect('a session').toBe('none')));
    const before = one.gaps;
    await publish(one, 'sessions', '{"id":7}');
    await publish(one, 'sessions', 'no JSON');
    await until(() => one.gaps === before + 2);
  });

  test('a listener that throws is told of, and does not keep another from hearing', async () => {
    const heard: string[] = [];
    const one = await listener((bus) => {
      bus.onWake(() => {
        throw new Error('fell over');
      });
      bus.onWake((id) => heard.push(id));
    });
    one.bus.wake('w');
    await until(() => heard.length === 1);
    expect(String(one.faults[0])).toContain('fell over');
  });

  test('who listens later hears too, and who stopped hears nothing', async () => {
    const heard: string[] = [];
    const one = await listener();
    const before = one.gaps;
    one.bus.onWake((id) => heard.push(`later ${id}`));
    await until(() => one.gaps > before);
    const stop = one.bus.onWake((id) => heard.push(`stopped ${id}`));
    stop();
    one.bus.wake('w');
    await until(() => heard.length === 1);
    expect(heard).toEqual(['later w']);
  });

  test('a gap is told at the start, and whenever somebody announces one', async () => {
    const one = await listener();
    const two = await listener();
    expect([one.gaps, two.gaps]).toEqual([1, 1]);
    one.bus.announceGap();
    await until(() => one.gaps === 2 && two.gaps === 2);
  });

  test('a connection that broke is a gap, and messages arrive again after it', async () => {
    const heard: string[] = [];
    const one = await listener((bus) => bus.onWake((id) => heard.push(id)));
    await onAllServers('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await until(() => one.gaps === 2);
    one.bus.wake('w');
    await until(() => heard.length === 1);
  });

  test('a connection that ioredis gave up is a gap too, and messages arrive again after it', async () => {
    const heard: string[] = [];
    const one = await listener((bus) => bus.onWake((id) => heard.push(id)));
    const before = one.gaps;
    one.connection.subscriber.disconnect();
    await until(() => one.connection.subscriber.status === 'end');
    await until(() => one.gaps > before);
    one.bus.wake('w');
    await until(() => heard.length === 1);
  });

  test('a Redis that stood still is a gap', async () => {
    const one = await listener();
    for (const server of redis.servers) server.freeze();
    await until(() => one.connection.subscriber.status !== 'ready');
    for (const server of redis.servers) server.thaw();
    await until(() => one.gaps >= 2);
  });

  test('a closed bus tells nothing', async () => {
    const heard: string[] = [];
    const one = await listener((bus) => bus.onWake((id) => heard.push(`closed ${id}`)));
    const two = await listener((bus) => bus.onWake((id) => heard.push(id)));
    await one.bus.close();
    two.bus.wake('w');
    await until(() => heard.length === 1);
    expect(heard).toEqual(['w']);
  });
});

describe('while Redis is away', () => {
  test('a gap that is announced is told when it is back; nothing else is kept', async () => {
    const [kind] = kinds;
    if (!kind) throw new Error('no kind of Redis');
    const redis = await kind.start();
    const connection = await openPrepared(redis.settings);
    const faults: string[] = [];
    const bus = createRedisBus(connection, { onFault: (fault) => faults.push(String(fault)) });
    const heard: string[] = [];
    bus.onWake((id) => heard.push(id));
    let gaps = 0;
    bus.onGap(() => (gaps += 1));
    await bus.start();
    await redis.servers[0]?.kill();
    await until(() => connection.link.client.status !== 'ready');
    bus.announceGap();
    bus.wake('lost');
    await until(() => faults.length > 0);
    await redis.servers[0]?.restart();
    // Its own subscription, and what was announced.
    await until(() => gaps >= 3);
    expect(heard).toEqual([]);
    await bus.close();
    await connection.close();
    await redis.close();
  });
});
