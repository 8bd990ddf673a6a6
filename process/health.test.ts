import http, { type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { PlatformError } from '../model/errors.ts';
import { nothingHere, refusing, withHealth } from './health.ts';

let server: http.Server | undefined;
afterEach(() => void server?.close());

async function served(handler: RequestListener): Promise<string> {
  server = http.createServer(handler);
  const listening = server;
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(listening.address() as AddressInfo).port}`;
}

const why = async (): Promise<string> => 'Redis is away';

test.each([
  ['/health', 200, { status: 'healthy' }],
  ['/health/live', 200, { status: 'alive' }],
  ['/health/ready?verbose', 503, { status: 'not ready', error: 'Redis is away' }],
])('%s while the store is away', async (path, status, body) => {
  const url = await served(withHealth(why, nothingHere));
  const answer = await fetch(`${url}${path}`);
  expect([answer.status, await answer.json()]).toEqual([status, body]);
});

test('ready when nothing speaks against it; a look that fails speaks against it', async () => {
  let look = async (): Promise<string | undefined> => undefined;
  const url = await served(withHealth(() => look(), nothingHere));
  expect((await fetch(`${url}/health/ready`)).status).toBe(200);
  look = () => Promise.reject(new PlatformError('STORE_UNAVAILABLE', 'no answer'));
  const answer = await fetch(`${url}/health/ready`);
  expect(answer.status).toBe(503);
  expect(await answer.text()).toContain('no answer');
});

test('everything else is handed on, other methods on health routes too', async () => {
  const url = await served(withHealth(why, nothingHere));
  expect((await fetch(`${url}/v1/sessions`)).status).toBe(404);
  expect((await fetch(`${url}/health/live`, { method: 'POST' })).status).toBe(404);
});

test('a refusal is typed and says when to ask again', async () => {
  const url = await served(refusing(() => new PlatformError('STORE_UNAVAILABLE', 'starting')));
  const answer = await fetch(`${url}/v1/anything`, { method: 'POST', body: 'x' });
  expect(answer.status).toBe(503);
  expect(answer.headers.get('retry-after')).toBe('1');
  expect(await answer.json()).toEqual({ error: 'starting', code: 'STORE_UNAVAILABLE', retryable: true });
});
