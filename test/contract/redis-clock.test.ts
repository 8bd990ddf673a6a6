// One wall clock for programs whose machines disagree: that of Redis.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { createRedisClock, type RedisClock } from '../../adapters/redis/clock.ts';
import type { RedisConnection } from '../../adapters/redis/connection.ts';
import { systemClock } from '../../adapters/system/clock.ts';
import type { Clock } from '../../model/clock.ts';
import { manualClock } from '../support/manual-clock.ts';
import { connectTo } from '../support/redis-link.ts';
import { startRedis, type RedisServer } from '../support/redis-server.ts';
import { until } from '../support/until.ts';

let server: RedisServer;
let connection: RedisConnection;
let clocks: RedisClock[];
beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.close());
beforeEach(async () => {
  clocks = [];
  connection = connectTo({ addr: server.addr });
  await connection.firstAnswer();
});
afterEach(async () => {
  for (const clock of clocks) clock.stop();
  await connection.close();
});

const started = async (local: Clock): Promise<Clock> => {
  const clock = createRedisClock(connection.link, local);
  clocks.push(clock);
  await clock.start();
  return clock.clock;
};
/** A machine whose wall clock is wrong. */
const off = (ms: number): Clock => ({ ...systemClock, now: () => systemClock.now() + ms });

test('machines that disagree by an hour tell the time of Redis, in whole milliseconds', async () => {
  const [early, late] = [await started(off(-3_600_000)), await started(off(3_600_000))];
  const before = Date.now();
  const told = [early.now(), late.now()];
  for (const now of told) {
    expect(Math.abs(now - before)).toBeLessThan(60_000);
    expect(Number.isInteger(now)).toBe(true);
  }
});

test('time goes on with the monotonic clock, without asking', async () => {
  const local = manualClock();
  const clock = await started(local);
  const before = clock.now();
  await connection.close();
  await local.advance(7_000);
  expect(clock.now()).toBe(before + 7_000);
});

test('durations and timers are local', async () => {
  const local = manualClock();
  const clock = await started(local);
  const ran: string[] = [];
  clock.after(5, () => ran.push('after'));
  clock.every(10, () => ran.push('every'));
  await local.advance(20);
  expect(ran).toEqual(['after', 'every', 'every']);
  expect(clock.monotonic()).toBe(local.monotonic());
});

test('before Redis has told the time, the local time is told', () => {
  const clock = createRedisClock(connection.link, off(3_600_000)).clock;
  expect(clock.now()).toBeGreaterThan(Date.now() + 3_000_000);
});

test('starting waits for a Redis that is away; stopping ends the wait', async () => {
  const away = connectTo({ addr: '127.0.0.1:1' });
  const clock = createRedisClock(away.link, systemClock);
  const starting = clock.start();
  clock.stop();
  await starting;
  await away.close();
});

describe('when Redis is asked again', () => {
  /** A link whose Redis tells the time that the test sets. */
  const telling = () => {
    let now = 1_700_000_000_000;
    const ask = () => Promise.resolve([Math.floor(now / 1000), (now % 1000) * 1000].map(String));
    const client = new Redis({ lazyConnect: true });
    Object.assign(client, { defineCommand: () => undefined, agentcubeTime: ask });
    const local = manualClock();
    const clock = createRedisClock({ ...connection.link, client }, local);
    clocks.push(clock);
    const advance = async (redisMs: number, localMs: number) => {
      now += redisMs;
      await local.advance(localMs);
    };
    return { clock, advance, redisNow: () => now };
  };

  test('a clock that runs faster than ours is followed', async () => {
    const { clock, advance, redisNow } = telling();
    await clock.start();
    await advance(10_400, 10_000);
    await until(() => clock.clock.now() === redisNow());
  });

  test('one that runs slower is followed without going back', async () => {
    const { clock, advance, redisNow } = telling();
    await clock.start();
    const before = clock.clock.now();
    await advance(0, 9_000);
    const told = clock.clock.now();
    expect(told).toBe(before + 9_000);
    await advance(9_600, 1_000);
    expect(clock.clock.now()).toBeGreaterThanOrEqual(told);
    await advance(10_000, 10_000);
    expect(clock.clock.now()).toBe(redisNow());
  });

  test('one that was set back by an hour is believed', async () => {
    const { clock, advance, redisNow } = telling();
    await clock.start();
    await advance(-3_600_000, 10_000);
    await until(() => clock.clock.now() === redisNow());
  });
});
