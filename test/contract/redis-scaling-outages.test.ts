// What goes to and from the autoscaler while its Redis is away, frozen, full or replaced by its replica: whoever tells learns when nobody can have heard it,
// and afterwards everything goes on by itself.
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { createRedisBus, type RedisBus } from '../../adapters/redis/bus.ts';
import type { RedisConnection } from '../../adapters/redis/connection.ts';
import { redisDemand } from '../../adapters/redis/demand.ts';
import { termKeyOf } from '../../adapters/redis/link.ts';
import { redisScalerMemory } from '../../adapters/redis/scaler-memory.ts';
import type { RedisSettings } from '../../adapters/redis/settings.ts';
import { redisSupply } from '../../adapters/redis/supply.ts';
import { redisPoolTargets, redisPoolTargetWrites } from '../../adapters/redis/targets.ts';
import type { DemandReport } from '../../model/demand.ts';
import { openPrepared, plainSettings } from '../support/redis-kinds.ts';
import { autoscaler } from '../support/redis-scaling.ts';
import { startRedisSentinel } from '../support/redis-sentinel.ts';
import { startRedis, type RedisServer } from '../support/redis-server.ts';
import { until } from '../support/until.ts';
import { keyOf } from './suites/scaling-reports.ts';

jest.setTimeout(60_000);

const commandTimeoutMs = 300;

let connection: RedisConnection;
let bus: RedisBus;
const open = async (settings: RedisSettings): Promise<void> => {
  connection = await openPrepared(settings);
  const { client } = connection.link;
  await client.set(termKeyOf(connection.link, autoscaler.role), String(autoscaler.term));
  bus = createRedisBus(connection, { onFault: () => undefined });
};
const close = async (): Promise<void> => {
  await bus.close();
  await connection.close();
};
const wire = () => ({ link: connection.link, bus });
const reportOf = (from: string, demands: DemandReport['demands'] = []): DemandReport => ({ from, demands });
const away = () => until(() => connection.link.client.status !== 'ready');
const settled = (asked: () => Promise<unknown>) => async (): Promise<boolean> =>
  asked().then(
    () => true,
    () => false,
  );
const target = (name: string, size: number) => ({ runtime: keyOf(name), size });

describe('one server', () => {
  let server: RedisServer;
  beforeEach(async () => {
    server = await startRedis();
    await open(plainSettings(server.addr, { commandTimeoutMs }));
  });
  afterEach(async () => {
    await close();
    await server.close();
  });

  test('away: demand and supply are refused, and arrive again when it is back', async () => {
    const { demand, supply } = { demand: redisDemand(wire()), supply: redisSupply(wire()) };
    const heard: string[] = [];
    demand.onDemand(({ from }) => heard.push(from));
    supply.onSupply(({ from }) => heard.push(from));
    await bus.start();
    await server.kill();
    await away();
    const refused = { code: 'STORE_UNAVAILABLE' };
    await expect(demand.report(reportOf('refused'))).rejects.toMatchObject(refused);
    const all = { from: 'refused', nodes: 1, all: true, pools: [] };
    await expect(supply.report(all)).rejects.toMatchObject(refused);
    await server.restart();
    await until(settled(() => demand.report(reportOf('d'))));
    await until(settled(() => supply.report({ ...all, from: 'c' })));
    // Subscribed anew, which takes a moment longer than to be connected.
    await until(async () => {
      await demand.report(reportOf('d'));
      await supply.report({ ...all, from: 'c' });
      return heard.includes('d') && heard.includes('c');
    });
    expect(heard).not.toContain('refused');
  });

  test('frozen: what may have been heard is not refused, so that it is not counted twice', async () => {
    const demand = redisDemand(wire());
    await bus.start();
    server.freeze();
    await demand.report(reportOf('unknown'));
    server.thaw();
    await until(settled(() => demand.report(reportOf('d'))));
  });

  test('a user who may not publish is refused by name', async () => {
    await server.cli('ACL', 'SETUSER', 'default', 'resetchannels');
    const refused = redisDemand(wire()).report(reportOf('d'));
    await expect(refused).rejects.toMatchObject({ details: { reason: 'permission' } });
  });

  test('full: targets and what scalers have learned are refused by name and stay as they were; what goes, goes', async () => {
    const { link } = connection;
    const writes = redisPoolTargetWrites(link, autoscaler);
    const memory = redisScalerMemory(link, autoscaler);
    const targets = redisPoolTargets({ link, bus, onFault: () => undefined });
    await bus.start();
    await targets.start();
    await writes.replace([target('a', 1), target('b', 1)]);
    await memory.save(new Map([['a', '1']]), []);
    await until(() => targets.find(keyOf('a')) !== undefined);
    await server.cli('CONFIG', 'SET', 'maxmemory', '1');
    const refused = { code: 'STORE_UNAVAILABLE', details: { reason: 'full' } };
    await expect(writes.update([target('a', 2)], [])).rejects.toMatchObject(refused);
    await expect(memory.save(new Map([['a', '2']]), [])).rejects.toMatchObject(refused);
    await writes.update([], [keyOf('b')]);
    await memory.save(new Map(), ['none']);
    await until(() => targets.find(keyOf('b')) === undefined);
    expect(targets.find(keyOf('a'))?.size).toBe(1);
    expect(await memory.load()).toEqual(new Map([['a', '1']]));
  });

  test('back from a restart: targets that were written meanwhile are found, and messages are followed again', async () => {
    const { link } = connection;
    const writes = redisPoolTargetWrites(link, autoscaler);
    const targets = redisPoolTargets({ link, bus, onFault: () => undefined });
    await bus.start();
    await targets.start();
    await writes.replace([target('a', 1)]);
    await until(() => targets.find(keyOf('a'))?.size === 1);
    await server.kill();
    await away();
    await expect(writes.update([target('a', 2)], [])).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect(targets.find(keyOf('a'))?.size).toBe(1);
    await server.restart();
    await until(settled(() => writes.replace([target('a', 3)])));
    await until(() => targets.find(keyOf('a'))?.size === 3);
    await writes.update([target('a', 4)], []);
    await until(() => targets.find(keyOf('a'))?.size === 4);
  });

  test('a memory whose leader has another term is refused, and can be read all the same', async () => {
    const { link } = connection;
    await redisScalerMemory(link, autoscaler).save(new Map([['a', '1']]), []);
    const before = redisScalerMemory(link, { ...autoscaler, term: autoscaler.term - 1 });
    await expect(before.save(new Map([['a', '2']]), [])).rejects.toMatchObject({ code: 'NOT_LEADER' });
    expect(await before.load()).toEqual(new Map([['a', '1']]));
  });
});

test.each(['kill', 'freeze'] as const)(
  'Sentinel, %s of the master: by its replica demand, supply and targets go on, and what was learned is there',
  async (fault) => {
    const sentinel = await startRedisSentinel();
    const { addr, name: sentinelName, master, replica } = sentinel;
    await open(plainSettings(addr, { mode: 'sentinel', sentinelName, commandTimeoutMs }));
    try {
      const { link } = connection;
      const writes = redisPoolTargetWrites(link, autoscaler);
      const memory = redisScalerMemory(link, autoscaler);
      const targets = redisPoolTargets({ link, bus, onFault: () => undefined });
      const { demand, supply } = { demand: redisDemand(wire()), supply: redisSupply(wire()) };
      const heard = new Set<string>();
      demand.onDemand(({ from }) => heard.add(from));
      supply.onSupply(({ from }) => heard.add(from));
      await bus.start();
      await targets.start();
      await writes.replace([target('a', 1), target('b', 1)]);
      await memory.save(new Map([['a', '1']]), []);
      await until(async () => (await replica.cli('DBSIZE')) === (await master.cli('DBSIZE')));
      await sentinel.master[fault]();
      await until(settled(() => writes.update([target('a', 2)], [])));
      await until(() => targets.find(keyOf('a'))?.size === 2);
      expect(targets.find(keyOf('b'))?.size).toBe(1);
      expect(await memory.load()).toEqual(new Map([['a', '1']]));
      await until(async () => {
        await settled(() => demand.report(reportOf('d')))();
        await settled(() => supply.report({ from: 'c', nodes: 1, all: true, pools: [] }))();
        return heard.size === 2;
      });
      if (fault === 'freeze') sentinel.master.thaw();
      targets.stop();
    } finally {
      await close();
      await sentinel.close();
    }
  },
);
