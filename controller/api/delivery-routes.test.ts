// The stream of deliveries: who is told what, in one process and over HTTP.
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { request, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { memoryDeliveryWatch } from '../../adapters/memory/delivery-watch.ts';
import type { ToldTry } from '../../model/delivery-watch.ts';
import { PlatformError } from '../../model/errors.ts';
import type { Wish } from './authentication.ts';
import { createControlApi, type ControlApiDeps } from './control-api.ts';

const told = (trigger: string, id: string): ToldTry => ({
  ...{ at: Date.parse('2026-03-01T00:00:00Z'), by: 'here', trigger, source: '/s', id, type: 't' },
  ...{ tries: 0, hops: 0, sessionId: 'session', result: 'delivered', status: 200, tookMs: 5 },
});

const faults: unknown[] = [];
const access = {
  async authorize(_: unknown, { namespace }: Wish): Promise<void> {
    if (namespace === 'secret') throw new PlatformError('FORBIDDEN', 'not yours');
  },
};

let deliveries: ReturnType<typeof memoryDeliveryWatch>;
let server: Server;
let url: string;

beforeEach(async () => {
  deliveries = memoryDeliveryWatch((fault) => faults.push(fault));
  const deps = { deliveries, access, commands: {}, driver: {}, log: () => undefined };
  server = createControlApi(deps as unknown as ControlApiDeps).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/namespaces`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

async function watch(path: string): Promise<IncomingMessage> {
  const asked = request(`${url}/${path}`).on('error', () => undefined);
  asked.end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  // The server goes first.
  return response.on('error', () => undefined);
}

/** The next line that comes. */
async function lineOf(response: IncomingMessage): Promise<unknown> {
  const lines = createInterface(response).on('error', () => undefined);
  const [line] = (await once(lines, 'line')) as [string];
  return JSON.parse(line);
}

test('a watcher hears of each try of its namespace as it happens, and of no other', async () => {
  const response = await watch('a/deliveries?watch=1');
  expect(response.headers['content-type']).toBe('application/x-ndjson');
  const line = lineOf(response);
  deliveries.tell(told('b/one', '1'));
  deliveries.tell(told('a/one', '2'));
  expect(await line).toEqual({
    at: '2026-03-01T00:00:00.000Z',
    trigger: 'one',
    event: { id: '2', source: '/s', type: 't' },
    ...{ by: 'here', tries: 0, hops: 0, sessionId: 'session', result: 'delivered', status: 200, tookMs: 5 },
  });
});

test('or of one trigger only', async () => {
  const line = lineOf(await watch('a/deliveries?watch=1&trigger=two'));
  deliveries.tell(told('a/one', '1'));
  deliveries.tell(told('a/two', '2'));
  expect(await line).toMatchObject({ event: { id: '2' } });
});

test('nobody is told any more once the watcher has gone', async () => {
  const response = await watch('a/deliveries?watch=1');
  expect(deliveries.watched()).toBe(true);
  response.destroy();
  while (deliveries.watched()) await new Promise((resolve) => setImmediate(resolve));
  deliveries.tell(told('a/one', '1'));
  expect(faults).toEqual([]);
});

test('deliveries are not kept, so they can only be watched', async () => {
  const answer = await fetch(`${url}/a/deliveries`);
  expect([answer.status, await answer.json()]).toEqual([
    400,
    expect.objectContaining({ code: 'INVALID_REQUEST' }),
  ]);
  expect((await fetch(`${url}/secret/deliveries?watch=1`)).status).toBe(403);
});
