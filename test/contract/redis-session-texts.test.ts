// Sessions on their way through Lua: odd texts come back as they were, changes are told as they were stored, nothing is left over.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Redis } from 'ioredis';
import { keyOf, type RedisLink } from '../../adapters/redis/link.ts';
import type { SandboxRef } from '../../model/sandbox.ts';
import type { SessionStore } from '../../model/session-store.ts';
import type { Session } from '../../model/session.ts';
import { startRedis, type RedisServer } from '../support/redis-server.ts';
import { clientOf, freshLink, openRedisStore } from '../support/redis-store.ts';
import { interpreter, minute, moved, sandboxOf, second, sessionIn, t0, warm } from '../support/sessions.ts';

let server: RedisServer;
let client: Redis;
let link: RedisLink;
let store: SessionStore;
beforeAll(async () => {
  server = await startRedis();
  client = clientOf(server);
});
afterAll(async () => {
  client.disconnect();
  await server.close();
});
beforeEach(async () => {
  link = freshLink(client);
  store = await openRedisStore(link);
});

const bindTo =
  (id: string, change: Partial<Session> = {}) =>
  (sandbox: SandboxRef) => ({
    session: sessionIn({ kind: 'paused', sandbox, claimed: true }, { id, ...change }),
    dueAt: t0 + minute,
  });
const ownKeys = async () =>
  (await client.keys(`${link.prefix}:*`)).map((key) => key.slice(link.prefix.length + 1));
const session = sessionIn('running', { id: 's1' });

describe('texts on their way through Lua', () => {
  const odd = '\u0000 "q" %1 %% \\ \n\r\t \ud800 😀 é ]] -- {"id":"x"}';

  test('a session of odd texts is claimed as it was bound', async () => {
    const runtime = { kind: 'AgentRuntime', namespace: 'n%s', name: 'a@b/c "%0"' } as const;
    const sandbox: SandboxRef = {
      id: 'id %1 "x" \\',
      name: odd,
      entryPoints: [{ path: odd, protocol: 'HTTP', endpoint: `unix:///${odd}` }],
    };
    const revision = 'r\n%@ 1 ';
    const entry = warm('w', { sandbox, runtime, revision });
    await store.offer(entry);
    expect(await store.entries()).toEqual([entry]);
    const change = { runtime, revision, labels: { [odd]: odd, toString: '' }, ownerId: odd };
    const bound = await store.claim(runtime, revision, bindTo('new', change));
    const expected = bindTo('new', change)(sandbox).session;
    expect(bound).toEqual(expected);
    expect((await store.get('new'))?.session).toEqual(expected);
    expect((await store.bySandbox(sandbox.id))?.session).toEqual(expected);
    expect(
      await store.list({ limit: 1, ...{ kind: runtime.kind, namespace: 'n%s', runtime: runtime.name } }),
    ).toHaveLength(1);
    await store.offer(entry);
    expect(await store.entries()).toEqual([]);
  });

  test('a pool of an odd name gives back what is withdrawn from it', async () => {
    await store.offer(warm('w1', { revision: 'é\n5 ' }));
    expect(await store.withdraw('w1')).toBe(true);
    expect(await ownKeys()).toEqual(expect.not.arrayContaining([expect.stringMatching(/^pool:/)]));
  });

  test('a claim must be bound to a session that has its sandbox once, and whole', async () => {
    await store.offer(warm('w1'));
    const bindings = [
      () => ({ session, dueAt: null }),
      (sandbox: SandboxRef) => ({
        session: sessionIn({ kind: 'paused', sandbox: { ...sandbox, name: 'own' }, claimed: true }),
        dueAt: null,
      }),
      (sandbox: SandboxRef) => ({ ...bindTo('new', { labels: { at: sandbox.id } })(sandbox) }),
    ];
    for (const bind of bindings) {
      await expect(store.claim(interpreter, 'r1', bind)).rejects.toThrow(/bound to a session/);
    }
    expect(await store.entries()).toEqual([warm('w1')]);
  });

  test('versions and times are compared to the last digit', async () => {
    const version = 1_767_225_600_000_123;
    const rebuilt = sessionIn('running', { id: 'rebuilt', version });
    await store.create(rebuilt, version);
    expect(await store.save(moved(rebuilt, 'ending', { version: version + 2 }), null)).toBe('conflict');
    expect(await store.save(moved(rebuilt, 'pausing', { version: version + 1 }), version)).toBe('saved');
    expect(await store.due(version - 1, 1)).toEqual([]);
    expect(await store.due(version, 1)).toHaveLength(1);
    await store.touch('rebuilt', version + 0.5);
    expect((await store.get('rebuilt'))?.lastActivityAt).toBe(version + 0.5);
  });
});

describe('telling of changes', () => {
  let listener: Redis;
  let told: unknown[];
  beforeEach(async () => {
    told = [];
    listener = clientOf(server);
    listener.on('message', (_, text: string) => told.push(JSON.parse(text)));
    await listener.subscribe(keyOf(link, 'sessions'));
  });
  /** What was told until now: messages come in the order of publishing. */
  const heard = async () => {
    const end = new Promise<void>((resolve) => {
      listener.on('message', (_, text) => text === '"end"' && resolve());
    });
    await client.publish(keyOf(link, 'sessions'), '"end"');
    await end;
    listener.disconnect();
    return told.filter((one) => one !== 'end');
  };

  test('each stored change is told as it was stored, in order', async () => {
    await store.offer(warm('w1'));
    await store.create(session, null);
    const bound = await store.claim(interpreter, 'r1', bindTo('new'));
    const pausing = moved(session, 'pausing');
    await store.saveIfUnleased(pausing, null, t0, t0);
    await store.save(moved(pausing, 'ending'), null);
    expect(await heard()).toEqual([session, bound, pausing, moved(pausing, 'ending')]);
  });

  test('what was refused, and what is no change of a session, is not told', async () => {
    await store.create(session, null);
    await store.acquire(session.id, 'a', t0 + minute, t0);
    await store.create(session, null);
    await store.save(session, null);
    await store.saveIfUnleased(moved(session, 'pausing'), null, t0, t0);
    await store.claim(interpreter, 'r9', bindTo('new'));
    await store.touch(session.id, t0 + 1);
    await store.postpone(session.id, 1, t0 + minute);
    await store.forget(session.id);
    expect(await heard()).toEqual([session]);
  });
});

describe('what is left', () => {
  test('of a session that was forgotten: nothing', async () => {
    await store.offer(warm('w1'));
    const bound = await store.claim(interpreter, 'r1', bindTo('new'));
    if (typeof bound === 'string') throw new Error(`nothing was claimed: ${bound}`);
    const running = { ...bound, version: 2, state: { kind: 'running', sandbox: sandboxOf('w1') } } as const;
    await store.save(running, t0);
    await store.acquire('new', 'a', t0 + minute, t0);
    await store.save(
      { ...running, version: 3, state: { kind: 'ended', reason: { kind: 'idle' } } },
      t0 + second,
    );
    await store.forget('new');
    expect(await store.entries()).toEqual([]);
    expect(await ownKeys()).toEqual(['prepared']);
  });

  test('of a lease that ran out, once somebody else takes one: nothing', async () => {
    await store.create(session, null);
    await store.acquire('s1', 'gone', t0 + second, t0);
    await store.acquire('s1', 'a', t0 + minute, t0 + second);
    expect(await client.hkeys(keyOf(link, 'u', 's1'))).toEqual(['l:a']);
  });

  test('of a warm sandbox that turns out to be a session’s: nothing', async () => {
    await store.offer(warm('sandbox-of-s1'));
    await store.create(session, null);
    expect(await store.entries()).toEqual([]);
    expect(await store.claim(interpreter, 'r1', bindTo('new'))).toBe('empty');
  });
});
