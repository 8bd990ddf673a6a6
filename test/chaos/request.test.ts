// What a client saw is told apart: an answer, a refusal, a connection that broke, nobody there, no answer in time.
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { ask, sessionHeader, type Got } from './request.ts';

let server: http.Server;
let answer: http.RequestListener;

beforeEach(async () => {
  server = http.createServer((request, response) => answer(request, response));
  await once(server.listen(0, '127.0.0.1'), 'listening');
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const asked = (wants: 'reading' | 'nothing', patienceMs = 5_000): Promise<Got> => {
  const { port } = server.address() as AddressInfo;
  return ask({ method: 'POST', url: `http://127.0.0.1:${port}/use`, session: 's1', patienceMs }, wants);
};

const reading = { label: 'c1', boot: 'b1', count: 1, strangers: [] };

test('an answer has the reading, the id and what was waited for', async () => {
  answer = (request, response) => {
    response.setHeader('Server-Timing', 'wake;dur=1.4');
    response.setHeader(sessionHeader, String(request.headers[sessionHeader]));
    response.end(JSON.stringify(reading));
  };
  expect((await asked('reading')).result).toEqual({
    kind: 'answer',
    status: 200,
    reading,
    sessionId: 's1',
    timing: 'wake;dur=1.4',
  });
});

test('a refusal has its code and when to come back', async () => {
  answer = (_request, response) => {
    response.writeHead(503, { 'retry-after': '1' });
    response.end(
      JSON.stringify({ error: 'no', code: 'STORE_UNAVAILABLE', retryable: true, sessionId: 's1' }),
    );
  };
  expect((await asked('reading')).result).toMatchObject({
    kind: 'refusal',
    status: 503,
    code: 'STORE_UNAVAILABLE',
    retryable: true,
    retryAfter: '1',
    sessionId: 's1',
  });
});

test('a 200 that is no reading is not taken for an answer', async () => {
  answer = (_request, response) => void response.end('{}');
  expect((await asked('reading')).result).toMatchObject({ kind: 'refusal', status: 200 });
  expect((await asked('nothing')).result).toMatchObject({ kind: 'answer', status: 200 });
});

test('a connection that ends before or within the answer is broken', async () => {
  answer = (request) => void request.socket.destroy();
  expect((await asked('reading')).result).toMatchObject({ kind: 'broken' });
  answer = (request, response) => {
    response.writeHead(200, { 'content-length': 100 });
    response.write('{', () => request.socket.destroy());
  };
  expect((await asked('reading')).result).toMatchObject({ kind: 'broken' });
});

test('nobody there, and no answer in time', async () => {
  answer = () => undefined;
  expect((await asked('reading', 50)).result).toEqual({ kind: 'late' });
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/`;
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
  const { result } = await ask({ method: 'GET', url, patienceMs: 5_000 }, 'nothing');
  expect(result).toMatchObject({ kind: 'unreachable' });
});
