// What clients of the control port see of a controller that does not lead: the leader's answers, or that there is none.
import { once } from 'node:events';
import http, { type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { createStandbyApi } from '../../controller/api/standby.ts';
import { call, type Answer, type Asked } from '../support/client.ts';

const open: http.Server[] = [];
afterEach(() => {
  for (const server of open.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(handler: RequestListener): Promise<string> {
  const server = http.createServer(handler);
  open.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const standby = (leaderUrl: () => string | undefined): Promise<string> =>
  serve(createStandbyApi({ leaderUrl, log: () => undefined }));

const ask = async (url: string, path: string, asked?: Asked): Promise<Answer> =>
  call('POST', url + path, asked);

describe('a leader is known', () => {
  test('its answer is given, whatever was asked', async () => {
    const leader = await serve((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      request.on('end', () => {
        response.writeHead(418, { 'x-from': 'leader' });
        response.end(`${request.method} ${request.url} ${body}`);
      });
    });
    const answer = await ask(await standby(() => leader), '/v1/sessions?x=1', { body: 'words' });
    expect([answer.status, answer.headers.get('x-from')]).toEqual([418, 'leader']);
    expect(answer.text).toBe('POST /v1/sessions?x=1 words');
  });

  test('an answer is passed on as it comes, not when it is whole', async () => {
    const leader = await serve((_, response) => void response.write('first'));
    const url = await standby(() => leader);
    const response = await fetch(url);
    const first = await response.body?.getReader().read();
    expect(Buffer.from(first?.value ?? []).toString()).toBe('first');
  });

  test('an answer begins as the leader begins it, before there is anything to tell', async () => {
    const leader = await serve(
      (_, response) => void response.writeHead(200, { 'x-from': 'leader' }).flushHeaders(),
    );
    const response = await fetch(await standby(() => leader));
    expect(response.headers.get('x-from')).toBe('leader');
    await response.body?.cancel();
  });

  test('an answer that breaks off breaks off for the client, too', async () => {
    const leader = await serve((_, response) => {
      response.write('first');
      setTimeout(() => response.destroy(), 50);
    });
    const response = await fetch(await standby(() => leader));
    await expect(response.text()).rejects.toThrow();
  });

  test('one that does not answer is said to lead no more', async () => {
    const url = await standby(() => 'http://127.0.0.1:1');
    const answer = await ask(url, '/v1/agent-runtime');
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
    expect(answer.json()).toMatchObject({ code: 'NOT_LEADER', retryable: true });
  });

  test('two that take each other for the leader refuse, and do not ask each other on and on', async () => {
    const urls: string[] = [];
    urls.push(await standby(() => urls[1]));
    urls.push(await standby(() => urls[0]));
    expect((await ask(urls[0] ?? '', '/v1/agent-runtime')).json()).toMatchObject({ code: 'NOT_LEADER' });
  });
});

describe('no leader is known: 503 with when to ask again, in the words of each family of routes', () => {
  test.each([
    ['/v1/agent-runtime', { message: 'internal server error', code: 'NOT_LEADER' }],
    ['/v1/sessions/x/pause', { error: 'no controller leads at this moment', code: 'NOT_LEADER' }],
    [
      '/apis/runtime.agentcube.volcano.sh/v1alpha1/agentruntimes',
      { kind: 'Status', code: 503, reason: 'ServiceUnavailable' },
    ],
  ])('%s', async (path, body) => {
    const answer = await ask(await standby(() => undefined), path);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
    expect(answer.json()).toMatchObject(body);
  });
});
