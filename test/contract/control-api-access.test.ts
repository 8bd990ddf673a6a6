// Who may ask the control API where callers have to say who they are: AgentCube's texts, what is remembered of a token, and which
// right each request needs.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Caller, Right } from '../../controller/api/authentication.ts';
import { PlatformError } from '../../model/errors.ts';
import type { Answer } from '../support/client.ts';
import { controlLab, type ControlLab } from '../support/control-lab.ts';
import { agent, interpreter } from '../support/runtimes.ts';

const account = (name: string): Caller => ({ username: `system:serviceaccount:team:${name}`, uid: name });
const callers: Record<string, Caller> = {
  alice: account('alice'),
  reader: account('reader'),
  human: { username: 'alice@example.org' },
};

let away = false;
let asked: string[];
let rights: string[];
const textOf = ({ verb, resource, namespace }: Right): string => `${verb} ${resource} ${namespace}`;
const given: Record<string, readonly string[]> = {
  alice: ['create sandboxes default', 'delete sandboxes default', 'get sandboxes default'],
  reader: ['list sandboxes '],
};

const reviews = {
  async callerOf(token: string): Promise<Caller | undefined> {
    asked.push(token);
    if (away) throw new PlatformError('CLUSTER_UNAVAILABLE', 'the API server does not answer');
    return callers[token];
  },
  async may({ uid = '' }: Caller, right: Right): Promise<boolean> {
    rights.push(textOf(right));
    return (given[uid] ?? []).includes(textOf(right));
  },
};

let lab: ControlLab;
beforeEach(async () => {
  [away, asked, rights] = [false, [], []];
  lab = await controlLab({}, reviews);
  await lab.registry.apply(agent());
  await lab.registry.apply(interpreter('python', { warmPoolSize: 1 }));
});
afterEach(() => lab.close());

const body = { namespace: 'default', name: 'hello' };
const ask = (method: string, path: string, authorization?: string, sent?: object): Promise<Answer> =>
  lab.ask(method, path, {
    ...(authorization !== undefined && { headers: { authorization } }),
    ...(sent && { body: sent }),
  });
const create = (authorization?: string, sent: object = body): Promise<Answer> =>
  ask('POST', '/v1/agent-runtime', authorization, sent);

describe('who', () => {
  test.each([
    [undefined, 'Missing authorization header'],
    ['alice', 'Invalid authorization header format'],
    ['bearer alice', 'Invalid authorization header format'],
    ['Bearer alice bob', 'Invalid authorization header format'],
    ['Bearer', 'Invalid authorization header format'],
    ['Bearer nobody', 'Invalid or expired token'],
    ['Bearer human', 'Invalid service account format'],
  ])('%j: %s', async (authorization, message) => {
    const answer = await create(authorization);
    expect(answer.status).toBe(401);
    expect(answer.json()).toMatchObject({ message, code: 'UNAUTHORIZED', retryable: false });
  });

  test('comes before whatever else is wrong, and not before health', async () => {
    expect((await create(undefined, { nonsense: true })).status).toBe(401);
    expect((await ask('GET', '/v1/sessions')).status).toBe(401);
    expect((await ask('GET', '/health')).status).toBe(200);
  });

  test('a cluster that cannot be asked is said so, and asked again the next time', async () => {
    away = true;
    const answer = await create('Bearer alice');
    expect([answer.status, answer.json<{ message: string }>().message]).toEqual([
      401,
      'Token validation failed',
    ]);
    away = false;
    expect((await create('Bearer alice')).status).toBe(200);
  });

  test.each(['alice', 'nobody'])('%s is remembered for five minutes', async (token) => {
    for (const minutes of [0, 4]) {
      await lab.clock.advance(minutes * 60_000);
      await create(`Bearer ${token}`);
    }
    expect(asked).toEqual([token]);
    await lab.clock.advance(60_000);
    await create(`Bearer ${token}`);
    expect(asked).toEqual([token, token]);
  });
});

describe("AgentCube's router names the owner of a session", () => {
  const open = (token?: string): Promise<Answer> =>
    lab.ask('POST', '/v1/agent-runtime', {
      body,
      headers: {
        authorization: 'Bearer alice',
        ...(token !== undefined && { 'x-agentcube-user-identity': token }),
      },
    });

  test('by a token of its own, or nobody', async () => {
    const owned = (await open('carol')).json<{ sessionId: string; ownerId: string }>();
    expect(owned.ownerId).toBe('carol@example');
    expect((await lab.store.get(owned.sessionId))?.session.ownerId).toBe('carol@example');
    expect((await open()).json()).not.toHaveProperty('ownerId');
  });

  test('and one that is not to be believed opens nothing', async () => {
    const answer = await open('forged');
    expect([answer.status, answer.json<{ message: string }>().message]).toEqual([
      401,
      'invalid identity token',
    ]);
    expect(await lab.store.list({ limit: 10 })).toEqual([]);
  });
});

describe('what', () => {
  test('opening a session wants the right to create sandboxes in the namespace of its runtime', async () => {
    expect((await create('Bearer alice')).status).toBe(200);
    const answer = await create('Bearer reader');
    expect(answer.status).toBe(403);
    expect(answer.json<{ message: string }>().message).toBe(
      'system:serviceaccount:team:reader may not create sandboxes.agents.x-k8s.io in namespace default',
    );
    expect(rights).toEqual(['create sandboxes default', 'create sandboxes default']);
  });

  test('a runtime with a warm pool is also opened with the right to create claims', async () => {
    const sent = { namespace: 'default', name: 'python' };
    expect((await ask('POST', '/v1/code-interpreter', 'Bearer reader', sent)).status).toBe(403);
    expect(rights).toEqual(['create sandboxclaims default', 'create sandboxes default']);
  });

  test('an unknown runtime is unknown to everybody', async () => {
    expect((await create('Bearer reader', { namespace: 'default', name: 'gone' })).status).toBe(404);
  });

  test('ending and looking want rights of their own, and an unknown session is unknown', async () => {
    const id = (await create('Bearer alice')).json<{ sessionId: string }>().sessionId;
    const path = `/v1/agent-runtime/sessions/${id}`;
    expect((await ask('GET', `/v1/sessions/${id}`, 'Bearer alice')).status).toBe(200);
    expect((await ask('GET', `/v1/sessions/${id}`, 'Bearer reader')).status).toBe(403);
    expect((await ask('POST', `/v1/sessions/${id}/pause`, 'Bearer alice')).status).toBe(403);
    expect((await ask('DELETE', path, 'Bearer reader')).status).toBe(403);
    expect((await ask('DELETE', path, 'Bearer alice')).status).toBe(200);
    expect((await ask('DELETE', '/v1/sessions/gone', 'Bearer reader')).status).toBe(404);
  });

  test('listing wants the right in all namespaces, or in the one that is asked for', async () => {
    expect((await ask('GET', '/v1/sessions', 'Bearer reader')).status).toBe(200);
    expect((await ask('GET', '/v1/sessions?namespace=default', 'Bearer alice')).status).toBe(403);
  });

  test('a right that was given is believed for a minute, one that was not is asked for again', async () => {
    for (let turn = 0; turn < 2; turn += 1) await create('Bearer alice');
    expect(rights).toHaveLength(1);
    for (let turn = 0; turn < 2; turn += 1) await create('Bearer reader');
    expect(rights).toHaveLength(3);
    await lab.clock.advance(60_000);
    await create('Bearer alice');
    expect(rights).toHaveLength(4);
  });
});
