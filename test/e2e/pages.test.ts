// A web page in the user's browser must not run code through the ports of the laptop, as browsers would send its requests; one
// that was allowed may. Requests are written by hand: what a browser lets a page send is the browser's, what is answered is ours.
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { ask, type Reply } from '../support/ask.ts';
import { probeFolder } from '../support/folder.ts';
import { newDataDir, spawnPlatform, startPlatform, type Platform } from '../support/platform.ts';

jest.setTimeout(60_000);

const page = 'http://localhost:3000';
let platform: Platform;

beforeAll(async () => {
  const folder = probeFolder({ name: 'probe' });
  platform = await startPlatform({ folder, args: ['--allowed-origins', `${page},https://app.example`] });
});
afterAll(() => platform.dispose());

const invocations = '/v1/namespaces/default/agent-runtimes/probe/invocations/';
type Port = 'controlUrl' | 'activatorUrl';
const send = (port: Port, path: string, headers: Record<string, string>, method = 'POST'): Promise<Reply> =>
  ask(Number(new URL(platform[port]).port), { method, path, headers });

const ports = [
  ['the activator', 'activatorUrl', invocations],
  ['events', 'activatorUrl', '/v1/namespaces/default/events'],
  ['the control port', 'controlUrl', '/v1/agent-runtime'],
  ['its resources', 'controlUrl', '/apis/runtime.agentcube.volcano.sh/v1alpha1/agentruntimes'],
] as const;

const strangers = {
  'a form or a script of another page': { origin: 'https://evil.example', 'content-type': 'text/plain' },
  'a page in a sandboxed frame': { origin: 'null' },
  'a picture or a link': { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' },
  'a name that was bent to lead here': { host: 'evil.example', origin: 'http://evil.example' },
};

describe.each(ports)('%s', (_, port, path) => {
  test.each(Object.entries(strangers))('does nothing for %s', async (_name, headers) => {
    const reply = await send(port, path, headers);
    expect([reply.status, JSON.parse(reply.body)]).toMatchObject([403, { code: 'FORBIDDEN' }]);
    expect(reply.headers['access-control-allow-origin']).toBeUndefined();
  });

  test('tells a strange page nothing before it asks', async () => {
    const asking = { origin: 'https://evil.example', 'access-control-request-method': 'POST' };
    expect((await send(port, path, asking, 'OPTIONS')).status).toBe(403);
  });
});

test('nothing of that opened a session', async () => {
  const reply = await send('controlUrl', '/v1/sessions', {}, 'GET');
  expect(JSON.parse(reply.body)).toMatchObject({ items: [] });
});

test('a socket is refused too', async () => {
  const upgrade = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' };
  const key = { 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' };
  const headers = { ...upgrade, ...key, origin: 'https://evil.example' };
  expect((await send('activatorUrl', invocations, headers, 'GET')).status).toBe(403);
});

describe('a page that is allowed', () => {
  test('asks first, and no sandbox is started for that', async () => {
    const asking = {
      origin: page,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type,x-agentcube-session-id',
    };
    const reply = await send('activatorUrl', invocations, asking, 'OPTIONS');
    expect([reply.status, reply.headers]).toMatchObject([
      204,
      {
        'access-control-allow-origin': page,
        'access-control-allow-methods': 'POST',
        'access-control-allow-headers': 'content-type,x-agentcube-session-id',
      },
    ]);
  });

  test('then calls, and may read which session answered', async () => {
    const reply = await send('activatorUrl', invocations, { origin: page }, 'GET');
    expect([reply.status, reply.headers['access-control-allow-origin']]).toEqual([200, page]);
    expect(reply.headers['x-agentcube-session-id']).toMatch(/^[0-9a-f-]{36}$/);
    expect(reply.headers['access-control-expose-headers']).toContain('x-agentcube-session-id');
  });
});

test('a page that an agent served through the activator may call it', async () => {
  const { host } = new URL(platform.activatorUrl);
  const own = { host, origin: `http://${host}`, 'sec-fetch-site': 'same-origin' };
  expect((await send('activatorUrl', invocations, own, 'GET')).status).toBe(200);
});

test('an address beyond this machine is taken only when that is spelled out', async () => {
  const dataDir = newDataDir();
  const running = spawnPlatform(dataDir, { args: ['--host', '0.0.0.0'] });
  expect(await running.exited).toMatchObject({ code: 1 });
  rmSync(dataDir, { recursive: true, force: true });
  expect(running.output()).toMatch(/--host: 0\.0\.0\.0 is reached from elsewhere.*insecure/);
});
