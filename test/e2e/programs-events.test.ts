// Events over Redis with two activators: either takes any event, each is in the hands of one, and what one of them had when it
// was killed the other hands on, in order.
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { agentYaml, writeFolder } from '../support/folder.ts';
import { sweep } from '../support/leftovers.ts';
import {
  listenerImages,
  listenerTrigger,
  numbers,
  sendEvent,
  untilSeen,
  untilTaken,
} from '../support/listening.ts';
import { newDataDir, type Address } from '../support/platform.ts';
import { startPrograms, type Programs } from '../support/programs.ts';
import { startRedis, type RedisServer } from '../support/redis-server.ts';

jest.setTimeout(180_000);

let redis: RedisServer;
let dataDir: string;
let programs: Programs;

beforeAll(async () => {
  redis = await startRedis({ args: ['--appendonly', 'yes', '--appendfsync', 'always'] });
  dataDir = newDataDir();
  const folder = writeFolder({
    'images.yaml': listenerImages,
    'listener.yaml': agentYaml({ name: 'listener', image: 'listener' }),
    'all.yaml': listenerTrigger('all', { session: { key: 'subject' }, delivery: { backoffDelay: 'PT0.1S' } }),
  });
  programs = await startPrograms({
    ...{ redisAddr: redis.addr, dataDir, folder, activators: 2, controllers: 1, autoscalers: 0 },
  });
  await programs.ready();
});

afterAll(async () => {
  await programs.stop();
  await redis.close();
  await sweep(dataDir);
  rmSync(dataDir, { recursive: true, force: true });
});

const through = (activator: number): Address => ({
  activatorUrl: programs.activators[activator]?.url ?? '',
  controlUrl: programs.controllers[0]?.url ?? '',
});

test('what one activator had in hand when it was killed the other hands on, in order', async () => {
  const subjects = numbers(6).map((n) => `s${n}`);
  for (const one of [0, 1]) await untilTaken(through(one), 'first');
  for (const id of numbers(20)) {
    const at = through(Number(id) % 2);
    expect(await Promise.all(subjects.map((subject) => sendEvent(at, subject, id)))).toEqual(
      subjects.map(() => 202),
    );
  }
  await programs.activators[1]?.kill('SIGKILL');
  for (const subject of subjects) {
    const ids = await untilSeen(through(0), subject, '19');
    expect([...new Set(ids)]).toEqual(numbers(20));
    expect(ids.filter((id, at) => Number(id) < Number(ids[at - 1] ?? 0))).toEqual([]);
  }
});
