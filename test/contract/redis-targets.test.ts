// How readers of pool sizes follow a real Redis: by the messages alone while none is missing, and by reading it again whenever
// that is not certain: missed messages, writers of another version, texts that nobody understands, an emptied Redis.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createRedisBus, type RedisBus } from '../../adapters/redis/bus.ts';
import type { RedisConnection } from '../../adapters/redis/connection.ts';
import {
  redisPoolTargets,
  redisPoolTargetWrites,
  type RedisPoolTargets,
} from '../../adapters/redis/targets.ts';
import type { PoolTargetWrites } from '../../model/platform.ts';
import { connectTo } from '../support/redis-link.ts';
import { autoscaler } from '../support/redis-scaling.ts';
import { startRedis, type RedisServer } from '../support/redis-server.ts';
import { until } from '../support/until.ts';
import { keyOf } from './suites/scaling-reports.ts';

const table = '{agentcube}:targets';

let server: RedisServer;
let connection: RedisConnection;
let bus: RedisBus;
let faults: unknown[];
let targets: RedisPoolTargets;
let writes: PoolTargetWrites;
beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.close());
const takeOffice = (term: number) => server.cli('SET', '{agentcube}:term:autoscaler', String(term));

beforeEach(async () => {
  await server.cli('FLUSHALL');
  await takeOffice(autoscaler.term);
  faults = [];
  connection = connectTo({ addr: server.addr });
  await connection.firstAnswer();
  bus = createRedisBus(connection, { onFault: (fault) => faults.push(fault) });
  await bus.start();
  const { link } = connection;
  targets = redisPoolTargets({ link, bus, onFault: (fault) => faults.push(fault) });
  writes = redisPoolTargetWrites(link, autoscaler);
});
afterEach(async () => {
  targets.stop();
  await bus.close();
  await connection.close();
});

const target = (name: string, size: number) => ({ runtime: keyOf(name), size });
const row = (name: string, size: number): [string, string] => [
  `AgentRuntime/default/${name}`,
  JSON.stringify(target(name, size)),
];
const sizeOf = (name: string): number | undefined => targets.find(keyOf(name))?.size;
const holds = (name: string, size: number | undefined) => until(() => sizeOf(name) === size);
const readings = async (): Promise<number> => {
  const stats = await server.cli('INFO', 'commandstats');
  return Number(/cmdstat_hgetall:calls=(\d+)/.exec(stats)?.[1] ?? 0);
};

describe('while no message is missing', () => {
  test('readers follow without reading the table again', async () => {
    await writes.replace([target('a', 0)]);
    await targets.start();
    const before = await readings();
    for (let size = 1; size <= 20; size += 1) await writes.update([target('a', size)], []);
    await writes.update([target('b', 1)], [keyOf('a')]);
    await holds('b', 1);
    expect(sizeOf('a')).toBeUndefined();
    expect(await readings()).toBe(before);
  });

  test('a message that a reading has seen already changes nothing', async () => {
    await writes.replace([target('a', 1)]);
    await targets.start();
    // The same as the table says, as a message that came late.
    await server.cli('PUBLISH', table, `7 x-0\n0\n#term\n7 x-1\n${row('a', 9).join('\n')}`);
    await writes.update([target('b', 1)], []);
    await holds('b', 1);
    expect(sizeOf('a')).toBe(1);
  });

  test('what is written while the table is being read is not lost', async () => {
    await targets.start();
    for (let size = 1; size <= 200; size += 1) {
      if (size % 5 === 0) bus.announceGap();
      await writes.update([target('a', size), target(`b${size}`, size)], []);
    }
    await holds('a', 200);
    const sizes = Array.from({ length: 200 }, (_, n) => n + 1);
    expect(sizes.map((size) => sizeOf(`b${size}`))).toEqual(sizes);
  });
});

describe('the table is read again', () => {
  test('when a message is missing', async () => {
    await writes.replace([target('a', 1)]);
    await targets.start();
    await server.cli('HSET', table, '#term', '7 x-2', ...row('missed', 5));
    await writes.update([target('a', 2)], []);
    await holds('a', 2);
    expect(sizeOf('missed')).toBe(5);
  });

  test('when messages may have been missed', async () => {
    await targets.start();
    await server.cli('HSET', table, '#term', '7 x-1', ...row('missed', 5));
    bus.announceGap();
    await holds('missed', 5);
  });

  test('when another leader writes, also over what a replica had not received', async () => {
    await writes.replace([target('a', 1)]);
    await targets.start();
    await writes.update([target('a', 2)], []);
    await holds('a', 2);
    await server.cli('HSET', table, '#term', '7 x-1', ...row('a', 1));
    await takeOffice(8);
    const { link } = connection;
    await redisPoolTargetWrites(link, { ...autoscaler, term: 8 }).update([target('b', 1)], []);
    await holds('b', 1);
    expect(sizeOf('a')).toBe(1);
  });

  test('when a replica took over that had not received all, whatever is written then', async () => {
    await writes.replace([target('a', 1), target('b', 1)]);
    const copy = await server.cli('HGET', table, '#term');
    await targets.start();
    for (const size of [2, 3]) await writes.update([target('a', size), target('b', size)], []);
    await holds('a', 3);
    await server.cli('HSET', table, '#term', copy, ...row('a', 1), ...row('b', 1));
    await writes.update([target('a', 4)], []);
    await holds('a', 4);
    expect(sizeOf('b')).toBe(1);
  });

  test.each([
    ['nothing', ''],
    ['no version', 'hello'],
    ['no version of its own', `7 x-1\n0\n${row('a', 9).join('\n')}`],
    ['half a row', '7 x-1\n0\n#term\n7 x-2\nAgentRuntime/default/a'],
    ['more that is gone than there is', '7 x-1\n9\n#term\n7 x-2'],
    ['a count that is none', '7 x-1\n-1\n#term\n7 x-2'],
  ])('when a message says %s', async (_, text) => {
    await writes.replace([target('a', 1)]);
    await targets.start();
    await server.cli('HSET', table, '#term', '7 x-2', ...row('a', 2));
    await server.cli('PUBLISH', table, text);
    await holds('a', 2);
  });
});

describe('what an autoscaler of an older version writes', () => {
  const older = async (...names: string[]) => {
    await server.cli('DEL', table);
    const rows = names.flatMap((name) => [JSON.stringify(keyOf(name)), JSON.stringify(target(name, 1))]);
    await server.cli('HSET', table, '#term', '7', ...rows);
    await server.cli('PUBLISH', table, '');
  };

  test('is followed, each time', async () => {
    await targets.start();
    await older('a', 'b');
    await holds('b', 1);
    await older('a', 'c');
    await holds('c', 1);
    expect([sizeOf('a'), sizeOf('b')]).toEqual([1, undefined]);
  });

  test('is taken over', async () => {
    await targets.start();
    await older('a', 'b');
    await holds('b', 1);
    await writes.replace([target('a', 2)]);
    await holds('a', 2);
    await holds('b', undefined);
  });
});

test('rows that are not understood are no targets; reasons that are not are left out', async () => {
  const runtime = keyOf('a');
  const odd = [
    { runtime, size: -1 },
    { runtime, size: 1.5 },
    { runtime, size: '1' },
    { runtime: { kind: 'AgentRuntime', name: 'a' }, size: 1 },
    { size: 1 },
    7,
    null,
  ];
  const rows = odd.flatMap((value, n) => [`odd-${n}`, JSON.stringify(value)]);
  const reasons = { wanted: 'many', why: { rule: 'x', numbers: { y: 'z' } } };
  const fine = JSON.stringify({ ...target('fine', 3), ...reasons });
  await server.cli('HSET', table, '#term', '7 x-1', ...rows, 'text', 'no JSON', 'fine', fine);
  await targets.start();
  expect(targets.find(keyOf('fine'))).toEqual(target('fine', 3));
  expect(sizeOf('a')).toBeUndefined();
});

test('a Redis that was emptied takes nothing away', async () => {
  await writes.replace([target('a', 1)]);
  await targets.start();
  await server.cli('FLUSHALL');
  const before = await readings();
  bus.announceGap();
  await until(async () => (await readings()) > before);
  expect(sizeOf('a')).toBe(1);
});

test('only the leader writes', async () => {
  await takeOffice(8);
  const refused = { code: 'NOT_LEADER' };
  await expect(writes.replace([target('a', 1)])).rejects.toMatchObject(refused);
  await expect(writes.update([target('a', 1)], [])).rejects.toMatchObject(refused);
  expect(await server.cli('EXISTS', table)).toBe('0');
});

test.each(['replace', 'update'] as const)(
  'a %s that arrives after a later writing changes nothing',
  async (what) => {
    const { link } = connection;
    const held = Promise.withResolvers<void>();
    let first = true;
    const slow = new Proxy(link.client, {
      get(client, name): unknown {
        const command: unknown = Reflect.get(client, name);
        if (typeof name !== 'string' || !name.endsWith('Table') || !first) return command;
        first = false;
        return (...args: unknown[]) =>
          held.promise.then((): unknown => Reflect.apply(command as () => unknown, client, args));
      },
    });
    const late = redisPoolTargetWrites({ ...link, client: slow }, autoscaler);
    const older = what === 'replace' ? late.replace([target('a', 2)]) : late.update([target('a', 2)], []);
    await late.replace([target('a', 1), target('b', 3)]);
    held.resolve();
    await older;
    await targets.start();
    expect([sizeOf('a'), sizeOf('b')]).toEqual([1, 3]);
  },
);

test('a listener that throws is told of, and keeps nobody from hearing', async () => {
  const heard: string[] = [];
  await targets.start();
  targets.onChange(() => {
    throw new Error('fell over');
  });
  targets.onChange(({ name }) => heard.push(name));
  await writes.update([target('a', 1), target('b', 1)], []);
  await until(() => heard.length === 2);
  expect(String(faults[0])).toContain('fell over');
});
