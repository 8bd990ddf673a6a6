// An agent as its callers see it, over the test platform's in-memory connections: the server is the one that runs in a sandbox.
import { afterEach, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { testPlatform, type TestPlatform, type TestSession } from '../testing/index.ts';
import { AgentError, events, route, serverSentEvent, webSocket, type Agent, type Context } from './index.ts';

let platform: TestPlatform | undefined;
afterEach(() => platform?.[Symbol.asyncDispose]());

async function sessionOf(agent: Agent): Promise<TestSession> {
  platform = await testPlatform({ agent: () => agent });
  return platform.session();
}

const told = async (answer: Response) => ({ status: answer.status, ...((await answer.json()) as object) });

describe('what a handler returns is the answer', () => {
  const returned: [string, unknown, string | null, string][] = [
    ['an object', { a: 1 }, 'application/json; charset=utf-8', '{"a":1}'],
    ['an array', [1], 'application/json; charset=utf-8', '[1]'],
    ['null', null, 'application/json; charset=utf-8', 'null'],
    ['false', false, 'application/json; charset=utf-8', 'false'],
    ['text', 'grüße', 'text/plain; charset=utf-8', 'grüße'],
    ['bytes', new Uint8Array([65]), 'application/octet-stream', 'A'],
    ['nothing', undefined, null, ''],
  ];
  test.each(returned)('%s', async (_, value, type, body) => {
    const session = await sessionOf(() => value);
    const answer = await session.fetch('/', { json: {} });
    expect(answer.status).toBe(value === undefined ? 204 : 200);
    expect(answer.headers.get('content-type')).toBe(type);
    expect(await answer.text()).toBe(body);
  });

  test('a Response, with its status, fields and every cookie', async () => {
    const session = await sessionOf(() => {
      const answer = Response.json({ made: true }, { status: 201, headers: { location: '/x' } });
      answer.headers.append('set-cookie', 'a=1');
      answer.headers.append('set-cookie', 'b=2');
      return answer;
    });
    const answer = await session.fetch('/', { json: {} });
    expect(answer.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    expect(answer.headers.get('location')).toBe('/x');
    expect(await told(answer)).toEqual({ status: 201, made: true });
  });
});

describe('a stream', () => {
  async function* words() {
    yield 'one';
    yield 'two\nthree';
    yield serverSentEvent({ event: 'end', id: '7', data: { words: 3 } });
  }

  test('is server-sent events for whoever accepts them', async () => {
    const session = await sessionOf(words);
    const answer = await session.fetch('/', { json: {}, headers: { accept: 'text/event-stream' } });
    expect(answer.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(await answer.text()).toBe(
      'data: one\n\ndata: two\ndata: three\n\nevent: end\nid: 7\ndata: {"words":3}\n\n',
    );
  });

  test('is plain text when it begins with text, and a line of JSON for each value otherwise', async () => {
    const session = await sessionOf({
      routes: {
        '/text': words,
        '/values': async function* () {
          yield { n: 1 };
          yield [2];
        },
      },
    });
    expect(await (await session.fetch('/text', { json: {} })).text()).toBe('onetwo\nthree{"words":3}\n');
    const values = await session.fetch('/values', { json: {} });
    expect(values.headers.get('content-type')).toBe('application/x-ndjson');
    expect(await values.text()).toBe('{"n":1}\n[2]\n');
  });

  test('that fails before its first value is answered with a status', async () => {
    // eslint's require-yield would want one; there is none, which is the point.
    const failing = {
      [Symbol.asyncIterator]: () => ({
        next: () => Promise.reject(new AgentError(409, 'NOT_NOW', 'not now')),
      }),
    };
    const session = await sessionOf(() => failing);
    expect(await told(await session.fetch('/', { json: {} }))).toMatchObject({
      status: 409,
      code: 'NOT_NOW',
    });
  });

  test('that fails later never looks whole', async () => {
    const session = await sessionOf(async function* () {
      yield { n: 1 };
      throw new Error('the database of customer 7');
    });
    const events = await session.fetch('/', { json: {}, headers: { accept: 'text/event-stream' } });
    const text = await events.text();
    expect(text).toMatch(/event: error\ndata: .*AGENT_FAILED/);
    expect(text).not.toContain('customer');
    const lines = await session.fetch('/', { json: {} });
    await expect(lines.text()).rejects.toThrow();
  });

  test('ends when the caller leaves: the generator is returned to, and its signal aborted', async () => {
    const left = Promise.withResolvers<string>();
    const session = await sessionOf(async function* (_input: unknown, { signal }: Context) {
      try {
        yield 'first';
        await new Promise((_, reject) =>
          signal.addEventListener('abort', () => reject(new Error('aborted'))),
        );
      } finally {
        left.resolve(String((signal.reason as Error).message));
      }
    });
    const answer = await session.fetch('/', { json: {} });
    const reader = answer.body?.getReader();
    await reader?.read();
    await reader?.cancel();
    expect(await left.promise).toBe('the caller left');
    expect(session.logs.filter(({ level }) => level === 'error')).toEqual([]);
  });
});

describe('input', () => {
  const echo = (input: unknown): unknown => ({ input: input ?? null });

  test('is the JSON of the body, whether its type is said, is that of curl, or is missing', async () => {
    const session = await sessionOf(echo);
    for (const type of [
      'application/json',
      'application/ld+json; x=y',
      'application/x-www-form-urlencoded',
      undefined,
    ]) {
      const headers = type === undefined ? {} : { 'content-type': type };
      const answer = await session.fetch('/', { body: '{"a":1}', headers });
      expect(await answer.json()).toEqual({ input: { a: 1 } });
    }
  });

  test('is the query where a method has no body', async () => {
    const session = await sessionOf({ routes: { 'GET /': echo } });
    expect(await (await session.fetch('/?a=1&b=2&b=3')).json()).toEqual({ input: { a: '1', b: ['2', '3'] } });
  });

  test('is bytes, text or a stream where the route says so', async () => {
    const session = await sessionOf({
      routes: {
        '/bytes': route({ body: 'bytes', handle: (input: Uint8Array) => input.byteLength }),
        '/text': route({ body: 'text', handle: (input: string) => input.toUpperCase() }),
        '/stream': route({
          body: 'stream',
          handle: async (input: ReadableStream<Uint8Array>) => (await new Response(input).text()).length,
        }),
      },
    });
    expect(await session.invoke('ab', '/bytes')).toBe(4);
    expect(await (await session.fetch('/text', { body: 'ab' })).text()).toBe('AB');
    expect(await (await session.fetch('/stream', { body: 'x'.repeat(3_000_000) })).json()).toBe(3_000_000);
  });

  const bad: [string, Parameters<TestSession['fetch']>[1], number, string][] = [
    ['no JSON', { body: '{"a":' }, 400, 'BAD_INPUT'],
    ['no UTF-8', { body: new Uint8Array([0x22, 0xff, 0x22]) }, 400, 'BAD_INPUT'],
    ['another type', { body: 'a', headers: { 'content-type': 'text/html' } }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['compressed', { body: 'a', headers: { 'content-encoding': 'gzip' } }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['too long, as said', { body: '"'.padEnd(2_000_000) }, 413, 'BODY_TOO_LARGE'],
    [
      'too long, as it turns out',
      { body: new Blob(['"'.padEnd(2_000_000)]).stream() },
      413,
      'BODY_TOO_LARGE',
    ],
    ['another method', { method: 'PUT', json: 1 }, 405, 'METHOD_NOT_ALLOWED'],
    ['what the schema does not take', { json: { a: 'x' } }, 400, 'BAD_INPUT'],
  ];
  test.each(bad)(
    '%s is refused with a typed error, and the handler is not called',
    async (_, init, status, code) => {
      let calls = 0;
      const handle = (): number => (calls += 1);
      const session = await sessionOf({
        routes: { '/': route({ input: z.object({ a: z.number() }), handle }) },
      });
      expect(await told(await session.fetch('/', init))).toMatchObject({ status, code, retryable: false });
      expect(calls).toBe(0);
    },
  );

  test('a refused method says which are taken; a path that nobody has is 404', async () => {
    const session = await sessionOf({ routes: { 'GET /a': echo, 'DELETE /a': echo } });
    expect((await session.fetch('/a', { method: 'POST' })).headers.get('allow')).toBe('GET, DELETE');
    expect(await told(await session.fetch('/b'))).toMatchObject({ status: 404, code: 'NO_SUCH_ROUTE' });
  });
});

describe('paths', () => {
  test('have names and rests, decoded; the one with fewer of them wins', async () => {
    const session = await sessionOf({
      routes: {
        'GET /files/*': (_: unknown, { request }) => ({ rest: request.params.rest }),
        'GET /files/:name': (_: unknown, { request }) => ({ name: request.params.name }),
        'GET /files/index': () => 'index',
      },
    });
    expect(await (await session.fetch('/files/index')).text()).toBe('index');
    expect(await (await session.fetch('/files/a%20b')).json()).toEqual({ name: 'a b' });
    expect(await (await session.fetch('/files/a/b.txt')).json()).toEqual({ rest: 'a/b.txt' });
  });

  test('that cannot be meant are refused when the agent is made', async () => {
    await expect((await sessionOf({ routes: { 'FETCH /': () => 1 } })).fetch('/')).rejects.toThrow(
      /FETCH is none of/,
    );
    await expect((await sessionOf({ routes: { 'GET x': () => 1 } })).fetch('/')).rejects.toThrow(
      /begins with/,
    );
  });
});

describe('errors of a handler', () => {
  test('tell nothing of themselves; the log has them with session, turn and trace', async () => {
    const session = await sessionOf(() => {
      throw new Error('the password is x');
    });
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const answer = await session.fetch('/', { json: {}, headers: { traceparent } });
    expect(await told(answer)).toEqual({
      status: 500,
      code: 'AGENT_FAILED',
      error: 'the agent failed; its log says why',
      retryable: false,
    });
    expect(session.logs.at(-1)).toMatchObject({
      level: 'error',
      session: session.id,
      turn: 1,
      trace: '0af7651916cd43dd8448eb211c80319c',
      error: { message: 'the password is x' },
    });
  });

  test('that are meant for the caller have status, code, fields and details', async () => {
    const session = await sessionOf(() => {
      const options = { headers: { 'retry-after': '7' }, details: { quota: 3 } };
      throw new AgentError(429, 'QUOTA', 'three a day', options);
    });
    const answer = await session.fetch('/', { json: {} });
    expect(answer.headers.get('retry-after')).toBe('7');
    expect(await told(answer)).toEqual({
      status: 429,
      error: 'three a day',
      code: 'QUOTA',
      retryable: true,
      quota: 3,
    });
  });
});

test('the context: session, turn, headers without the token, and a trace that goes on', async () => {
  const session = await sessionOf((_: unknown, { sessionId, turn, request, trace }) => ({
    ...{ sessionId, turn, authorization: request.headers.get('authorization') },
    ...{ traceId: trace.traceId, sent: trace.headers, method: request.method, path: request.path },
  }));
  const headers = {
    authorization: 'Bearer of-the-caller',
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    tracestate: 'a=b',
  };
  expect(await (await session.fetch('/', { json: {}, headers })).json()).toEqual({
    ...{ sessionId: session.id, turn: 1, authorization: null, method: 'POST', path: '/' },
    traceId: '0af7651916cd43dd8448eb211c80319c',
    sent: {
      traceparent: expect.stringMatching(/^00-0af7651916cd43dd8448eb211c80319c-(?!b7ad)[0-9a-f]{16}-01$/),
      tracestate: 'a=b',
    },
  });
  expect(await session.invoke({})).toMatchObject({
    turn: 2,
    traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
  });
});

describe('events', () => {
  interface Issue {
    readonly title: string;
  }
  const triage = events<Issue>((event) =>
    event.type === 'quiet' ? undefined : { type: 'triaged', subject: event.subject, data: event.data?.title },
  );
  const binary = {
    'ce-specversion': '1.0',
    'ce-id': '7',
    'ce-source': '/repo',
    'ce-type': 'opened',
    'ce-subject': 'issue/1',
    'content-type': 'application/json',
  };

  test('come binary or structured, and a returned one is the reply', async () => {
    const session = await sessionOf({ name: 'triage', routes: { '/events': triage } });
    const structured = {
      specversion: '1.0',
      id: '7',
      source: '/repo',
      type: 'opened',
      subject: 'issue/1',
      data: { title: 'Ä' },
    };
    const forms = [
      { headers: binary, body: '{"title":"Ä"}' },
      { headers: { 'content-type': 'application/cloudevents+json' }, body: JSON.stringify(structured) },
    ];
    for (const form of forms) {
      const answer = await session.fetch('/events', form);
      expect(answer.headers.get('content-type')).toMatch(/^application\/cloudevents\+json/);
      expect(await answer.json()).toMatchObject({
        ...{ specversion: '1.0', id: '7-reply', source: '/agents/triage', type: 'triaged' },
        ...{ subject: 'issue/1', data: 'Ä' },
      });
    }
  });

  test('without a reply are answered with 204', async () => {
    const session = await sessionOf({ routes: { '/events': triage } });
    const answer = await session.fetch('/events', { headers: { ...binary, 'ce-type': 'quiet' }, body: '{}' });
    expect(answer.status).toBe(204);
  });

  test('that are none are 400, so that they are not sent again; batches are 415', async () => {
    const session = await sessionOf({ routes: { '/events': triage } });
    const { 'ce-source': _, ...withoutSource } = binary;
    expect(await told(await session.fetch('/events', { headers: withoutSource, body: '{}' }))).toMatchObject({
      status: 400,
      code: 'BAD_INPUT',
    });
    expect((await session.fetch('/events', { json: {} })).status).toBe(400);
    const batch = { 'content-type': 'application/cloudevents-batch+json' };
    expect((await session.fetch('/events', { headers: batch, body: '[]' })).status).toBe(415);
  });
});

describe('a WebSocket', () => {
  const chat = {
    routes: {
      '/ws': webSocket(async (socket, context) => {
        await socket.send({ session: context.sessionId });
        for await (const message of socket) {
          if (message === 'fail') throw new Error('secret');
          if (message === 'end') return;
          await socket.send(message);
        }
        context.log.info('gone');
      }),
    },
  };

  test('sends and gets text and bytes until either side ends it', async () => {
    const session = await sessionOf(chat);
    const socket = await session.socket('/ws');
    const got: unknown[] = [];
    await socket.send('hello');
    await socket.send(new Uint8Array([1, 2]));
    await socket.send('end');
    for await (const message of socket) got.push(message);
    expect(got).toEqual([JSON.stringify({ session: session.id }), 'hello', new Uint8Array([1, 2])]);
    expect(await socket.closed).toEqual({ code: 1000, reason: '' });
  });

  test('whose handler fails is closed with 1011 and no word of why', async () => {
    const session = await sessionOf(chat);
    const socket = await session.socket('/ws');
    await socket.send('fail');
    expect(await socket.closed).toEqual({ code: 1011, reason: 'AGENT_FAILED' });
    expect(session.logs.at(-1)).toMatchObject({ level: 'error', error: { message: 'secret' } });
  });

  test('asked as plain HTTP is 426; a handshake where there is none is 400 or 404', async () => {
    const session = await sessionOf({ routes: { ...chat.routes, 'GET /page': () => 'page' } });
    expect(await told(await session.fetch('/ws'))).toMatchObject({ status: 426, code: 'UPGRADE_REQUIRED' });
    await expect(session.socket('/page')).rejects.toThrow('400');
    await expect(session.socket('/nowhere')).rejects.toThrow('404');
  });

  test('keeps the session awake while it is open', async () => {
    const session = await sessionOf(chat);
    const socket = await session.socket('/ws');
    await platform?.clock.advance(60_000);
    expect(session.state).toBe('running');
    socket.close();
    await socket.closed;
    await platform?.clock.advance(60_000);
    expect(session.state).toBe('paused');
  });
});
