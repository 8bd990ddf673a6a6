// Bodies and sockets through the activator: both ways at once, under back-pressure, flushed as they come, ended together.
// S2: an open stream or socket is work in hand. S3: nobody takes a half answer for a whole one.
import { once } from 'node:events';
import type http from 'node:http';
import { type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { ask, begin, whole } from '../support/ask.ts';
import { MemoryActivator } from '../support/memory-activator.ts';
import { rawSandbox, scriptedSandbox } from '../support/scripted-sandbox.ts';
import { until } from '../support/until.ts';

const base = '/v1/namespaces/default/agent-runtimes/echo/invocations';
const header = 'x-agentcube-session-id';
const inS = { [header]: 's' };
const megabyte = 1_048_576;

const toClose: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const made of toClose.splice(0).reverse()) await made.close();
});

function own<C extends { close(): Promise<void> }>(made: C): C {
  toClose.push(made);
  return made;
}

async function start(state: 'running' | 'paused' = 'running') {
  const lab = own(await MemoryActivator.start());
  const sandbox = own(await scriptedSandbox(lab.socketPath('main')));
  const ref = lab.sandbox([{ endpoint: sandbox.endpoint }]);
  await lab.session(
    's',
    state === 'running'
      ? { kind: 'running', sandbox: ref }
      : { kind: 'paused', sandbox: ref, claimed: false },
  );
  return { lab, sandbox, ref };
}

/** Writes `bytes` in pieces, never ahead of what the other side takes; true when all was taken. */
async function pour(to: http.ClientRequest, bytes: number): Promise<void> {
  const piece = Buffer.alloc(megabyte);
  for (let left = bytes; left > 0; left -= piece.length) {
    if (!to.write(piece.subarray(0, left))) await once(to, 'drain');
  }
  to.end();
}

/** Counts a body without keeping it. */
async function count(body: AsyncIterable<unknown>): Promise<number> {
  let bytes = 0;
  for await (const chunk of body) bytes += (chunk as Buffer).length;
  return bytes;
}

describe('an upload', () => {
  test.each([
    ['of known length', { 'content-length': String(200 * megabyte) }],
    ['in chunks', { 'transfer-encoding': 'chunked' }],
  ])(
    '%s to a sleeping session stays in the socket, and in nobody’s memory after',
    async (_, framing) => {
      const { lab, sandbox, ref } = await start('paused');
      sandbox.listener = (req, res) => void count(req).then((bytes) => res.end(String(bytes)));
      const before = process.memoryUsage().rss;
      const { request, response } = begin(lab.port, {
        method: 'POST',
        path: `${base}/`,
        headers: { ...inS, ...framing },
      });
      const poured = pour(request, 200 * megabyte);
      await until(() => lab.activator.stats().waiting === 1);
      await new Promise((resolve) => setTimeout(resolve, 200));
      // What has left are the buffers of the two sockets and no more.
      expect(request.socket?.bytesWritten ?? 0).toBeLessThan(20 * megabyte);
      await lab.resume('s', ref);
      await poured;
      expect((await whole(await response)).body).toBe(String(200 * megabyte));
      expect(process.memoryUsage().rss - before).toBeLessThan(100 * megabyte);
    },
    60_000,
  );

  test('is answered while it is still coming, and both go on', async () => {
    const { lab, sandbox } = await start();
    sandbox.listener = (req, res) => void req.pipe(res);
    const { request, response } = begin(lab.port, { method: 'POST', path: `${base}/`, headers: inS });
    request.write('one');
    const echo = (await response)[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    expect(String((await echo.next()).value)).toBe('one');
    request.write('two');
    expect(String((await echo.next()).value)).toBe('two');
    request.end();
    expect((await echo.next()).done).toBe(true);
  });

  test('shows its head to the sandbox before its first byte', async () => {
    const { lab, sandbox } = await start();
    sandbox.listener = (_, res) => void res.end('no need to send it');
    const { request, response } = begin(lab.port, { method: 'POST', path: `${base}/`, headers: inS });
    request.flushHeaders();
    expect((await whole(await response)).body).toBe('no need to send it');
    request.destroy();
  });

  test('that is refused midway is answered all the same', async () => {
    const { lab, sandbox } = await start();
    sandbox.listener = (_, res) => void res.writeHead(413).end('too much');
    const reply = await ask(lab.port, {
      method: 'POST',
      path: `${base}/`,
      headers: inS,
      body: Buffer.alloc(5 * megabyte),
    });
    expect([reply.status, reply.body]).toEqual([413, 'too much']);
  });

  test('that asks first (Expect: 100-continue) is told to go on when its sandbox is there', async () => {
    const { lab, sandbox, ref } = await start('paused');
    const { request, response } = begin(lab.port, {
      method: 'POST',
      path: `${base}/`,
      headers: { ...inS, Expect: '100-continue', 'Content-Length': 4 },
    });
    let told = false;
    request.on('continue', () => {
      told = true;
      request.end('body');
    });
    request.flushHeaders();
    await until(() => lab.activator.stats().waiting === 1);
    expect(told).toBe(false);
    await lab.resume('s', ref);
    expect((await whole(await response)).status).toBe(200);
    expect([told, sandbox.seen[0]?.body, sandbox.seen[0]?.headers.expect]).toEqual([true, 'body', undefined]);
  });

  test('whose client breaks off breaks off at the sandbox too', async () => {
    const { lab, sandbox } = await start();
    const { promise, resolve: broken } = Promise.withResolvers<boolean>();
    sandbox.listener = (req) => void req.on('close', () => broken(!req.complete)).resume();
    const { request } = begin(lab.port, { method: 'POST', path: `${base}/`, headers: inS });
    request.write('begun');
    await until(() => sandbox.connections === 1);
    request.destroy();
    expect(await promise).toBe(true);
    await until(() => lab.activator.stats().inHand === 0);
  });
});

describe('an answer', () => {
  test('of server-sent events arrives event by event, and is work in hand until its end', async () => {
    const { lab, sandbox } = await start();
    let send = (_: string | undefined): void => {};
    sandbox.listener = (_, res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      res.flushHeaders();
      send = (event) => void (event === undefined ? res.end() : res.write(`data: ${event}\n\n`));
    };
    const { request, response } = begin(lab.port, { path: `${base}/events`, headers: inS });
    request.end();
    const events = (await response)[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    for (const event of ['1', '2', '3']) {
      send(event);
      expect(String((await events.next()).value)).toBe(`data: ${event}\n\n`);
    }
    expect(lab.activator.stats().inHand).toBe(1);
    send(undefined);
    expect((await events.next()).done).toBe(true);
    await until(() => lab.activator.stats().inHand === 0);
  });

  test('that nobody reads is held back at the sandbox', async () => {
    const { lab, sandbox } = await start();
    let pushed = 0;
    sandbox.listener = (_, res) => {
      const more = (): void => {
        while (pushed < 100 * megabyte) {
          pushed += megabyte;
          if (!res.write(Buffer.alloc(megabyte))) return void res.once('drain', more);
        }
        res.end();
      };
      more();
    };
    const { request, response } = begin(lab.port, { path: `${base}/`, headers: inS });
    request.end();
    const answer = await response;
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(pushed).toBeLessThan(40 * megabyte);
    expect(await count(answer)).toBe(100 * megabyte);
  }, 30_000);

  test('whose client left is no longer made', async () => {
    const { lab, sandbox } = await start();
    const { promise, resolve: left } = Promise.withResolvers<void>();
    sandbox.listener = (_, res) => void res.on('close', left);
    const { request } = begin(lab.port, { path: `${base}/`, headers: inS });
    request.end();
    await until(() => lab.activator.stats().inHand === 1 && sandbox.connections === 1);
    request.destroy();
    await promise;
    await until(() => lab.activator.stats().inHand === 0);
  });
});

describe('connections to the sandbox', () => {
  const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

  test('are used again', async () => {
    const { lab, sandbox } = await start();
    for (let i = 0; i < 5; i += 1)
      await ask(lab.port, { method: 'POST', path: `${base}/`, headers: inS, body: 'x' });
    expect(sandbox.connections).toBe(1);
  });

  test.each([
    ['GET', undefined, 200, 2],
    ['DELETE', undefined, 200, 2],
    ['POST', 'body', 503, 1],
  ])(
    'one that closes under a %s: sent again only when that does no harm',
    async (method, body, status, turns) => {
      const { lab } = await start();
      let connections = 0;
      own(
        await rawSandbox(lab.socketPath('stale'), (socket, turn) => {
          connections = turn + 1;
          let requests = 0;
          socket.on(
            'data',
            () => void (turn === 0 && requests++ > 0 ? socket.destroy() : socket.write(answer)),
          );
        }),
      );
      const ref = lab.sandbox([{ endpoint: `unix://${lab.socketPath('stale')}` }]);
      await lab.session('stale', { kind: 'running', sandbox: ref });
      const headers = { [header]: 'stale' };
      expect((await ask(lab.port, { path: `${base}/`, headers })).status).toBe(200);
      const again = await ask(lab.port, {
        method,
        path: `${base}/`,
        headers,
        ...(body !== undefined && { body }),
      });
      expect([again.status, connections]).toEqual([status, turns]);
    },
  );

  test('one that says more than it was asked is not used again', async () => {
    const { lab } = await start();
    let connections = 0;
    own(
      await rawSandbox(lab.socketPath('chatty'), (socket, turn) => {
        connections = turn + 1;
        socket.on(
          'data',
          () => void socket.write(`${answer}HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil`),
        );
      }),
    );
    const ref = lab.sandbox([{ endpoint: `unix://${lab.socketPath('chatty')}` }]);
    await lab.session('chatty', { kind: 'running', sandbox: ref });
    for (let i = 1; i <= 3; i += 1) {
      const reply = await ask(lab.port, { path: `${base}/`, headers: { [header]: 'chatty' } });
      expect([reply.body, connections]).toEqual(['ok', i]);
    }
  });
});

describe('a WebSocket', () => {
  const handshake = {
    ...inS,
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
  };
  const open = async (port: number, headers: Record<string, string> = handshake) => {
    const { request, response } = begin(port, { path: `${base}/ws%20a?x=1`, headers });
    request.end();
    const upgraded = once(request, 'upgrade') as Promise<[IncomingMessage, Socket, Buffer]>;
    return { request, response, upgraded };
  };

  test('waits for its sandbox, carries bytes both ways, and is work in hand until it closes', async () => {
    const { lab, sandbox, ref } = await start('paused');
    const { upgraded } = await open(lab.port);
    await until(() => lab.activator.stats().waiting === 1);
    await lab.resume('s', ref);
    const [answer, socket] = await upgraded;
    expect([answer.statusCode, answer.headers[header]]).toEqual([101, 's']);
    expect(answer.headers['server-timing']).toMatch(/^wake;dur=.*;desc="paused"$/);
    expect(answer.headers['sec-websocket-accept']).toBe('s3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
    const [seen] = sandbox.seen;
    expect([
      seen?.url,
      seen?.headers.authorization,
      seen?.headers.host,
      seen?.headers['x-forwarded-for'],
    ]).toEqual(['/ws%20a?x=1', 'Bearer token-of-s', 'localhost:8080', '127.0.0.1']);
    socket.write('hello');
    expect(String((await once(socket, 'data'))[0])).toBe('hello');
    expect(lab.activator.stats().inHand).toBe(1);
    socket.destroy();
    await until(() => lab.activator.stats().inHand === 0);
  });

  test('of an unknown session is the same 404 as a request', async () => {
    const { lab } = await start();
    const { response } = await open(lab.port, { ...handshake, [header]: 'gone' });
    const reply = await whole(await response);
    expect([reply.status, JSON.parse(reply.body)]).toMatchObject([404, { code: 'SESSION_NOT_FOUND' }]);
  });

  test('that the sandbox does not take up is answered as the sandbox says', async () => {
    const { lab } = await start();
    own(
      await rawSandbox(lab.socketPath('plain'), (socket) =>
        socket.once('data', () =>
          socket.write('HTTP/1.1 426 Upgrade Required\r\nContent-Length: 2\r\n\r\nno'),
        ),
      ),
    );
    const ref = lab.sandbox([{ endpoint: `unix://${lab.socketPath('plain')}` }]);
    await lab.session('plain', { kind: 'running', sandbox: ref });
    const { response } = await open(lab.port, { ...handshake, [header]: 'plain' });
    const reply = await whole(await response);
    expect([reply.status, reply.body, reply.headers[header]]).toEqual([426, 'no', 'plain']);
  });

  test('to a sandbox where nobody listens is 502', async () => {
    const { lab } = await start();
    await lab.session('deaf', {
      kind: 'running',
      sandbox: lab.sandbox([{ endpoint: 'unix:///nowhere/80.sock' }]),
    });
    const { response } = await open(lab.port, { ...handshake, [header]: 'deaf' });
    const reply = await whole(await response);
    expect([reply.status, JSON.parse(reply.body)]).toMatchObject([502, { code: 'SANDBOX_UNREACHABLE' }]);
    await until(() => lab.activator.stats().inHand === 0);
  });

  test('whose client leaves while it waits is forgotten at once', async () => {
    const { lab } = await start('paused');
    const { request, upgraded } = await open(lab.port);
    upgraded.catch(() => undefined);
    await until(() => lab.activator.stats().waiting === 1);
    request.destroy();
    await until(() => lab.activator.stats().waiting === 0);
  });

  test('other upgrades are not taken up: the request is answered as it is', async () => {
    const { lab, sandbox } = await start();
    const headers = {
      ...inS,
      Connection: 'Upgrade, HTTP2-Settings',
      Upgrade: 'h2c',
      'HTTP2-Settings': 'AAMA',
    };
    const reply = await ask(lab.port, { path: `${base}/x`, headers });
    expect(reply.status).toBe(200);
    expect(sandbox.seen[0]?.headers).not.toHaveProperty('upgrade');
    expect(sandbox.seen[0]?.headers).not.toHaveProperty('http2-settings');
  });
});
