// What leaders publish and everybody reads from memory, over a real Redis: what is deployed, and how large pools are to be.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createRedisBus, type RedisBus } from '../../adapters/redis/bus.ts';
import type { RedisConnection } from '../../adapters/redis/connection.ts';
import { redisRuntimeDirectory, redisRuntimes, type RedisRuntimes } from '../../adapters/redis/directory.ts';
import {
  redisPoolTargets,
  redisPoolTargetWrites,
  type RedisPoolTargets,
} from '../../adapters/redis/targets.ts';
import type { Fence } from '../../adapters/redis/link.ts';
import type { DeployedRuntime } from '../../model/platform.ts';
import type { RuntimeKey } from '../../model/sandbox.ts';
import { connectTo } from '../support/redis-link.ts';
import { startRedis, type RedisServer } from '../support/redis-server.ts';
import { until } from '../support/until.ts';

const controller: Fence = { role: 'controller', term: 7 };
const autoscaler: Fence = { role: 'autoscaler', term: 7 };
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
  await takeOffice(autoscaler);
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

  test('only the leader publishes', async () => {
    await takeOffice({ role: 'controller', term: 8 });
    await expect(publish(runtime('a'))).rejects.toMatchObject({ code: 'NOT_LEADER' });
    await runtimes.start();
    expect(runtimes.known()).toBe(false);
  });
});

describe('targets', () => {
  let targets: RedisPoolTargets;
  let changed: string[];
  const publish = (sizes: Readonly<Record<string, number>>) =>
    redisPoolTargetWrites(connection.link, autoscaler).replace(
      Object.entries(sizes).map(([name, size]) => ({ runtime: keyOf(name), size })),
    );
  beforeEach(() => {
    changed = [];
    targets = redisPoolTargets({ link: connection.link, bus, onFault: (fault) => faults.push(fault) });
    targets.onChange(({ name }) => changed.push(name));
  });
  afterEach(() => targets.stop());

  test('are there at the start', async () => {
    await publish({ a: 3, b: 0 });
    await targets.start();
    expect([
      targets.find(keyOf('a'))?.size,
      targets.find(keyOf('b'))?.size,
      targets.find(keyOf('c'))?.size,
    ]).toEqual([3, 0, undefined]);
  });

  test('only those that changed are told: other, new and gone', async () => {
    await publish({ same: 1, other: 1, gone: 1 });
    await targets.start();
    changed = [];
    await publish({ same: 1, other: 2, fresh: 1 });
    await until(() => changed.length === 3);
    expect(changed.sort()).toEqual(['fresh', 'gone', 'other']);
    expect(targets.find(keyOf('gone'))).toBeUndefined();
  });

  test('only the leader publishes', async () => {
    await takeOffice({ role: 'autoscaler', term: 8 });
    await expect(publish({ a: 1 })).rejects.toMatchObject({ code: 'NOT_LEADER' });
  });
});
