// What triggers there are, as the leading controller publishes it and everybody reads it from memory: within one process, and over a real Redis.
import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, test } from '@jest/globals';
import { memoryTriggers } from '../../adapters/memory/triggers.ts';
import { createRedisBus } from '../../adapters/redis/bus.ts';
import { redisTriggerDirectory, redisTriggers } from '../../adapters/redis/triggers.ts';
import type { TriggerDirectory, Triggers } from '../../model/deployed-trigger.ts';
import { connectTo } from '../support/redis-link.ts';
import { startRedis, type RedisServer } from '../support/redis-server.ts';
import { deployedOf } from '../support/triggers.ts';
import { until } from '../support/until.ts';

interface Ends {
  readonly directory: TriggerDirectory;
  /** Opens the reading end. */
  read(): Promise<Triggers>;
  readonly faults: unknown[];
  /** As another controller would, of another version. */
  publishText?(name: string, text: string): Promise<void>;
  close(): Promise<void>;
}

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.close());

async function inMemory(): Promise<Ends> {
  const triggers = memoryTriggers();
  return { directory: triggers, read: async () => triggers, faults: [], close: async () => undefined };
}

async function overRedis(): Promise<Ends> {
  await server.cli('FLUSHALL');
  await server.cli('SET', '{agentcube}:term:controller', '7');
  const connection = connectTo({ addr: server.addr });
  await connection.firstAnswer();
  const faults: unknown[] = [];
  const onFault = (fault: unknown): void => void faults.push(fault);
  const { link } = connection;
  const bus = createRedisBus(connection, { onFault });
  await bus.start();
  const readers: { stop(): void }[] = [];
  return {
    directory: redisTriggerDirectory(link, { role: 'controller', term: 7 }),
    async read() {
      const triggers = redisTriggers({ link, bus, onFault });
      readers.push(triggers);
      await triggers.start();
      return triggers;
    },
    faults,
    async publishText(name, text) {
      await server.cli('HSET', '{agentcube}:triggers', name, text, '#term', '7 another');
      bus.announceGap();
    },
    async close() {
      for (const reader of readers) reader.stop();
      await bus.close();
      await connection.close();
    },
  };
}

const one = deployedOf({ session: { key: 'subject' }, filters: [{ cesql: "type LIKE 'a%'" }] }, { uid: '1' });
const two = deployedOf(
  { schedule: { cron: '0 3 * * *', event: { type: 'tick' }, data: ['ö', null] }, broker: 'b' },
  { uid: '2', name: 'two' },
);
const later = deployedOf({ delivery: { retry: 1 } }, { uid: '1', generation: 2 });

describe.each([
  ['memory', inMemory],
  ['redis', overRedis],
] as const)('triggers, %s', (_, open) => {
  let ends: Ends;
  beforeEach(async () => {
    ends = await open();
  });
  afterEach(() => ends.close());

  test('nothing is known until a controller has told, if only that there are none', async () => {
    const triggers = await ends.read();
    expect(triggers.known()).toBe(false);
    await ends.directory.publish([]);
    await until(() => triggers.known());
    expect(triggers.all()).toEqual([]);
  });

  test('what was published is found by name and by broker, as it was', async () => {
    await ends.directory.publish([one, two]);
    const triggers = await ends.read();
    expect(triggers.find(one.key)).toEqual(one);
    expect(triggers.of('default', 'b')).toEqual([two]);
    expect(triggers.of('other', 'b')).toEqual([]);
    expect(triggers.all()).toHaveLength(2);
  });

  test('what is published later replaces all of it; what did not change stays the same object', async () => {
    const triggers = await ends.read();
    await ends.directory.publish([one, two]);
    await until(() => triggers.all().length === 2);
    const had = triggers.find(two.key);
    let heard = 0;
    triggers.onRead(() => (heard += 1));
    await ends.directory.publish([later, structuredClone(two)]);
    await until(() => triggers.find(one.key)?.revision === '1.2');
    expect(triggers.find(two.key)).toBe(had);
    expect(heard).toBeGreaterThan(0);
    await ends.directory.publish([later]);
    await until(() => !triggers.find(two.key));
    expect(triggers.of('default', 'b')).toEqual([]);
    expect(triggers.of('default', 'default')).toEqual([later]);
  });
});

test('a trigger that a newer controller writes and nobody here understands stays as it was', async () => {
  const ends = await overRedis();
  await ends.directory.publish([one]);
  const triggers = await ends.read();
  await ends.publishText?.('default/on-issue', '{"key":"strange"}');
  await until(() => ends.faults.length > 0);
  expect(triggers.all()).toEqual([one]);
  await ends.close();
});

test('only the leader may tell', async () => {
  const ends = await overRedis();
  await server.cli('SET', '{agentcube}:term:controller', '8');
  await expect(ends.directory.publish([])).rejects.toMatchObject({ code: 'NOT_LEADER' });
  await ends.close();
});
