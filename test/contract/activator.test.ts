// The activator's wire, row by row, against AgentCube 0.1's router: routes, statuses, bodies, headers, and what is added to them.
// The sandbox is a real server on a unix socket; sessions are moved by hand. Waiting is activator-waiting.test.ts.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { PlatformError } from '../../model/errors.ts';
import { ask, type Question } from '../support/ask.ts';
import { agent, interpreter, MemoryActivator } from '../support/memory-activator.ts';
import { rawSandbox, scriptedSandbox, type ScriptedSandbox } from '../support/scripted-sandbox.ts';

const base = '/v1/namespaces/default/agent-runtimes/echo/invocations';
const session = (id: string) => ({ 'x-agentcube-session-id': id });
const jsonType = 'application/json; charset=utf-8';

let lab: MemoryActivator;
let sandbox: ScriptedSandbox;
let next = 0;
const toClose: { close(): Promise<void> }[] = [];

/** Closed after the test, however it ends. */
function own<C extends { close(): Promise<void> }>(made: C): C {
  toClose.push(made);
  return made;
}

/** A running session whose sandbox has these doors; by default one that serves every path. */
async function running(doors?: Parameters<MemoryActivator['sandbox']>[0]): Promise<string> {
  const id = `s${next++}`;
  const ref = lab.sandbox(doors ?? [{ endpoint: sandbox.endpoint }]);
  await lab.session(id, { kind: 'running', sandbox: ref });
  return id;
}

const asked = (question: Question) => ask(lab.port, question);

beforeAll(async () => {
  lab = await MemoryActivator.start();
  sandbox = await scriptedSandbox(lab.socketPath('main'));
});
beforeEach(() => void sandbox.seen.splice(0));
afterEach(async () => {
  for (const made of toClose.splice(0)) await made.close();
});
afterAll(async () => {
  await lab.close();
  await sandbox.close();
});

describe('routes', () => {
  test.each([
    ['GET', '/health/live', 200, jsonType, '{"status":"alive"}'],
    ['GET', '/health/ready', 200, jsonType, '{"status":"ready"}'],
    ['POST', '/health/live', 404, 'text/plain', '404 page not found'],
    ['GET', '/', 404, 'text/plain', '404 page not found'],
    ['GET', '/v1/namespaces/default/agent-runtimes/echo', 404, 'text/plain', '404 page not found'],
    ['GET', '/v1/namespaces/a/pods/echo/invocations/', 404, 'text/plain', '404 page not found'],
    ['POST', '/v1/namespaces//agent-runtimes/echo/invocations/', 404, 'text/plain', '404 page not found'],
  ])('%s %s is %i', async (method, path, status, type, body) => {
    const reply = await asked({ method, path });
    expect([reply.status, reply.headers['content-type'], reply.body]).toEqual([status, type, body]);
  });

  test.each([
    ['GET', base, 301, `${base}/`],
    ['POST', base, 307, `${base}/`],
    ['PUT', `${base}?a=1`, 307, `${base}/?a=1`],
    ['GET', '/health/live/', 301, '/health/live'],
  ])('%s %s redirects with %i', async (method, path, status, location) => {
    const reply = await asked({ method, path });
    expect([reply.status, reply.headers.location]).toEqual([status, location]);
    if (method === 'GET') expect(reply.body).toBe(`<a href="${location}">Moved Permanently</a>.\n\n`);
  });

  test('a malformed escape is 400', async () => {
    const reply = await asked({ path: `${base}/%zz` });
    expect([reply.status, JSON.parse(reply.body)]).toMatchObject([400, { code: 'INVALID_REQUEST' }]);
  });

  test.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])(
    '%s reaches the sandbox',
    async (method) => {
      const id = await running();
      const reply = await asked({ method, path: `${base}/x`, headers: session(id) });
      expect([reply.status, reply.body]).toEqual([200, '{"path":"/x"}']);
      expect(sandbox.seen[0]?.method).toBe(method);
    },
  );

  test('HEAD reaches the sandbox and answers without a body', async () => {
    const id = await running();
    const reply = await asked({ method: 'HEAD', path: `${base}/x`, headers: session(id) });
    expect([reply.status, reply.body, sandbox.seen[0]?.method]).toEqual([200, '', 'HEAD']);
  });
});

describe('sessions', () => {
  const unknown = (id: string) => `sessions.agentcube.volcano.sh "${id}" not found`;

  test('an unknown session is 404, without session header', async () => {
    const reply = await asked({ path: `${base}/`, headers: session('gone') });
    expect(reply.status).toBe(404);
    expect(reply.headers['content-type']).toBe(jsonType);
    expect(reply.headers['x-agentcube-session-id']).toBeUndefined();
    expect(reply.body).toBe(
      '{"error":"sessions.agentcube.volcano.sh \\"gone\\" not found","code":"SESSION_NOT_FOUND","retryable":false}',
    );
  });

  test('a session of another runtime, kind or namespace is the same 404', async () => {
    const id = await running();
    for (const path of [
      '/v1/namespaces/default/agent-runtimes/other/invocations/',
      '/v1/namespaces/default/code-interpreters/echo/invocations/',
      '/v1/namespaces/other/agent-runtimes/echo/invocations/',
    ]) {
      const reply = await asked({ path, headers: session(id) });
      expect([reply.status, JSON.parse(reply.body)]).toEqual([
        404,
        { error: unknown(id), code: 'SESSION_NOT_FOUND', retryable: false },
      ]);
      expect(reply.headers['x-agentcube-session-id']).toBeUndefined();
    }
    expect(sandbox.seen).toEqual([]);
  });

  test.each([
    ['deleted', { kind: 'deleted' } as const, 'deleted'],
    ['idle too long', { kind: 'idle' } as const, 'idle'],
    ['past its end', { kind: 'max-duration' } as const, 'max-duration'],
    ['failed', { kind: 'failed', why: 'exit code 1' } as const, 'failed: exit code 1'],
  ])('a session that ended (%s) is the same 404 and says why', async (_, reason, told) => {
    const id = `s${next++}`;
    await lab.session(id, { kind: 'ended', reason });
    const reply = await asked({ path: `${base}/`, headers: session(id) });
    expect([reply.status, JSON.parse(reply.body)]).toEqual([
      404,
      { error: unknown(id), code: 'SESSION_ENDED', retryable: false, reason: told, sessionId: id },
    ]);
    expect(reply.headers['x-agentcube-session-id']).toBe(id);
  });

  test.each([
    [agent, 'agent-runtimes', 'agentruntimes'],
    [interpreter, 'code-interpreters', 'codeinterpreters'],
  ])('no such runtime ($kind) is 404', async (_, plural, group) => {
    const reply = await asked({ path: `/v1/namespaces/ns/${plural}/nope/invocations/` });
    expect(reply.status).toBe(404);
    const { error, code } = JSON.parse(reply.body) as Record<string, unknown>;
    expect([error, code]).toEqual([`${group}.agentcube.volcano.sh "ns/nope" not found`, 'RUNTIME_NOT_FOUND']);
  });

  test('a header name in any case, and an empty one as none', async () => {
    const id = await running();
    const shouting = await asked({ path: `${base}/x`, headers: { 'X-AGENTCUBE-SESSION-ID': id } });
    expect(shouting.headers['x-agentcube-session-id']).toBe(id);
    const empty = await asked({
      path: '/v1/namespaces/default/agent-runtimes/nope/invocations/',
      headers: session(''),
    });
    expect(JSON.parse(empty.body)).toMatchObject({ code: 'RUNTIME_NOT_FOUND' });
  });
});

describe('doors', () => {
  const doorless = async (doors: Parameters<typeof running>[0]) => {
    const id = await running(doors);
    return { id, reply: await asked({ path: `${base}/api/x`, headers: session(id) }) };
  };

  test('none is 404', async () => {
    const { id, reply } = await doorless([]);
    expect([reply.status, JSON.parse(reply.body)]).toMatchObject([
      404,
      { error: 'no entry point found for sandbox' },
    ]);
    expect(reply.headers['x-agentcube-session-id']).toBe(id);
  });

  test('one that cannot be read is 404', async () => {
    const { reply } = await doorless([{ endpoint: 'ftp://nowhere' }]);
    expect(reply.status).toBe(404);
    expect((JSON.parse(reply.body) as { error: string }).error).toMatch(
      /^invalid upstream endpoint "ftp:\/\/nowhere": /,
    );
  });

  test('the first whose path is a plain prefix serves, without stripping it; else the first', async () => {
    const other = own(await scriptedSandbox(lab.socketPath('other')));
    const doors = [
      { path: '/api', endpoint: other.endpoint },
      { path: '/api/deep', endpoint: sandbox.endpoint },
      { path: '/web', endpoint: sandbox.endpoint },
    ];
    const id = await running(doors);
    for (const path of ['/apix', '/api/deep/1', '/web/1', '/elsewhere']) {
      await asked({ path: base + path, headers: session(id) });
    }
    expect(other.seen.map(({ url }) => url)).toEqual(['/apix', '/api/deep/1', '/elsewhere']);
    expect(sandbox.seen.map(({ url }) => url)).toEqual(['/web/1']);
  });

  test.each([
    ['nobody listens (no socket)', 'absent', 502, 'SANDBOX_UNREACHABLE'],
    ['it closes before an answer', 'closes', 503, 'SANDBOX_CONNECTION_LOST'],
    ['it answers nonsense', 'nonsense', 503, 'SANDBOX_CONNECTION_LOST'],
  ])('%s', async (_, name, status, code) => {
    own(
      await rawSandbox(lab.socketPath('raw'), (socket) =>
        socket.once('data', () => socket.end(name === 'nonsense' ? 'SSH-2.0-OpenSSH\r\n\r\n' : '')),
      ),
    );
    const socketPath = name === 'absent' ? '/nowhere/8080.sock' : lab.socketPath('raw');
    const id = await running([{ endpoint: `unix://${socketPath}` }]);
    const reply = await asked({ path: `${base}/`, headers: session(id) });
    expect([reply.status, JSON.parse(reply.body)]).toMatchObject([
      status,
      { error: 'sandbox unreachable', code, retryable: true, sessionId: id },
    ]);
    expect(reply.headers['x-agentcube-session-id']).toBe(id);
  });

  test('after its head went out, a broken answer breaks the connection', async () => {
    own(
      await rawSandbox(lab.socketPath('half'), (socket) =>
        socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf')),
      ),
    );
    const id = await running([{ endpoint: `unix://${lab.socketPath('half')}` }]);
    await expect(asked({ path: `${base}/`, headers: session(id) })).rejects.toThrow(/aborted|socket hang up/);
  });
});

describe('what the sandbox sees', () => {
  test('host, forwarding fields, the router token, and every other field as it was sent', async () => {
    const id = await running();
    await asked({
      method: 'POST',
      path: `${base}/run?q=%2F&q=2`,
      headers: [
        ...[
          'Host',
          'cube.example:81',
          'Authorization',
          'Bearer of-the-client',
          'X-Custom',
          'one',
          'x-custom',
          'two',
        ],
        ...['X-Forwarded-For', '10.0.0.1', 'X-Forwarded-Proto', 'https', 'Connection', 'keep-alive, x-hop'],
        ...[
          'X-Hop',
          'ends here',
          'TE',
          'trailers',
          'Proxy-Authorization',
          'secret',
          'Keep-Alive',
          'timeout=1',
        ],
        ...['X-AgentCube-Session-Id', id, 'Content-Length', '4'],
      ],
      body: 'body',
    });
    const seen = sandbox.seen[0];
    expect([seen?.method, seen?.url, seen?.body]).toEqual(['POST', '/run?q=%2F&q=2', 'body']);
    expect(seen?.headers).toEqual({
      host: 'localhost:8080',
      authorization: `Bearer token-of-${id}`,
      'x-custom': 'one, two',
      'x-agentcube-session-id': id,
      'x-forwarded-for': '10.0.0.1, 127.0.0.1',
      'x-forwarded-host': 'cube.example:81',
      'x-forwarded-proto': 'http',
      'content-length': '4',
    });
  });

  test.each([
    ['/plain/~path;v=1', '/plain/~path;v=1'],
    ['/a%20b', '/a%20b'],
    ['/a%2Fb', '/a/b'],
    ['/%E4%BD%A0', '/%E4%BD%A0'],
    ['/100%25', '/100%25'],
    ['/(x)', '/%28x%29'],
    ['/', '/'],
    ['//double', '//double'],
  ])('the path %s arrives decoded and escaped anew: %s', async (sent, arrives) => {
    const id = await running();
    await asked({ path: base + sent, headers: session(id) });
    expect(sandbox.seen[0]?.url).toBe(arrives);
  });
});

describe('what the client sees', () => {
  test.each([200, 201, 204, 304, 404, 500])('status %i, its headers and the session', async (status) => {
    const answering = own(
      await scriptedSandbox(lab.socketPath('answering'), (_, res) => {
        res.writeHead(status, [
          'Set-Cookie',
          'a=1',
          'Set-Cookie',
          'b=2',
          'X-Own',
          'yes',
          'Connection',
          'x-hop',
          'X-Hop',
          '1',
        ]);
        res.end(status === 204 || status === 304 ? undefined : 'text');
      }),
    );
    const id = await running([{ endpoint: answering.endpoint }]);
    const reply = await asked({ path: `${base}/`, headers: session(id) });
    expect([reply.status, reply.body]).toEqual([status, status === 204 || status === 304 ? '' : 'text']);
    expect(reply.headers).toMatchObject({
      'set-cookie': ['a=1', 'b=2'],
      'x-own': 'yes',
      'x-agentcube-session-id': id,
    });
    expect(reply.headers['x-hop']).toBeUndefined();
    expect(reply.headers['server-timing']).toBeUndefined();
  });

  test('a body that ends with the connection, and one in chunks with trailers', async () => {
    own(
      await rawSandbox(lab.socketPath('ends'), (socket, turn) =>
        socket.once('data', () => {
          if (turn === 0) return socket.end('HTTP/1.0 200 OK\r\n\r\nuntil the end');
          const head = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n';
          return socket.write(`${head}3\r\none\r\n3;note=1\r\ntwo\r\n0\r\nX-Sum: 6\r\n\r\n`);
        }),
      ),
    );
    const id = await running([{ endpoint: `unix://${lab.socketPath('ends')}` }]);
    const first = await asked({ path: `${base}/`, headers: session(id) });
    expect([first.status, first.body]).toEqual([200, 'until the end']);
    const second = await asked({ path: `${base}/`, headers: session(id) });
    expect([second.body, second.trailers]).toEqual(['onetwo', { 'x-sum': '6' }]);
  });
});

describe('faults', () => {
  test('a store that does not answer is 503, worth asking again, and not ready', async () => {
    const fail = () => Promise.reject(new PlatformError('STORE_UNAVAILABLE', 'the disk is full'));
    const broken = own(
      await MemoryActivator.start({
        store: (store) => ({ ...store, get: fail, acquire: fail, create: fail }),
      }),
    );
    for (const headers of [session('any'), {}]) {
      const reply = await ask(broken.port, { path: `${base}/`, headers });
      expect([reply.status, reply.headers['retry-after'], JSON.parse(reply.body)]).toEqual([
        503,
        '1',
        { error: 'the store of sessions cannot be reached', code: 'STORE_UNAVAILABLE', retryable: true },
      ]);
    }
    const ready = await ask(broken.port, { path: '/health/ready' });
    expect([ready.status, ready.body]).toEqual([
      503,
      '{"status":"not ready","error":"session manager not available"}',
    ]);
  });

  test('a token that cannot be signed is 500', async () => {
    const unsigned = own(
      await MemoryActivator.start({
        signer: { tokenFor: () => Promise.reject(new Error('no key')) },
      }),
    );
    await unsigned.session('s', {
      kind: 'running',
      sandbox: unsigned.sandbox([{ endpoint: sandbox.endpoint }]),
    });
    const reply = await ask(unsigned.port, { path: `${base}/`, headers: session('s') });
    expect([reply.status, JSON.parse(reply.body)]).toMatchObject([
      500,
      { error: 'failed to sign request', code: 'JWT_SIGNING_FAILED' },
    ]);
    expect(unsigned.logged.join()).toMatch('no key');
  });
});
