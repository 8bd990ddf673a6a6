// Warm pools over HTTP: which are listed, in which order, who may look, and what a wrong request is told.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PlatformError } from '../../model/errors.ts';
import type { PoolStanding } from '../deployments.ts';
import { createControlApi, type ControlApiDeps } from './control-api.ts';
import type { Wish } from './authentication.ts';

type Kind = PoolStanding['runtime']['key']['kind'];

const pool = (namespace: string, name: string, kind: Kind = 'CodeInterpreter') =>
  ({ runtime: { key: { kind, namespace, name }, warmPoolSize: 2 }, ready: 1, starting: 1 }) as PoolStanding;

const pools = [
  pool('team-b', 'python'),
  pool('team-a', 'shell'),
  pool('team-a', 'agent', 'AgentRuntime'),
  pool('team-a', 'python'),
];

const asked: Wish[] = [];
const access = {
  async authorize(_: unknown, wish: Wish): Promise<void> {
    asked.push(wish);
    if (wish.namespace === 'secret') throw new PlatformError('FORBIDDEN', 'not yours');
  },
};

let server: Server;
let url: string;

beforeAll(async () => {
  const deps = { pools: () => pools, access, commands: {}, driver: {}, log: () => undefined };
  server = createControlApi(deps as unknown as ControlApiDeps).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => void server.close());

async function ask(path: string): Promise<{ status: number; body: unknown }> {
  const answer = await fetch(url + path);
  return { status: answer.status, body: await answer.json() };
}

async function listed(query: string): Promise<string[]> {
  const { body } = await ask(`/v1/pools${query}`);
  return (body as { items: { kind: string; namespace: string; name: string }[] }).items.map(
    ({ kind, namespace, name }) => `${namespace}/${name} ${kind}`,
  );
}

describe('/v1/pools', () => {
  test('lists every pool in order of namespace and name', async () => {
    expect(await listed('')).toEqual([
      'team-a/agent AgentRuntime',
      'team-a/python CodeInterpreter',
      'team-a/shell CodeInterpreter',
      'team-b/python CodeInterpreter',
    ]);
  });

  test('only those of a namespace and of a kind', async () => {
    expect(await listed('?namespace=team-b')).toEqual(['team-b/python CodeInterpreter']);
    expect(await listed('?namespace=team-a&kind=AgentRuntime')).toEqual(['team-a/agent AgentRuntime']);
    expect(await listed('?namespace=nobody')).toEqual([]);
  });

  test('a parameter that is none is refused, by name', async () => {
    const { status, body } = await ask('/v1/pools?nmespace=x');
    expect(status).toBe(400);
    expect(body).toMatchObject({ code: 'INVALID_REQUEST', error: expect.stringContaining('nmespace') });
  });
});

describe('one pool', () => {
  test('by namespace, kind and name', async () => {
    const { status, body } = await ask('/v1/namespaces/team-a/pools/CodeInterpreter/shell');
    expect(status).toBe(200);
    expect(body).toMatchObject({ namespace: 'team-a', name: 'shell', target: 2, ready: 1, starting: 1 });
  });

  test('an unknown one is a typed error', async () => {
    const { status, body } = await ask('/v1/namespaces/team-a/pools/AgentRuntime/shell');
    expect(status).toBe(404);
    expect(body).toEqual({
      ...{ code: 'RUNTIME_NOT_FOUND', retryable: false },
      error: 'AgentRuntime team-a/shell not found',
    });
  });
});

describe('where callers say who they are', () => {
  test('who may look at the sandboxes of a namespace may look at its pools', async () => {
    asked.length = 0;
    await ask('/v1/pools?namespace=team-a');
    await ask('/v1/pools');
    await ask('/v1/namespaces/team-b/pools/CodeInterpreter/python');
    expect(asked.map(({ verb, namespace }) => [verb, namespace])).toEqual([
      ['list', 'team-a'],
      ['list', ''],
      ['get', 'team-b'],
    ]);
  });

  test('nobody else is told anything, not even whether there is one', async () => {
    expect((await ask('/v1/pools?namespace=secret')).status).toBe(403);
    expect((await ask('/v1/namespaces/secret/pools/AgentRuntime/none')).status).toBe(403);
  });
});
