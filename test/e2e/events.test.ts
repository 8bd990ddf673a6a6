// Events from ingress to sessions, on one machine: what is accepted is handled, in order, whatever is killed meanwhile.
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { stringify } from 'yaml';
import { agentUrl, call, callOk, sessionHeader, until } from '../support/client.ts';
import { agentYaml, writeFolder } from '../support/folder.ts';
import { startPlatform, type Platform } from '../support/platform.ts';

jest.setTimeout(180_000);

const images = stringify({
  images: [
    {
      name: 'listener',
      folder: path.join(import.meta.dirname, 'agents/listener'),
      command: ['node', '/app/agent.ts'],
    },
  ],
});

const trigger = (name: string, spec: object): string =>
  stringify({
    apiVersion: 'eventing.agentcube.volcano.sh/v1alpha1',
    kind: 'Trigger',
    metadata: { name },
    spec: { target: { kind: 'AgentRuntime', name: 'listener', path: '/events' }, ...spec },
  });

const bySubject = { session: { key: 'subject' }, delivery: { backoffDelay: 'PT0.1S', retry: 3 } };

const folder = writeFolder({
  'images.yaml': images,
  'listener.yaml': agentYaml({ name: 'listener', image: 'listener', spec: { pauseAfter: '1s' } }),
  'all.yaml': trigger('all', { broker: 'default', ...bySubject }),
});

let platform: Platform;

beforeAll(async () => {
  platform = await startPlatform({ folder });
});
afterAll(() => platform.dispose());

/** Sends one event; answers the status. */
const send = async (subject: string, id: string, type = 'test'): Promise<number> => {
  const answer = await call('POST', `${platform.activatorUrl}/v1/namespaces/default/events`, {
    headers: {
      'ce-specversion': '1.0',
      'ce-source': '/e2e',
      'ce-type': type,
      'ce-id': id,
      'ce-subject': subject,
    },
    body: subject,
  });
  return answer.status;
};

interface Listed {
  readonly items: readonly { readonly sessionId: string; readonly state: string }[];
}

/** What each session has seen, in order: `<id> <subject>`. */
async function seen(): Promise<string[][]> {
  const { items } = await callOk<Listed>('GET', `${platform.controlUrl}/v1/sessions?limit=500`);
  return Promise.all(
    items.map(({ sessionId }) =>
      callOk<string[]>('GET', agentUrl(platform, 'listener'), { headers: { [sessionHeader]: sessionId } }),
    ),
  );
}

/** What the session of a subject has seen: the ids, in order. */
async function seenOf(subject: string): Promise<string[]> {
  const mine = (await seen()).filter((lines) => lines.some((line) => line.endsWith(` ${subject}`)));
  expect(mine.length).toBeLessThanOrEqual(1);
  return (mine[0] ?? []).map((line) => line.split(' ')[0] ?? '');
}

const untilSeen = (subject: string, id: string): Promise<string[]> =>
  until(
    `${subject} has seen ${id}`,
    () => seenOf(subject),
    (ids) => ids.includes(id),
  );

const numbers = (count: number): string[] => Array.from({ length: count }, (_, n) => String(n));

describe('an event', () => {
  test('comes to the session of its subject, in order with the others of it', async () => {
    for (const id of numbers(10))
      expect(await Promise.all([send('a', id), send('b', id)])).toEqual([202, 202]);
    expect(await untilSeen('a', '9')).toEqual(numbers(10));
    expect(await untilSeen('b', '9')).toEqual(numbers(10));
  });

  test('is tried again where that may help, before whatever follows it', async () => {
    await send('c', '1', 'hiccup');
    await send('c', '2');
    expect(await untilSeen('c', '2')).toEqual(['1', '1', '2']);
  });

  test('that is refused holds up nothing', async () => {
    await send('d', '1', 'refuse');
    await send('d', '2');
    expect(await untilSeen('d', '2')).toEqual(['1', '2']);
  });

  test('may be answered with another, which comes to its own session', async () => {
    await send('e', '1', 'ask');
    await until(
      'the reply was handled',
      async () => (await seen()).flat(),
      (lines) => lines.some((line) => line.includes('"id":"reply-1"')),
    );
  });

  test('wakes a session that sleeps', async () => {
    await send('f', '1');
    await untilSeen('f', '1');
    await until(
      'everything sleeps',
      () => callOk<Listed>('GET', `${platform.controlUrl}/v1/sessions?limit=500`),
      ({ items }) => items.every(({ state }) => state === 'paused'),
    );
    await send('f', '2');
    expect(await untilSeen('f', '2')).toEqual(['1', '2']);
  });
});

test('what was accepted before kill -9 of the platform is handled after it, in order', async () => {
  const subjects = ['k0', 'k1', 'k2', 'k3', 'k4', 'k5'];
  for (const id of numbers(20))
    expect(await Promise.all(subjects.map((subject) => send(subject, id)))).toEqual(subjects.map(() => 202));
  await platform.kill('SIGKILL');
  platform = await startPlatform({ folder, dataDir: platform.dataDir });
  for (const subject of subjects) {
    const ids = await untilSeen(subject, '19');
    // Whatever was in hand may come twice, and nothing comes before what was sent before it.
    expect([...new Set(ids)]).toEqual(numbers(20));
    expect(ids.filter((id, at) => Number(id) < Number(ids[at - 1] ?? 0))).toEqual([]);
  }
});
