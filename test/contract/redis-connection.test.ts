// What becomes of commands and of the connection when Redis goes away, stands still, is replaced, and comes back.
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { openRedis, type RedisConnection } from '../../adapters/redis/connection.ts';
import { answerOf } from '../../adapters/redis/failures.ts';
import type { RedisSettings } from '../../adapters/redis/settings.ts';
import type { PlatformError } from '../../model/errors.ts';
import { plainSettings } from '../support/redis-kinds.ts';
import { startRedisSentinel, type RedisSentinel } from '../support/redis-sentinel.ts';
import { startRedis, type RedisServer } from '../support/redis-server.ts';
import { until } from '../support/until.ts';

jest.setTimeout(60_000);

interface Watched {
  readonly connection: RedisConnection;
  /** `up`, or the reason why not, in the order told. */
  readonly states: string[];
}

async function watch(settings: RedisSettings): Promise<Watched> {
  const states: string[] = [];
  const onState = (up: boolean, why?: PlatformError) => states.push(up ? 'up' : String(why?.details.reason));
  const connection = openRedis(settings, { log: () => undefined, onState });
  await connection.firstAnswer();
  return { connection, states };
}

const increment = ({ connection }: Watched) => answerOf(connection.link.client.incr('{agentcube}:counted'));

describe('one Redis', () => {
  let server: RedisServer;
  let watched: Watched;
  beforeEach(async () => {
    server = await startRedis();
    watched = await watch(plainSettings(server.addr, { commandTimeoutMs: 300 }));
  });
  afterEach(async () => {
    await watched.connection.close();
    await server.close();
  });
  const told = (count: number) => until(() => watched.states.length >= count);

  test('stopped and started again: told each time', async () => {
    await server.stop();
    await told(2);
    await server.restart();
    await told(3);
    expect(watched.states).toEqual(['up', 'unreachable', 'up']);
  });

  test('while it is away a command is refused at once, and not kept for later', async () => {
    await server.stop();
    await told(2);
    await expect(increment(watched)).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      details: { reason: 'unreachable' },
    });
    await server.restart();
    await told(3);
    expect(await increment(watched)).toBe(1);
  });

  test('a command that was under way when it died is refused, and never sent again', async () => {
    server.freeze();
    const refused = expect(increment(watched)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    await server.kill();
    await refused;
    await server.restart();
    await told(3);
    expect(await increment(watched)).toBe(1);
  });

  test('standing still: commands end in time, it is told, and told again when it goes on', async () => {
    server.freeze();
    await expect(increment(watched)).rejects.toMatchObject({ details: { reason: 'timeout' } });
    await told(2);
    server.thaw();
    await until(() => watched.states.at(-1) === 'up');
    expect(watched.states[1]).toBe('timeout');
  });

  test('standing still is noticed by whoever asks for nothing too', async () => {
    server.freeze();
    await told(2);
    expect(watched.states[1]).toBe('timeout');
  });

  test('full: writes are refused with words that say so, and it counts as answering', async () => {
    await server.cli('CONFIG', 'SET', 'maxmemory', '1');
    await expect(increment(watched)).rejects.toMatchObject({ details: { reason: 'full' } });
    await server.cli('CONFIG', 'SET', 'maxmemory', '0');
    expect(await increment(watched)).toBe(1);
    expect(watched.states).toEqual(['up']);
  });

  test('made a replica: told, and told when it is a master again', async () => {
    await server.cli('REPLICAOF', '127.0.0.1', '1');
    await told(2);
    await server.cli('REPLICAOF', 'NO', 'ONE');
    await until(() => watched.states.at(-1) === 'up');
    expect(watched.states).toContain('read-only');
  });

  test('who closed it while Redis was away does not come back with it', async () => {
    await server.stop();
    await told(2);
    await watched.connection.close();
    await server.restart();
    const other = await watch(plainSettings(server.addr));
    const clients = await server.cli('CLIENT', 'LIST');
    await other.connection.close();
    expect(clients.match(/name=agentcube/g)).toHaveLength(1);
    expect(watched.states).toEqual(['up', 'unreachable']);
  });
});

test('a connection that ended although nobody closed it is opened again', async () => {
  const server = await startRedis();
  const watched = await watch(plainSettings(server.addr));
  watched.connection.link.client.disconnect();
  await until(() => watched.connection.link.client.status === 'end');
  await until(async () => (await increment(watched).catch(() => 0)) > 0);
  await watched.connection.close();
  await server.close();
});

test('a first answer that nobody waits for any more is refused by closing', async () => {
  const connection = openRedis(plainSettings('127.0.0.1:1'), { log: () => undefined });
  await connection.close();
  await expect(connection.firstAnswer()).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
});

describe('Sentinel', () => {
  let sentinel: RedisSentinel;
  let watched: Watched;
  beforeEach(async () => {
    sentinel = await startRedisSentinel();
    watched = await watch(
      plainSettings(sentinel.addr, { mode: 'sentinel', sentinelName: sentinel.name, commandTimeoutMs: 500 }),
    );
  });
  afterEach(async () => {
    await watched.connection.close();
    await sentinel.close();
  });
  const written = () => increment(watched).catch(() => 0);

  test('puts the replica in the place of a dead master, and writes go there', async () => {
    expect(await increment(watched)).toBe(1);
    await until(async () => (await sentinel.replica.cli('GET', '{agentcube}:counted')) === '1');
    await sentinel.master.kill();
    let count = 0;
    await until(async () => (count = await written()) > 0);
    expect(count).toBe(2);
    await until(() => watched.states.at(-1) === 'up');
  });

  test('puts the replica in the place of a frozen master, which is not used when it is thawed', async () => {
    await increment(watched);
    sentinel.master.freeze();
    await until(async () => (await sentinel.replica.cli('ROLE')).startsWith('master'));
    await until(async () => (await written()) > 0);
    sentinel.master.thaw();
    const count = await increment(watched);
    expect(await sentinel.replica.cli('GET', '{agentcube}:counted')).toBe(String(count));
  });
});
