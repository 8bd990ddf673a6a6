// The SDK against a server that misbehaves: what is asked again and what never is, what it is called, and that no token is told.
// Each case with both carriers: Node's http, which is the usual one, and `fetch`, as in a browser.
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { AgentRuntime, CodeInterpreter, Events, Sessions, type ConnectOptions } from '../../sdk/index.ts';
import { until } from '../support/until.ts';
import { fault } from './clients.ts';
import { answer, bytes, chunk, chunkedHead, cut, reset, ScriptedServer, silence } from './scripted-server.ts';

jest.setTimeout(30_000);

const token = 'secret-token-0123456789';
const forwarded = { 'x-agentcube-session-id': 's1' };
const soon = { 'retry-after': '0' };
const overloaded = { error: 'server overloaded', code: 'SERVER_OVERLOADED' };
const session = { sessionId: 's1', state: 'running' };

let server: ScriptedServer;
beforeAll(async () => {
  server = await new ScriptedServer().listen();
});
afterAll(() => server.close());

describe.each<[string, ConnectOptions]>([
  ['over http', {}],
  ['over fetch', { fetch: (...args) => fetch(...args) }],
])('%s', (_, carrier) => {
  const connect = (): ConnectOptions => ({
    ...{ controlUrl: server.url, routerUrl: server.url, authToken: token, timeoutMs: 10_000 },
    ...carrier,
  });
  const agent = (more: ConnectOptions = {}): Promise<AgentRuntime> =>
    AgentRuntime.open({ ...connect(), agentName: 'a', sessionId: 's1', ...more });
  const interpreter = (more: ConnectOptions = {}): Promise<CodeInterpreter> =>
    CodeInterpreter.open({ ...connect(), sessionId: 's1', ...more });
  const sessions = (more: ConnectOptions = {}): Sessions => new Sessions({ ...connect(), ...more });
  const methods = (): string[] => server.heard.map(({ method }) => method);

  describe('what is asked again', () => {
    test('a call that the platform had no room for, and it carries the session that was opened for it', async () => {
      server.script(answer(429, overloaded, { ...soon, ...forwarded }), answer(200, { ok: true }, forwarded));
      const opened = await AgentRuntime.open({ ...connect(), agentName: 'a', lazy: true });
      // Without a session the answer is the platform's own; with one, the agent's unless it is wholly typed.
      server.script(
        answer(429, { ...overloaded, retryable: true }, { ...soon, ...forwarded }),
        answer(200, { ok: true }, forwarded),
      );
      expect(await opened.invoke({ a: 1 })).toEqual({ ok: true });
      expect(server.heard.map(({ headers }) => headers['x-agentcube-session-id'])).toEqual([undefined, 's1']);
      expect(server.heard.map(({ body }) => body)).toEqual(['{"a":1}', '{"a":1}']);
    });

    test('only so often, however long the storm', async () => {
      server.script(answer(429, overloaded, soon));
      const stormy = await fault((await interpreter({ retries: 2 })).exec('true'));
      expect(stormy).toMatchObject({
        code: 'SERVER_OVERLOADED',
        status: 429,
        retryable: true,
        sessionId: 's1',
      });
      expect(methods()).toEqual(['POST', 'POST', 'POST']);
    });

    test('what only reads, after a connection that broke', async () => {
      server.script(reset, cut('HTTP/1.1 200 OK\r\ncontent-'), answer(200, session));
      expect(await sessions().get('s1')).toEqual(session);
      expect(methods()).toEqual(['GET', 'GET', 'GET']);
    });

    test('an event, with the id that it had', async () => {
      server.script(reset, answer(202, '', { 'x-agentcube-deliveries': '1' }));
      const sent = await new Events(connect()).send({ type: 't', source: '/s' });
      const ids = server.heard.map(({ body }) => (JSON.parse(body) as { id: string }).id);
      expect(ids).toEqual([sent.ids[0], sent.ids[0]]);
    });

    test('what nobody was there for', async () => {
      const late = await new ScriptedServer().listen();
      const { port, url } = late;
      await late.close();
      const again = new ScriptedServer();
      again.script(answer(200, { sessionId: 's2' }));
      const opening = CodeInterpreter.open({ ...connect(), controlUrl: url });
      await again.listen(port);
      expect((await opening).sessionId).toBe('s2');
      await again.close();
    });
  });

  describe('opening an agent', () => {
    test('is asked again when there was no room, and gone on with whatever the agent says', async () => {
      server.script(answer(429, overloaded, soon), answer(404, 'nobody GETs me', forwarded));
      const opened = await AgentRuntime.open({ ...connect(), agentName: 'a' });
      expect([opened.sessionId, methods()]).toEqual(['s1', ['GET', 'GET']]);
    });

    test('by a server that names no session is told as such', async () => {
      server.script(answer(200, 'hello'));
      const opening = fault(AgentRuntime.open({ ...connect(), agentName: 'a' }));
      expect(await opening).toMatchObject({ code: 'INVALID_RESPONSE', status: 200 });
    });
  });

  describe('what is not asked again', () => {
    test.each([
      ['a reset', reset, 'CONNECTION_LOST'],
      ['an end', cut(''), 'CONNECTION_LOST'],
      ['half a head', cut('HTTP/1.1 200 OK\r\nconte'), 'CONNECTION_LOST'],
      [
        'a lost sandbox',
        answer(503, { error: 'x', code: 'SANDBOX_CONNECTION_LOST', retryable: true }),
        'SANDBOX_CONNECTION_LOST',
      ],
      ['a failure', answer(500, { error: 'internal server error' }), 'SERVER_ERROR'],
    ])('a command after %s', async (_what, reply, code) => {
      server.script(reply);
      expect(await fault((await interpreter()).exec('true'))).toMatchObject({ code });
      expect(methods()).toEqual(['POST']);
    });

    test('an agent that says itself that it is busy', async () => {
      server.script(answer(429, { error: 'busy' }, { ...forwarded, 'retry-after': '2' }));
      const busy = await fault((await agent()).invoke({}));
      expect(busy).toMatchObject({ code: 'AGENT_ERROR', status: 429, retryAfterMs: 2_000 });
      expect(methods()).toEqual(['POST']);
    });

    test('what would be asked again much later', async () => {
      server.script(answer(429, overloaded, { 'retry-after': '3600' }));
      expect(await fault(sessions().get('s1'))).toMatchObject({
        code: 'SERVER_OVERLOADED',
        retryAfterMs: 3_600_000,
      });
      expect(methods()).toEqual(['GET']);
    });

    test('what nobody wants any more', async () => {
      server.script(answer(429, overloaded, { 'retry-after': '20' }));
      const enough = new AbortController();
      const waiting = fault(sessions().get('s1', { signal: enough.signal }));
      await until(() => server.heard.length === 1);
      enough.abort(new Error('enough'));
      expect(await waiting).toEqual(new Error('enough'));
      expect(methods()).toEqual(['GET']);
    });
  });

  describe('time', () => {
    test.each([
      ['no answer begins', silence],
      ['no head ends', bytes('HTTP/1.1 200 OK\r\nx: ')],
      ['a body stops', bytes('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{"a')],
    ])('is up when %s', async (_what, reply) => {
      server.script(reply);
      // With `fetch` both times are one.
      const options = { timeoutMs: 150, connectTimeoutMs: carrier.fetch ? 50 : 5_000 };
      expect(await fault(sessions(options).get('s1'))).toMatchObject({ code: 'TIMEOUT', retryable: true });
      expect(methods()).toEqual(['GET']);
    });

    test('is not up while something comes', async () => {
      server.script((socket) => {
        const left = [...`HTTP/1.1 200 OK\r\ncontent-length: 12\r\n\r\n`, ...JSON.stringify('slow but')];
        left.push('  ');
        socket.write(left.splice(0, 38).join(''));
        const drip = setInterval(() => {
          socket.write(left.shift() ?? '');
          if (left.length === 0) clearInterval(drip);
        }, 20);
      });
      const text = await (await agent({ timeoutMs: 2_000 })).invoke({});
      expect(text).toBe('slow but');
    });

    test('of a stream is its own', async () => {
      server.script((socket) => {
        socket.write(chunkedHead('text/event-stream', forwarded));
        setTimeout(() => socket.write(`${chunk('data: late\n\n')}0\r\n\r\n`), 1_300);
      });
      const seen: string[] = [];
      for await (const { data } of (await agent({ timeoutMs: 1_000 })).events()) seen.push(data);
      expect(seen).toEqual(['late']);
    });
  });

  describe('nonsense', () => {
    test.each([
      ['a page', answer(200, '<html>hello</html>')],
      ['half of the JSON', answer(200, '{"sessionId":')],
      ['nothing', answer(200, '')],
    ])('%s instead of JSON is told as such', async (_what, reply) => {
      server.script(reply);
      expect(await fault(sessions().get('s1'))).toMatchObject({ code: 'INVALID_RESPONSE', retryable: false });
    });

    test.each([
      ['no HTTP', 'SSH-2.0-OpenSSH_9.2\r\n\r\n'],
      ['a head that is too large', `HTTP/1.1 200 OK\r\nx-huge: ${'x'.repeat(200_000)}\r\n\r\n`],
      ['a wrong length', 'HTTP/1.1 200 OK\r\ncontent-length: many\r\n\r\n'],
    ])('%s is told as such', async (_what, text) => {
      server.script(cut(text));
      expect(await fault((await agent()).invoke({}))).toMatchObject({ code: 'INVALID_RESPONSE' });
      expect(methods()).toEqual(['POST']);
    });

    test('an opened session without an id is told as such', async () => {
      server.script(answer(200, { kind: 'Sandbox' }));
      expect(await fault(CodeInterpreter.open(connect()))).toMatchObject({ code: 'INVALID_RESPONSE' });
    });
  });

  describe('bodies that end too early', () => {
    test.each([
      ['half a chunk', `${chunkedHead('application/octet-stream')}5\r\nhel`],
      ['no last chunk', chunkedHead('application/octet-stream') + chunk('hello')],
      ['fewer bytes than told', 'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhello'],
    ])('with %s are no files', async (_what, text) => {
      server.script(cut(text));
      expect(await fault((await interpreter()).files.read('x'))).toMatchObject({ code: 'CONNECTION_LOST' });
    });

    test('events that came are told, and then that the rest did not', async () => {
      server.script(cut(chunkedHead('text/event-stream', forwarded) + chunk('data: 1\n\ndata: 2\n\nda')));
      const seen: string[] = [];
      const listening = (async () => {
        for await (const { data } of (await agent()).events({})) seen.push(data);
      })();
      expect(await fault(listening)).toMatchObject({ code: 'CONNECTION_LOST' });
      expect(seen).toEqual(['1', '2']);
    });

    test.each([
      ['broke off', chunk('{"stdout":"a"}\n')],
      ['ended before the command', `${chunk('{"stdout":"a"}\n')}0\r\n\r\n`],
    ])('output that %s is no success', async (_what, body) => {
      server.script(cut(chunkedHead('application/x-ndjson', forwarded) + body));
      const running = (await interpreter()).execStream('true');
      const seen: string[] = [];
      const listening = (async () => {
        for await (const { text } of running) seen.push(text);
      })();
      expect(await fault(listening)).toMatchObject({ code: 'CONNECTION_LOST', sessionId: 's1' });
      expect([seen, running.exit]).toEqual([['a'], undefined]);
    });
  });

  describe('what may not get around', () => {
    test('a token does not travel to where a server points', async () => {
      const other = await new ScriptedServer().listen();
      other.script(answer(200, session));
      server.script(answer(307, '', { location: `${other.url}/?token=${token}` }));
      const pointed = await fault(sessions().get('s1'));
      expect(pointed).toMatchObject({ code: 'UNEXPECTED_REDIRECT' });
      expect(String(pointed)).not.toContain(token);
      expect(other.heard).toEqual([]);
      await other.close();
    });

    test('a token that a server sends back is not told', async () => {
      server.script(
        answer(403, { error: `no: Bearer ${token}`, reason: token, code: 'FORBIDDEN', retryable: false }),
      );
      const told = await fault(sessions().get('s1'));
      expect(server.heard[0]?.headers['authorization']).toBe(`Bearer ${token}`);
      expect(told).toMatchObject({ code: 'FORBIDDEN', message: 'no: Bearer [token]', reason: '[token]' });
      server.script(answer(500, `trace of Bearer ${token}`, forwarded));
      const traced = await fault((await agent()).invoke({}));
      expect(traced).toMatchObject({ code: 'AGENT_ERROR', body: 'trace of Bearer [token]' });
      expect(JSON.stringify([told, traced, String(traced)])).not.toContain(token);
    });
  });
});

describe('over http', () => {
  test('an answer that comes before all was sent is the answer', async () => {
    server.script(bytes('HTTP/1.1 413 Too Large\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}'));
    const client = await CodeInterpreter.open({ routerUrl: server.url, sessionId: 's1' });
    const endless = async function* (): AsyncGenerator<Uint8Array> {
      for (;;) {
        yield Buffer.alloc(1_000);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    };
    expect(await fault(client.files.write('x', endless()))).toMatchObject({ code: 'BODY_TOO_LARGE' });
  });

  test('a connection that does not come to stand is told apart: nothing was sent', async () => {
    const waiting = { controlUrl: server.url.replace('http:', 'https:'), connectTimeoutMs: 100, retries: 1 };
    server.script(silence);
    expect(await fault(new Sessions(waiting).get('s1'))).toMatchObject({
      code: 'CONNECT_TIMEOUT',
      retryable: true,
    });
    const nobody = { controlUrl: 'http://127.0.0.1:9', retries: 0 };
    expect(await fault(CodeInterpreter.open({ ...nobody, routerUrl: server.url }))).toMatchObject({
      ...{ code: 'UNREACHABLE', message: expect.stringContaining('ECONNREFUSED') },
    });
  });

  test.each([
    ['no socket', answer(200, '{}', forwarded), 'INVALID_RESPONSE'],
    ['nothing', cut(''), 'CONNECTION_LOST'],
    [
      'an error',
      answer(404, { error: 'x', code: 'SESSION_NOT_FOUND', retryable: false }),
      'SESSION_NOT_FOUND',
    ],
  ])('a socket that gets %s is not open', async (_, reply, code) => {
    server.script(reply);
    const agent = await AgentRuntime.open({
      routerUrl: server.url,
      agentName: 'a',
      sessionId: 's1',
      retries: 0,
    });
    expect(await fault(agent.socket())).toMatchObject({ code });
  });
});
