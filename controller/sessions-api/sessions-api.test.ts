// The sessions API as clients of Kubernetes use it: list, get, watch and delete over HTTP, on a memory store.
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createSessionBus, type SessionBus } from '../../adapters/memory/session-bus.ts';
import { memorySessionStore } from '../../adapters/memory/session-store.ts';
import { PlatformError } from '../../model/errors.ts';
import type { SessionStore } from '../../model/session-store.ts';
import type { Session } from '../../model/session.ts';
import { ask, begin, type Reply } from '../../test/support/ask.ts';
import { manualClock, settle, type ManualClock } from '../../test/support/manual-clock.ts';
import { moved, sessionIn, t0 } from '../../test/support/sessions.ts';
import { endSession } from './ending.ts';
import { SessionsApi } from './sessions-api.ts';

const group = '/apis/agentcube.volcano.sh/v1alpha1';
const inDefault = `${group}/namespaces/default/sessions`;

interface Line {
  readonly type: string;
  readonly object: {
    readonly kind: string;
    readonly metadata: {
      readonly name?: string;
      readonly resourceVersion: string;
      readonly annotations?: object;
    };
    readonly status?: { readonly state: string };
    readonly code?: number;
    readonly reason?: string;
  };
}

let clock: ManualClock;
let bus: SessionBus;
let store: SessionStore;
let api: SessionsApi;
let server: http.Server;
let wakes: string[];
let listFault: Error | undefined;

const port = (): number => (server.address() as AddressInfo).port;

beforeEach(async () => {
  clock = manualClock(t0);
  bus = createSessionBus((fault) => {
    throw fault as Error;
  });
  store = memorySessionStore();
  wakes = [];
  listFault = undefined;
  bus.onWake((id) => wakes.push(id));
  const kept = {
    get: (id: string) => store.get(id),
    save: async (session: Session, dueAt: number | null) => told(session, await store.save(session, dueAt)),
    list: (query: Parameters<SessionStore['list']>[0]) =>
      listFault ? Promise.reject(listFault) : store.list(query),
  };
  api = new SessionsApi({
    store: kept,
    end: (id) => endSession({ store: kept, wakes: bus, clock }, id),
    ...{ feed: bus, clock, salt: 7, log: () => undefined },
  });
  server = http.createServer(api.handler()).listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterEach(async () => {
  api.stop();
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

const told = <T>(session: Session, result: T): T => {
  if (result === 'saved') bus.publish(session);
  return result;
};

async function open(...sessions: Session[]): Promise<void> {
  for (const session of sessions) {
    await store.create(session, null);
    bus.publish(session);
  }
}

async function change(session: Session): Promise<void> {
  told(session, await store.save(session, null));
}

const ids = (reply: Reply): string[] =>
  (JSON.parse(reply.body) as { items: { metadata: { name: string } }[] }).items.map(
    ({ metadata }) => metadata.name,
  );
const versionIn = (reply: Reply): string =>
  (JSON.parse(reply.body) as { metadata: { resourceVersion: string } }).metadata.resourceVersion;
const named = (id: string, namespace = 'default'): Session =>
  sessionIn('running', { id, runtime: { kind: 'CodeInterpreter', namespace, name: 'python' } });

/** A watch that collects its lines. */
async function watch(query: string, path = inDefault) {
  const { request, response } = begin(port(), { path: `${path}?watch=true${query}` });
  request.end();
  const answer = await response;
  const lines: Line[] = [];
  let rest = '';
  answer.setEncoding('utf8').on('data', (chunk: string) => {
    const parts = (rest + chunk).split('\n');
    rest = parts.pop() ?? '';
    lines.push(...parts.map((line) => JSON.parse(line) as Line));
  });
  const ended = once(answer, 'end');
  ended.catch(() => undefined);
  const until = async (count: number): Promise<string[]> => {
    while (lines.length < count) await new Promise((resolve) => setImmediate(resolve));
    return lines.map(({ type, object }) => `${type} ${object.metadata?.name ?? ''}`.trim());
  };
  return { status: answer.statusCode, lines, until, ended, close: () => request.destroy() };
}

describe('lists', () => {
  test('have the sessions of a namespace, or of all, in order of id', async () => {
    await open(named('b'), named('a'), named('c', 'other'));
    expect(ids(await ask(port(), { path: inDefault }))).toEqual(['a', 'b']);
    expect(ids(await ask(port(), { path: `${group}/sessions` }))).toEqual(['a', 'b', 'c']);
  });

  test('come in pages', async () => {
    await open(named('a'), named('b'), named('c'));
    const first = await ask(port(), { path: `${inDefault}?limit=2` });
    const { metadata } = JSON.parse(first.body) as {
      metadata: { continue: string; resourceVersion: string };
    };
    await change(moved(named('a'), 'paused'));
    const second = await ask(port(), { path: `${inDefault}?limit=2&continue=${metadata.continue}` });
    expect([...ids(first), ...ids(second)]).toEqual(['a', 'b', 'c']);
    expect(JSON.parse(second.body)).not.toHaveProperty('metadata.continue');
    // Whoever then watches is told what changed between the pages.
    expect(versionIn(second)).toBe(metadata.resourceVersion);
  });

  test('find by labels and fields', async () => {
    await open(named('a'), { ...named('b'), labels: { team: 'x' } });
    expect(ids(await ask(port(), { path: `${inDefault}?labelSelector=team%3Dx` }))).toEqual(['b']);
    expect(ids(await ask(port(), { path: `${inDefault}?fieldSelector=metadata.name%3Da` }))).toEqual(['a']);
  });

  test('leave out what has ended, unless asked for it', async () => {
    await open(named('a'), { ...sessionIn('ended', { id: 'b' }) });
    expect(ids(await ask(port(), { path: inDefault }))).toEqual(['a']);
    expect(ids(await ask(port(), { path: `${inDefault}?fieldSelector=status.state%3Dended` }))).toEqual([
      'b',
    ]);
  });

  test.each([
    ['labelSelector=a%3D%3D%3Db', 400, 'BadRequest'],
    ['limit=many', 400, 'BadRequest'],
    ['continue=x', 400, 'BadRequest'],
  ])('refuse %s', async (query, status, reason) => {
    const reply = await ask(port(), { path: `${inDefault}?${query}` });
    expect(reply.status).toBe(status);
    expect(JSON.parse(reply.body)).toMatchObject({ kind: 'Status', status: 'Failure', code: status, reason });
  });

  test('say that the store is away', async () => {
    listFault = new PlatformError('STORE_UNAVAILABLE', 'the store is away');
    const reply = await ask(port(), { path: inDefault });
    expect(reply.status).toBe(503);
    expect(JSON.parse(reply.body)).toMatchObject({ kind: 'Status', reason: 'ServiceUnavailable' });
  });

  test('do not tell a fault’s text', async () => {
    listFault = new Error('secret');
    const reply = await ask(port(), { path: inDefault });
    expect(reply.status).toBe(500);
    expect(reply.body).not.toContain('secret');
  });
});

describe('one session', () => {
  test('is found in its namespace only', async () => {
    await open(named('a'));
    expect((await ask(port(), { path: `${inDefault}/a` })).status).toBe(200);
    const elsewhere = await ask(port(), { path: `${group}/namespaces/other/sessions/a` });
    expect(elsewhere.status).toBe(404);
    expect(JSON.parse(elsewhere.body)).toMatchObject({
      reason: 'NotFound',
      details: { name: 'a', kind: 'sessions' },
    });
  });

  test('that ended is not found, and why is said (S4)', async () => {
    const reason = { kind: 'failed', why: 'out of memory' } as const;
    await open(sessionIn({ kind: 'ended', reason }, { id: 'a' }));
    const reply = await ask(port(), { path: `${inDefault}/a` });
    expect(reply.status).toBe(404);
    expect(JSON.parse(reply.body)).toMatchObject({
      message: 'sessions.agentcube.volcano.sh "a" not found: it ended (failed: out of memory)',
    });
  });

  test('cannot be answered in a form that is not known here', async () => {
    await open(named('a'));
    const headers = { accept: 'application/vnd.kubernetes.protobuf' };
    expect((await ask(port(), { path: `${inDefault}/a`, headers })).status).toBe(406);
  });

  test.each(['PUT', 'PATCH', 'POST'])('is not changed by %s', async (method) => {
    expect((await ask(port(), { method, path: `${inDefault}/a`, body: '{}' })).status).toBe(405);
  });
});

describe('a delete', () => {
  const remove = (path: string, body = '{}') =>
    ask(port(), { method: 'DELETE', path, body, headers: { 'content-length': String(body.length) } });
  const stateOf = async (id: string) => (await store.get(id))?.session.state.kind;

  test('stores the end and asks the leader to carry it out', async () => {
    await open(named('a'));
    const reply = await remove(`${inDefault}/a`);
    expect(reply.status).toBe(200);
    expect(JSON.parse(reply.body)).toMatchObject({ status: { state: 'ending', reason: 'deleted' } });
    expect(await stateOf('a')).toBe('ending');
    expect(wakes).toEqual(['a']);
  });

  test('of one that is ending already answers it as it is', async () => {
    await open(sessionIn('ending', { id: 'a' }));
    expect((await remove(`${inDefault}/a`)).status).toBe(200);
    expect(wakes).toEqual([]);
  });

  test('that is tried dry changes nothing', async () => {
    await open(named('a'));
    expect((await remove(`${inDefault}/a`, '{"dryRun":["All"]}')).status).toBe(200);
    expect((await remove(`${inDefault}?dryRun=All`)).status).toBe(200);
    expect(await stateOf('a')).toBe('running');
  });

  test('that is meant for another object of the name is refused', async () => {
    await open(named('a'));
    expect((await remove(`${inDefault}/a`, '{"preconditions":{"uid":"b"}}')).status).toBe(409);
    expect((await remove(`${inDefault}/a`, 'no json')).status).toBe(400);
    expect(await stateOf('a')).toBe('running');
  });

  test('of a selection ends what is selected', async () => {
    await open(named('a'), { ...named('b'), labels: { team: 'x' } }, named('c', 'other'));
    expect(ids(await remove(`${inDefault}?labelSelector=team%3Dx`))).toEqual(['b']);
    expect([await stateOf('a'), await stateOf('b'), await stateOf('c')]).toEqual([
      'running',
      'ending',
      'running',
    ]);
  });
});

describe('a watch', () => {
  test('begins with all there are and goes on with changes', async () => {
    await open(named('a'));
    const seen = await watch('');
    await seen.until(1);
    await open(named('b'));
    await change(moved(named('a'), 'paused'));
    await change(moved(moved(named('a'), 'paused'), 'ended'));
    expect(await seen.until(4)).toEqual(['ADDED a', 'ADDED b', 'MODIFIED a', 'DELETED a']);
    seen.close();
  });

  test('says when it has told all there are, to those who ask', async () => {
    await open(named('a'));
    const seen = await watch(
      '&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true',
    );
    expect(await seen.until(2)).toEqual(['ADDED a', 'BOOKMARK']);
    expect(seen.lines[1]?.object.metadata.annotations).toEqual({ 'k8s.io/initial-events-end': 'true' });
    seen.close();
  });

  test('goes on from a list, or from the last thing that another watch told', async () => {
    await open(named('a'));
    const version = versionIn(await ask(port(), { path: inDefault }));
    await change(moved(named('a'), 'paused'));
    const first = await watch(`&resourceVersion=${version}`);
    expect(await first.until(1)).toEqual(['MODIFIED a']);
    first.close();
    await open(named('b'));
    const second = await watch(`&resourceVersion=${first.lines[0]?.object.metadata.resourceVersion}`);
    expect(await second.until(1)).toEqual(['ADDED b']);
    second.close();
  });

  test('is refused from a version that nobody knows here', async () => {
    const reply = await ask(port(), { path: `${inDefault}?watch=true&resourceVersion=5` });
    expect(reply.status).toBe(410);
    expect(JSON.parse(reply.body)).toMatchObject({ kind: 'Status', reason: 'Expired' });
  });

  test('ends with an error when changes may have been missed', async () => {
    const seen = await watch('');
    bus.announceGap();
    await seen.ended;
    expect(seen.lines).toMatchObject([{ type: 'ERROR', object: { code: 410, reason: 'Expired' } }]);
  });

  test('tells how far it is while nothing happens', async () => {
    const seen = await watch('&allowWatchBookmarks=true');
    await settle();
    await clock.advance(31_000);
    expect(await seen.until(1)).toEqual(['BOOKMARK']);
    const version = seen.lines[0]?.object.metadata.resourceVersion;
    expect((await watch(`&resourceVersion=${version}`)).status).toBe(200);
    seen.close();
  });

  test('ends in time', async () => {
    const seen = await watch('&timeoutSeconds=10');
    await clock.advance(10_000);
    await seen.ended;
    expect(seen.lines).toEqual([]);
  });

  test('tells rows to those who want a table', async () => {
    await open(named('a'));
    const { request, response } = begin(port(), {
      path: `${inDefault}?watch=true`,
      headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' },
    });
    request.end();
    const [chunk] = (await once(await response, 'data')) as [Buffer];
    expect(JSON.parse(chunk.toString())).toMatchObject({
      type: 'ADDED',
      object: { kind: 'Table', rows: [{ object: { metadata: { name: 'a' } } }] },
    });
    request.destroy();
  });

  test('of what has ended is refused: it would never say that it was forgotten', async () => {
    const reply = await ask(port(), { path: `${inDefault}?watch=true&fieldSelector=status.state%3Dended` });
    expect(reply.status).toBe(400);
  });
});

describe('documents', () => {
  test.each(['/apis', '/apis/agentcube.volcano.sh', group, '/openapi/v3', `/openapi/v3${group}`])(
    '%s',
    async (path) => {
      expect((await ask(port(), { path })).status).toBe(200);
    },
  );

  test('discovery names the resource in both of its forms', async () => {
    const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
    const newer = await ask(port(), { path: '/apis', headers: { accept } });
    expect(newer.headers['content-type']).toBe(accept);
    const verbs = ['delete', 'deletecollection', 'get', 'list', 'watch'];
    expect(JSON.parse(newer.body)).toMatchObject({
      kind: 'APIGroupDiscoveryList',
      items: [{ versions: [{ resources: [{ resource: 'sessions', scope: 'Namespaced', verbs }] }] }],
    });
    const older = await ask(port(), { path: group });
    expect(JSON.parse(older.body)).toMatchObject({
      kind: 'APIResourceList',
      resources: [{ name: 'sessions', namespaced: true, kind: 'Session', verbs }],
    });
  });

  test('there is nothing else', async () => {
    expect((await ask(port(), { path: '/api' })).status).toBe(404);
  });
});
