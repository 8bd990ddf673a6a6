// Events over Redis with two activators: either takes any event, each is in the hands of one, and what one of them had when it
// was killed the other hands on, in order. What is told of them is the same at the controller that leads and at the one that stands by.
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { call, callOk, until } from '../support/client.ts';
import { deadLettersOf, deadLettersUrl, lookAtDeliveries, type DeadLetter } from '../support/deliveries.ts';
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
    ...{ redisAddr: redis.addr, dataDir, folder, activators: 2, controllers: 2, autoscalers: 0 },
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

/** Both: one of them leads, and the other one asks it. */
const doors = (): string[] => programs.controllers.map(({ url }) => url);

test('each try is told at both controllers, whichever activator made it', async () => {
  const looking = await Promise.all(doors().map((url) => lookAtDeliveries(url, 'default')));
  for (const one of [0, 1]) await untilTaken(through(one), 'told');
  await sendEvent(through(0), 'told', 'twice', 'hiccup');
  for (const one of looking) {
    const again = await until(
      'the second try',
      async () => one.last('twice'),
      (told) => told?.result === 'delivered',
    );
    expect(again).toMatchObject({ trigger: 'all', tries: 1, status: 202, sessionId: expect.any(String) });
  }
  for (const one of looking) one.stop();
});

describe('dead letters, at either controller', () => {
  const listed = (door: string): Promise<readonly DeadLetter[]> => deadLettersOf(door, 'default', 'all');

  test.each([0, 1])('are shown, tried again and dropped (%i)', async (which) => {
    const door = doors()[which] ?? '';
    const letters = deadLettersUrl(door, 'default');
    await sendEvent(through(which), `refused-${which}`, 'no', 'refuse');
    const [letter] = await until(
      'it is listed',
      () => listed(door),
      ({ length }) => length === 1,
    );
    expect(letter).toMatchObject({ event: { id: 'no' }, error: { code: 400 } });
    expect(await callOk('GET', `${letters}/${letter?.id}`)).toMatchObject({ event: { id: 'no' } });

    expect(await callOk('POST', `${letters}/replay`, { body: { trigger: 'all' } })).toEqual({ replayed: 1 });
    const [again] = await until(
      'it is refused again',
      () => listed(door),
      ([one]) => one !== undefined && one.id !== letter?.id,
    );
    expect((await call('DELETE', `${letters}/${again?.id}`)).status).toBeLessThan(300);
    expect(await listed(door)).toEqual([]);
    expect((await call('GET', `${letters}/${again?.id}`)).status).toBe(404);
  });
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
