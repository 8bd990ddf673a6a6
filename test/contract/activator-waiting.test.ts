// Requests that wait for their session: one wake however many wait, in order, bounded, never lost, and told what the wait was.
// S3: every request is answered once, by the sandbox or by a typed error. The test decides when a wake completes.
import { afterEach, describe, expect, test } from '@jest/globals';

import type { Session } from '../../model/session.ts';
import { ask, begin, type Reply } from '../support/ask.ts';
import { agent, MemoryActivator, type MemoryActivatorOptions } from '../support/memory-activator.ts';
import { scriptedSandbox } from '../support/scripted-sandbox.ts';
import { until } from '../support/until.ts';

const base = '/v1/namespaces/default/agent-runtimes/echo/invocations';
const header = 'x-agentcube-session-id';
const ofSession = (id: string) => ({ [header]: id });

const toClose: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const made of toClose.splice(0).reverse()) await made.close();
});

function own<C extends { close(): Promise<void> }>(made: C): C {
  toClose.push(made);
  return made;
}

async function start(options: MemoryActivatorOptions = {}) {
  const lab = own(await MemoryActivator.start(options));
  const sandbox = own(await scriptedSandbox(lab.socketPath('main')));
  const ref = lab.sandbox([{ endpoint: sandbox.endpoint }]);
  return { lab, sandbox, ref };
}

const errorOf = (reply: Reply) => JSON.parse(reply.body) as Record<string, unknown>;
const waiting = (lab: MemoryActivator, count: number) => until(() => lab.activator.stats().waiting === count);

describe('a paused session', () => {
  test('is woken once; its requests are answered in the order in which they came', async () => {
    const { lab, sandbox, ref } = await start();
    await lab.session('s', { kind: 'paused', sandbox: ref, claimed: false });
    const replies: Promise<Reply>[] = [];
    for (let i = 0; i < 20; i += 1) {
      replies.push(ask(lab.port, { path: `${base}/${i}`, headers: ofSession('s') }));
      await waiting(lab, i + 1);
    }
    expect(lab.wakes).toEqual(['s']);
    await lab.resume('s', ref);
    const answers = await Promise.all(replies);
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(sandbox.seen.map(({ url }) => url)).toEqual(Array.from({ length: 20 }, (_, i) => `/${i}`));
    expect(answers[0]?.headers['server-timing']).toMatch(/^wake;dur=\d+(\.\d)?;desc="paused"$/);
    expect(lab.activator.stats()).toMatchObject({ waiting: 0, gates: 0, leases: 1 });
  });

  test('1,000 requests at once: one wake, all answered', async () => {
    const { lab, ref } = await start();
    await lab.session('s', { kind: 'paused', sandbox: ref, claimed: false });
    const replies = Array.from({ length: 1_000 }, (_, i) =>
      ask(lab.port, { path: `${base}/${i}`, headers: ofSession('s') }),
    );
    await waiting(lab, 1_000);
    expect(lab.wakes).toEqual(['s']);
    await lab.resume('s', ref);
    const answers = await Promise.all(replies);
    expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
    expect(answers.map(({ body }) => body)).toEqual(answers.map((_, i) => `{"path":"/${i}"}`));
  }, 30_000);

  test('a runs-again session is served from its lease, asking nobody and waiting for nothing', async () => {
    const { lab, ref } = await start();
    await lab.session('s', { kind: 'running', sandbox: ref });
    const reply = await ask(lab.port, { path: `${base}/`, headers: ofSession('s') });
    expect([reply.status, reply.headers['server-timing'], lab.wakes]).toEqual([200, undefined, []]);
  });
});

describe('bounds', () => {
  test.each([
    ['session', { maxWaitingPerSession: 2 }, 'SESSION_QUEUE_FULL', 's'],
    ['runtime', { maxWaitingPerRuntime: 2 }, 'RUNTIME_QUEUE_FULL', 'other'],
    ['all', { maxWaiting: 2 }, 'SERVER_OVERLOADED', 'other'],
  ])('the one over the limit of a %s is refused at once', async (_, config, code, third) => {
    const { lab, ref } = await start({ config });
    await lab.session('s', { kind: 'paused', sandbox: ref, claimed: false });
    const first = [1, 2].map(() => ask(lab.port, { path: `${base}/`, headers: ofSession('s') }));
    await waiting(lab, 2);
    const refused = await ask(lab.port, { path: `${base}/`, headers: ofSession(third) });
    expect([refused.status, errorOf(refused), refused.headers['retry-after']]).toMatchObject([
      429,
      { code, retryable: true },
      '1',
    ]);
    await lab.resume('s', ref);
    expect((await Promise.all(first)).map(({ status }) => status)).toEqual([200, 200]);
  });

  test('more in hand than may be: AgentCube’s 429', async () => {
    const { lab, sandbox, ref } = await start({ config: { maxConcurrentRequests: 1 } });
    const { promise, resolve: finish } = Promise.withResolvers<void>();
    sandbox.listener = (_, res) => void promise.then(() => res.end('late'));
    await lab.session('s', { kind: 'running', sandbox: ref });
    const slow = ask(lab.port, { path: `${base}/`, headers: ofSession('s') });
    await until(() => lab.activator.stats().inHand === 1);
    const refused = await ask(lab.port, { path: `${base}/`, headers: ofSession('s') });
    expect(refused.status).toBe(429);
    expect(refused.body).toBe(
      '{"error":"server overloaded, please try again later","code":"SERVER_OVERLOADED","retryable":true}',
    );
    finish();
    expect((await slow).body).toBe('late');
  });

  test('who waits too long gets WAKE_TIMEOUT', async () => {
    const { lab, ref } = await start({ config: { wakeTimeoutMs: 50 } });
    await lab.session('s', { kind: 'paused', sandbox: ref, claimed: false });
    const reply = await ask(lab.port, { path: `${base}/`, headers: ofSession('s') });
    expect([reply.status, errorOf(reply)]).toMatchObject([
      504,
      { code: 'WAKE_TIMEOUT', retryable: true, sessionId: 's' },
    ]);
    expect([reply.headers[header], lab.activator.stats().waiting]).toEqual(['s', 0]);
  });

  test('who leaves while waiting is forgotten at once', async () => {
    const { lab, sandbox, ref } = await start();
    await lab.session('s', { kind: 'paused', sandbox: ref, claimed: false });
    const left = begin(lab.port, { path: `${base}/left`, headers: ofSession('s') });
    left.request.end();
    const stays = ask(lab.port, { path: `${base}/stays`, headers: ofSession('s') });
    await waiting(lab, 2);
    left.request.destroy();
    await waiting(lab, 1);
    await lab.resume('s', ref);
    expect((await stays).status).toBe(200);
    expect(sandbox.seen.map(({ url }) => url)).toEqual(['/stays']);
  });
});

describe('a wake that fails', () => {
  type Ending = (lab: MemoryActivator) => Promise<unknown>;
  const crash: Ending = async (lab) => {
    const { generation } = await lab.move('s', { kind: 'wanted' });
    await lab.move('s', { kind: 'lost', generation, why: 'out of memory' });
  };
  const noStart: Ending = async (lab) => {
    const { generation } = await lab.move('s', { kind: 'wanted' });
    await lab.move('s', { kind: 'start-failed', generation, why: 'exit code 127' });
  };
  const deleted: Ending = (lab) => lab.move('s', { kind: 'end', reason: { kind: 'deleted' } });

  test.each([
    ['paused', 'crashes', crash, 502, 'SANDBOX_CRASHED', 'out of memory'],
    ['suspended', 'does not start', noStart, 503, 'SANDBOX_START_FAILED', 'exit code 127'],
    ['paused', 'is deleted meanwhile', deleted, 404, 'SESSION_ENDED', 'deleted'],
  ] as const)('a %s session that %s', async (state, _, ending, status, code, reason) => {
    const { lab, ref } = await start();
    const { id, name } = ref;
    await lab.session(
      's',
      state === 'paused'
        ? { kind: 'paused', sandbox: ref, claimed: false }
        : { kind: 'suspended', files: { id, name } },
    );
    const replies = [1, 2].map(() => ask(lab.port, { path: `${base}/`, headers: ofSession('s') }));
    await waiting(lab, 2);
    await ending(lab);
    for (const reply of await Promise.all(replies)) {
      expect([reply.status, errorOf(reply)]).toMatchObject([status, { code, reason, sessionId: 's' }]);
      expect(reply.headers[header]).toBe('s');
    }
    expect(lab.activator.stats()).toMatchObject({ waiting: 0, gates: 0 });
  });

  test('after a crash, the next request starts it afresh', async () => {
    const { lab, ref } = await start();
    const { id, name } = ref;
    await lab.session('s', { kind: 'suspended', files: { id, name }, lost: 'out of memory' });
    const reply = ask(lab.port, { path: `${base}/`, headers: ofSession('s') });
    await waiting(lab, 1);
    const { generation } = await lab.move('s', { kind: 'wanted' });
    await lab.move('s', { kind: 'started', generation, sandbox: ref });
    const { status, headers } = await reply;
    expect([status, headers['server-timing']]).toMatchObject([
      200,
      expect.stringMatching(/desc="suspended", memory;desc="new"$/),
    ]);
  });
});

describe('a new session', () => {
  const idOf = (lab: MemoryActivator) => lab.wakes[0] as string;

  test('claims a warm sandbox, wakes it and is told its id', async () => {
    const { lab, ref } = await start({ warmPoolSize: 1 });
    await lab.store.offer({ sandbox: ref, runtime: agent, revision: 'r1', readyAt: 1 });
    const reply = ask(lab.port, { path: `${base}/` });
    await waiting(lab, 1);
    await lab.resume(idOf(lab), ref);
    const { status, headers } = await reply;
    expect([status, headers[header]]).toEqual([200, idOf(lab)]);
    expect(headers['server-timing']).toMatch(/^claim;dur=\d/);
  });

  test('starts cold when none is warm, and says so', async () => {
    const { lab, ref } = await start({ warmPoolSize: 1 });
    const reply = ask(lab.port, { method: 'POST', path: `${base}/`, body: 'hello' });
    await waiting(lab, 1);
    await lab.move(idOf(lab), { kind: 'started', generation: 1, sandbox: ref });
    const { status, headers } = await reply;
    expect([status, headers[header]]).toEqual([200, idOf(lab)]);
    expect(headers['server-timing']).toMatch(/^cold;dur=\d/);
  });

  test('whose sandbox does not start is AgentCube’s 500, with the reason and the id beside', async () => {
    const { lab } = await start();
    const reply = ask(lab.port, { path: `${base}/` });
    await waiting(lab, 1);
    await lab.move(idOf(lab), { kind: 'start-failed', generation: 1, why: 'no such command' });
    const { status, headers, body } = await reply;
    expect([status, JSON.parse(body)]).toEqual([
      500,
      {
        error: 'internal server error',
        code: 'SANDBOX_START_FAILED',
        retryable: true,
        reason: 'no such command',
        sessionId: idOf(lab),
      },
    ]);
    expect(headers[header]).toBe(idOf(lab));
  });

  test('whose client left is still started, so that it can be idle and end', async () => {
    const { lab } = await start();
    const left = begin(lab.port, { path: `${base}/` });
    left.request.end();
    await waiting(lab, 1);
    left.request.destroy();
    await waiting(lab, 0);
    expect(lab.wakes).toHaveLength(1);
  });
});

describe('S2: leases', () => {
  const pausable = async (lab: MemoryActivator, id: string): Promise<boolean> => {
    const record = await lab.store.get(id);
    const { session } = record as { session: Session };
    const next = {
      ...session,
      version: session.version + 1,
      state: { ...session.state, kind: 'pausing', wanted: false },
    };
    return (
      (await lab.store.saveIfUnleased(next as Session, null, lab.clock.now(), lab.clock.now())) !== 'leased'
    );
  };

  test('a request in hand holds one; given back soon after, when the runtime pauses early', async () => {
    const { lab, sandbox, ref } = await start();
    const { promise, resolve: finish } = Promise.withResolvers<void>();
    sandbox.listener = (_, res) => void promise.then(() => res.end());
    const policy = {
      pauseAfterMs: 100,
      suspendAfterMs: null,
      sessionTimeoutMs: 1e6,
      maxSessionDurationMs: 1e7,
    };
    await lab.session('s', { kind: 'running', sandbox: ref }, { policy });
    const reply = ask(lab.port, { path: `${base}/`, headers: ofSession('s') });
    await until(() => lab.activator.stats().inHand === 1);
    expect(await pausable(lab, 's')).toBe(false);
    finish();
    await reply;
    await until(() => lab.activator.stats().leases === 0);
    await until(async () => (await lab.store.get('s'))?.leasedUntil === 0);
    expect(await pausable(lab, 's')).toBe(true);
  });

  test('what the feed tells ends a cached route at once', async () => {
    const { lab, ref } = await start();
    await lab.session('s', { kind: 'running', sandbox: ref });
    await ask(lab.port, { path: `${base}/`, headers: ofSession('s') });
    expect(lab.activator.stats().leases).toBe(1);
    await lab.move('s', { kind: 'lost', generation: 1, why: 'killed' });
    expect(lab.activator.stats().leases).toBe(0);
    const reply = ask(lab.port, { path: `${base}/`, headers: ofSession('s') });
    await waiting(lab, 1);
    const { generation } = await lab.move('s', { kind: 'wanted' });
    await lab.move('s', { kind: 'started', generation, sandbox: ref });
    expect((await reply).status).toBe(200);
  });
});

describe('a session that moved without a push', () => {
  const moved = async () => {
    let deaf = false;
    const { lab, sandbox, ref } = await start({
      bus: (bus) => ({
        ...bus,
        subscribe: (listener) => bus.subscribe((session) => deaf || listener(session)),
      }),
    });
    await lab.session('s', { kind: 'running', sandbox: ref });
    await ask(lab.port, { path: `${base}/`, headers: { ...ofSession('s'), connection: 'close' } });
    deaf = true;
    await sandbox.close();
    const next = own(await scriptedSandbox(lab.socketPath('next')));
    await lab.move('s', { kind: 'lost', generation: 1, why: 'killed' });
    return { lab, next, hear: () => void (deaf = false) };
  };

  test('is asked after once nobody is at its old door, and the request goes there whole', async () => {
    const { lab, next } = await moved();
    const { generation } = await lab.move('s', { kind: 'wanted' });
    await lab.move('s', { kind: 'started', generation, sandbox: lab.sandbox([{ endpoint: next.endpoint }]) });
    const reply = await ask(lab.port, {
      method: 'POST',
      path: `${base}/`,
      headers: ofSession('s'),
      body: 'all',
    });
    expect([reply.status, next.seen.map(({ body }) => body), lab.wakes]).toEqual([200, ['all'], []]);
    await until(() => lab.activator.stats().inHand === 0);
    expect(lab.activator.stats()).toMatchObject({ waiting: 0, gates: 0, leases: 1 });
  });

  test('is woken like any other when it sleeps', async () => {
    const { lab, next, hear } = await moved();
    const reply = ask(lab.port, { path: `${base}/`, headers: ofSession('s') });
    await waiting(lab, 1);
    hear();
    expect([lab.wakes, lab.activator.stats().inHand]).toEqual([['s'], 0]);
    const { generation } = await lab.move('s', { kind: 'wanted' });
    await lab.move('s', { kind: 'started', generation, sandbox: lab.sandbox([{ endpoint: next.endpoint }]) });
    expect((await reply).status).toBe(200);
  });

  test('or only seems to have moved: its sandbox is asked once more, then it is unreachable', async () => {
    const { lab, sandbox, ref } = await start();
    await lab.session('s', { kind: 'running', sandbox: ref });
    await ask(lab.port, { path: `${base}/`, headers: ofSession('s') });
    await sandbox.close();
    const reply = await ask(lab.port, { path: `${base}/`, headers: ofSession('s') });
    expect([reply.status, errorOf(reply).code]).toEqual([502, 'SANDBOX_UNREACHABLE']);
    await until(() => lab.activator.stats().inHand === 0);
  });
});

describe('a stop', () => {
  test('refuses who waits and who comes, lets what is in hand end, and gives the leases back', async () => {
    const { lab, sandbox, ref } = await start();
    const { promise, resolve: finish } = Promise.withResolvers<void>();
    sandbox.listener = (_, res) => void promise.then(() => res.end('whole'));
    await lab.session('busy', { kind: 'running', sandbox: ref });
    await lab.session('asleep', { kind: 'paused', sandbox: lab.sandbox([]), claimed: false });
    const inHand = ask(lab.port, { path: `${base}/`, headers: ofSession('busy') });
    const waits = ask(lab.port, { path: `${base}/`, headers: ofSession('asleep') });
    await until(() => lab.activator.stats().inHand === 1 && lab.activator.stats().waiting === 1);
    const drained = lab.activator.drain(10_000);
    for (const reply of [
      await waits,
      await ask(lab.port, { path: `${base}/`, headers: ofSession('busy') }),
    ]) {
      expect([reply.status, errorOf(reply).code]).toEqual([503, 'SHUTTING_DOWN']);
    }
    expect((await ask(lab.port, { path: '/health/ready' })).status).toBe(503);
    finish();
    expect((await inHand).body).toBe('whole');
    await drained;
    expect((await lab.store.get('busy'))?.leasedUntil).toBe(0);
  });
});
