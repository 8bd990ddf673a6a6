// Dead letters over HTTP: what is told of them, which are replayed and dropped, and whose they are.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { memoryEventStore } from '../../adapters/memory/event-store.ts';
import { PlatformError } from '../../model/errors.ts';
import type { EncodedEvent, EventStore } from '../../model/event-queue.ts';
import type { Wish } from './authentication.ts';
import { createControlApi, type ControlApiDeps } from './control-api.ts';

const limits = { perTrigger: 10_000, total: 10_000 };
const now = Date.parse('2026-03-01T00:00:00Z');
const error = { dest: '/target', code: 503, data: 'not now' };

let store: EventStore;
let asked: Wish[];
let server: Server;
let url: string;

const access = {
  async authorize(_: unknown, wish: Wish): Promise<void> {
    asked.push(wish);
    if (wish.namespace === 'secret') throw new PlatformError('FORBIDDEN', 'not yours');
  },
};

beforeEach(async () => {
  store = memoryEventStore();
  asked = [];
  const deps = {
    deadLetters: store,
    access,
    clock: { now: () => now },
    commands: {},
    driver: {},
    log: () => undefined,
  };
  server = createControlApi(deps as unknown as ControlApiDeps).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/namespaces`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

async function ask(method: string, path: string, body?: string): Promise<{ status: number; body: unknown }> {
  const answer = await fetch(`${url}/${path}`, { method, ...(body !== undefined && { body }) });
  return { status: answer.status, body: await answer.json() };
}

const eventOf = (body: Uint8Array): EncodedEvent => ({
  mode: 'binary',
  headers: [
    ['ce-id', '1'],
    ['content-type', 'text/plain'],
  ],
  body,
});

/** Buries one event of each id. */
async function bury(trigger: string, ids: readonly string[], body = Buffer.from('hello')): Promise<void> {
  const event = eventOf(body);
  const deliveries = ids.map((id) => ({ trigger, source: '/s', id, type: 't', event, hops: 0 }));
  await store.append(deliveries, limits, now - 2_000);
  const wants = new Map([[trigger, ids.length]]);
  const taken = await store.take({ holder: 'h', now, until: now + 1, wants });
  for (const { ticket } of taken) await store.settle(ticket, 'h', { kind: 'buried', error, at: now - 1_000 });
}

const idsOf = ({ body }: { body: unknown }): string[] =>
  (body as { items: { event: { id: string } }[] }).items.map(({ event }) => event.id);
const waiting = async (): Promise<(readonly [string, number, number])[]> =>
  (await store.backlog()).map((one) => [one.trigger, one.waiting, one.dead]);

describe('looking', () => {
  test('lists those of a namespace, or of one trigger, with why', async () => {
    await bury('a/one', ['1', '2']);
    await bury('a/two', ['3']);
    await bury('b/one', ['4']);
    const all = await ask('GET', 'a/dead-letters');
    expect(all.status).toBe(200);
    expect(idsOf(all)).toEqual(['1', '2', '3']);
    expect(idsOf(await ask('GET', 'a/dead-letters?trigger=two'))).toEqual(['3']);
    expect((all.body as { items: unknown[] }).items[0]).toEqual({
      id: '1',
      trigger: 'one',
      event: { id: '1', source: '/s', type: 't' },
      tries: expect.any(Number),
      hops: 0,
      error,
      cameAt: '2026-02-28T23:59:58.000Z',
      buriedAt: '2026-02-28T23:59:59.000Z',
    });
  });

  test('page by page', async () => {
    await bury('a/one', ['1', '2', '3']);
    const first = await ask('GET', 'a/dead-letters?limit=2');
    const { continue: after } = first.body as { continue: string };
    const second = await ask('GET', `a/dead-letters?limit=2&after=${after}`);
    expect([idsOf(first), idsOf(second)]).toEqual([['1', '2'], ['3']]);
    expect(second.body).not.toHaveProperty('continue');
  });

  test('shows one with its event as it came', async () => {
    await bury('a/one', ['1']);
    await bury('a/one', ['2'], Buffer.from([0xff, 0x00]));
    expect((await ask('GET', 'a/dead-letters/1')).body).toMatchObject({
      message: {
        mode: 'binary',
        headers: [
          { name: 'ce-id', value: '1' },
          { name: 'content-type', value: 'text/plain' },
        ],
        body: 'hello',
      },
    });
    expect((await ask('GET', 'a/dead-letters/2')).body).toMatchObject({ message: { bodyBase64: '/wA=' } });
  });
});

describe('replaying', () => {
  test('one: it waits again', async () => {
    await bury('a/one', ['1', '2']);
    expect(await ask('POST', 'a/dead-letters/1/replay')).toEqual({ status: 200, body: { replayed: 1 } });
    expect(await waiting()).toEqual([['a/one', 1, 1]]);
    expect((await ask('POST', 'a/dead-letters/1/replay')).status).toBe(404);
  });

  test('all of a trigger, however many, and of no other', async () => {
    await bury(
      'a/one',
      Array.from({ length: 450 }, (_, n) => String(n)),
    );
    await bury('a/two', ['x']);
    const answer = await ask('POST', 'a/dead-letters/replay', '{"trigger": "one"}');
    expect(answer).toEqual({ status: 200, body: { replayed: 450 } });
    expect(await waiting()).toEqual([
      ['a/one', 450, 0],
      ['a/two', 0, 1],
    ]);
  });
});

describe('dropping', () => {
  test('one, and all of a trigger', async () => {
    await bury('a/one', ['1', '2', '3']);
    await bury('a/two', ['x']);
    expect((await ask('DELETE', 'a/dead-letters/2')).body).toEqual({ dropped: 1 });
    expect((await ask('DELETE', 'a/dead-letters?trigger=one')).body).toEqual({ dropped: 2 });
    expect(await waiting()).toEqual([['a/two', 0, 1]]);
  });
});

test.each<[string, string, string | undefined]>([
  ['GET', 'a/dead-letters?limit=0', undefined],
  ['GET', 'a/dead-letters?triger=one', undefined],
  ['DELETE', 'a/dead-letters', undefined],
  ['POST', 'a/dead-letters/replay', 'one'],
  ['POST', 'a/dead-letters/replay', '{"trigger": ""}'],
])('%s %s is refused, and nothing happens', async (method, path, body) => {
  await bury('a/one', ['1']);
  expect(await ask(method, path, body)).toMatchObject({ status: 400, body: { code: 'INVALID_REQUEST' } });
  expect(await waiting()).toEqual([['a/one', 0, 1]]);
});

test('what is not there, or is in another namespace, is not found', async () => {
  await bury('a/one', ['1']);
  for (const [method, path] of [
    ['GET', 'b/dead-letters/1'],
    ['DELETE', 'b/dead-letters/1'],
    ['POST', 'b/dead-letters/1/replay'],
    ['GET', 'a/dead-letters/9'],
  ] as const)
    expect(await ask(method, path)).toMatchObject({ status: 404, body: { code: 'DEAD_LETTER_NOT_FOUND' } });
  expect(await waiting()).toEqual([['a/one', 0, 1]]);
});

test('who may not look at or delete sandboxes of a namespace is told nothing, and changes nothing', async () => {
  await bury('secret/one', ['1']);
  const answers = [
    await ask('GET', 'secret/dead-letters'),
    await ask('GET', 'secret/dead-letters/1'),
    await ask('POST', 'secret/dead-letters/1/replay'),
    await ask('POST', 'secret/dead-letters/replay', '{"trigger": "one"}'),
    await ask('DELETE', 'secret/dead-letters/1'),
    await ask('DELETE', 'secret/dead-letters?trigger=one'),
  ];
  expect(answers.map(({ status }) => status)).toEqual([403, 403, 403, 403, 403, 403]);
  expect(asked.map(({ verb }) => verb)).toEqual(['list', 'get', 'create', 'create', 'delete', 'delete']);
  expect(await waiting()).toEqual([['secret/one', 0, 1]]);
});
