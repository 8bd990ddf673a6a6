// Events from ingress to sessions, on one machine: what is accepted is handled, in order, whatever is killed meanwhile.
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { callOk, until } from '../support/client.ts';
import { agentYaml, writeFolder } from '../support/folder.ts';
import {
  listenerImages,
  listenerTrigger,
  numbers,
  seen,
  sendEvent,
  untilSeen,
  type Listed,
} from '../support/listening.ts';
import { startPlatform, type Platform } from '../support/platform.ts';

jest.setTimeout(180_000);

const bySubject = { session: { key: 'subject' }, delivery: { backoffDelay: 'PT0.1S', retry: 3 } };

const folder = writeFolder({
  'images.yaml': listenerImages,
  'listener.yaml': agentYaml({ name: 'listener', image: 'listener', spec: { pauseAfter: '1s' } }),
  'all.yaml': listenerTrigger('all', { broker: 'default', ...bySubject }),
});

let platform: Platform;

beforeAll(async () => {
  platform = await startPlatform({ folder });
});
afterAll(() => platform.dispose());

const send = (subject: string, id: string, type?: string): Promise<number> =>
  sendEvent(platform, subject, id, type);

describe('an event', () => {
  test('comes to the session of its subject, in order with the others of it', async () => {
    for (const id of numbers(10))
      expect(await Promise.all([send('a', id), send('b', id)])).toEqual([202, 202]);
    expect(await untilSeen(platform, 'a', '9')).toEqual(numbers(10));
    expect(await untilSeen(platform, 'b', '9')).toEqual(numbers(10));
  });

  test('is tried again where that may help, before whatever follows it', async () => {
    await send('c', '1', 'hiccup');
    await send('c', '2');
    expect(await untilSeen(platform, 'c', '2')).toEqual(['1', '1', '2']);
  });

  test('that is refused holds up nothing', async () => {
    await send('d', '1', 'refuse');
    await send('d', '2');
    expect(await untilSeen(platform, 'd', '2')).toEqual(['1', '2']);
  });

  test('may be answered with another, which comes to its own session', async () => {
    await send('e', '1', 'ask');
    await until(
      'the reply was handled',
      async () => (await seen(platform)).flat(),
      (lines) => lines.some((line) => line.includes('"id":"reply-1"')),
    );
  });

  test('wakes a session that sleeps', async () => {
    await send('f', '1');
    await untilSeen(platform, 'f', '1');
    await until(
      'everything sleeps',
      () => callOk<Listed>('GET', `${platform.controlUrl}/v1/sessions?limit=500`),
      ({ items }) => items.every(({ state }) => state === 'paused'),
    );
    await send('f', '2');
    expect(await untilSeen(platform, 'f', '2')).toEqual(['1', '2']);
  });
});

test('what was accepted before kill -9 of the platform is handled after it, in order', async () => {
  const subjects = ['k0', 'k1', 'k2', 'k3', 'k4', 'k5'];
  for (const id of numbers(20))
    expect(await Promise.all(subjects.map((subject) => send(subject, id)))).toEqual(subjects.map(() => 202));
  await platform.kill('SIGKILL');
  platform = await startPlatform({ folder, dataDir: platform.dataDir });
  for (const subject of subjects) {
    const ids = await untilSeen(platform, subject, '19');
    // Whatever was in hand may come twice, and nothing comes before what was sent before it.
    expect([...new Set(ids)]).toEqual(numbers(20));
    expect(ids.filter((id, at) => Number(id) < Number(ids[at - 1] ?? 0))).toEqual([]);
  }
});
