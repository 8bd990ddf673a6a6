// What is deployed, as the leading controller publishes it and everybody reads it from memory, over a real Redis.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createRedisBus, type RedisBus } from '../../adapters/redis/bus.ts';
import type { RedisConnection } from '../../adapters/redis/connection.ts';
import { redisRuntimeDirectory, redisRuntimes, type RedisRuntimes } from '../../adapters/redis/directory.ts';
import type { Fence } from '../../adapters/redis/link.ts';
import type { DeployedRuntime } from '../../model/platform.ts';
import type { RuntimeKey } from '../../model/sandbox.ts';
import { connectTo } from '../support/redis-link.ts';
import { startRedis, type RedisServer } from '../support/redis-server.ts';
import { until } from '../support/until.ts';

const controller: Fence = { role: 'controller', term: 7 };
const keyOf = (name: string): RuntimeKey => ({ kind: 'AgentRuntime', namespace: 'default', name });
const runtime = (name: string, revision = '1'): DeployedRuntime => ({
  key: keyOf(name),
  revision,
  labels: { 'ö"': 'x' },
  policy: { pauseAfterMs: 1, suspendAfterMs: null, sessionTimeoutMs: 3, maxSessionDurationMs: 4 },
  warmPoolSize: 2,
});

let server: RedisServer;
let connection: RedisConnection;
let bus: RedisBus;
let faults: unknown[];
beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.close());

const takeOffice = async ({ role, term }: Fence) => {
  await server.cli('SET', `{agentcube}:term:${role}`, String(term));
};
beforeEach(async () => {
  await server.cli('FLUSHALL');
  await takeOffice(controller);
  faults = [];
  connection = connectTo({ addr: server.addr });
  await connection.firstAnswer();
  bus = createRedisBus(connection, { onFault: (fault) => faults.push(fault) });
  await bus.start();
});
afterEach(async () => {
  await bus.close();
  await connection.close();
});

describe('runtimes', () => {
  let runtimes: RedisRuntimes;
  const publish = (...deployed: DeployedRuntime[]) =>
    redisRuntimeDirectory(connection.link, controller).publish(deployed);
  beforeEach(() => {
    runtimes = redisRuntimes({ link: connection.link, bus, onFault: (fault) => faults.push(fault) });
  });
  afterEach(() => runtimes.stop());

  test('what was published before is there at the start', async () => {
    await publish(runtime('a'), runtime('b'));
    await runtimes.start();
    expect(runtimes.find(keyOf('a'))).toEqual(runtime('a'));
    expect(runtimes.find(keyOf('c'))).toBeUndefined();
  });

  test('what is published later replaces all of it', async () => {
    await publish(runtime('a'), runtime('b'));
    await runtimes.start();
    await publish(runtime('b', '2'));
    await until(() => runtimes.find(keyOf('b'))?.revision === '2');
    expect(runtimes.find(keyOf('a'))).toBeUndefined();
    await publish();
    await until(() => runtimes.find(keyOf('b')) === undefined);
  });

  test('while nobody has told what is deployed, nothing is said to be missing', async () => {
    await runtimes.start();
    expect(runtimes.known()).toBe(false);
    expect(() => runtimes.find(keyOf('a'))).toThrow(/not known yet/);
    await publish();
    await until(() => runtimes.known());
    expect(runtimes.find(keyOf('a'))).toBeUndefined();
  });

  test('a store that was emptied takes nothing away', async () => {
    await publish(runtime('a'));
    await runtimes.start();
    const asked = () => server.cli('INFO', 'commandstats');
    const readsIn = (text: string) => Number(/cmdstat_hgetall:calls=(\d+)/.exec(text)?.[1] ?? 0);
    await server.cli('FLUSHALL');
    const before = readsIn(await asked());
    bus.announceGap();
    await until(async () => readsIn(await asked()) > before);
    expect(runtimes.find(keyOf('a'))).toEqual(runtime('a'));
  });

  test('a message that was missed is made up for at the next gap', async () => {
    await publish(runtime('a'));
    await runtimes.start();
    const text = JSON.stringify(runtime('a', '2'));
    await server.cli('HSET', '{agentcube}:runtimes', 'AgentRuntime/default/a', text);
    bus.announceGap();
    await until(() => runtimes.find(keyOf('a'))?.revision === '2');
  });

  test('what is not understood is left out and told', async () => {
    await publish(runtime('a'));
    await server.cli('HSET', '{agentcube}:runtimes', 'AgentRuntime/default/b', '{"key":7}');
    await runtimes.start();
    expect(runtimes.find(keyOf('a'))).toEqual(runtime('a'));
    expect(String(faults[0])).toContain('AgentRuntime/default/b');
  });

  test('what is strange about its scaling, or of another version, counts as not said', async () => {
    const scaling = { policy: { class: 'psychic', min: 0, max: 3 }, schedule: [], dryRun: false };
    const strange = { ...runtime('a'), scaling, memoryBytes: '1Gi', later: 1 };
    await publish(runtime('b'));
    await server.cli('HSET', '{agentcube}:runtimes', 'AgentRuntime/default/a', JSON.stringify(strange));
    await runtimes.start();
    expect(runtimes.find(keyOf('a'))).toEqual({ ...runtime('a'), later: 1 });
    expect(faults).toEqual([]);
  });

  test('a runtime that did not change stays the same object', async () => {
    await publish(runtime('a'), runtime('b'));
    await runtimes.start();
    const [a, b] = [runtimes.find(keyOf('a')), runtimes.find(keyOf('b'))];
    await publish(runtime('a'), runtime('b', '2'));
    await until(() => runtimes.find(keyOf('b'))?.revision === '2');
    expect(runtimes.find(keyOf('a'))).toBe(a);
    expect(runtimes.find(keyOf('b'))).not.toBe(b);
  });

  test('what a controller of an older version publishes is read too', async () => {
    await publish(runtime('a'));
    await runtimes.start();
    await server.cli('DEL', '{agentcube}:runtimes');
    const row = ['AgentRuntime/default/a', JSON.stringify(runtime('a', '2'))];
    await server.cli('HSET', '{agentcube}:runtimes', '#term', '7', ...row);
    await server.cli('PUBLISH', '{agentcube}:runtimes', '');
    await until(() => runtimes.find(keyOf('a'))?.revision === '2');
  });

  test('only the leader publishes', async () => {
    await takeOffice({ role: 'controller', term: 8 });
    await expect(publish(runtime('a'))).rejects.toMatchObject({ code: 'NOT_LEADER' });
    await runtimes.start();
    expect(runtimes.known()).toBe(false);
  });
});
