// What the SDK promises, asked of a running platform. Wherever it runs, it must be the same: sdk.test.ts has it on one machine and
// as separate programs; test/cluster may import it. deployed.ts says what has to be there. Does not own: starting any of it.
import { describe, expect, test } from '@jest/globals';
import { Events, Sessions, type DeadLetter } from '../../sdk/index.ts';
import { clientsOf, fault, type Deployment } from './clients.ts';
import { codeSuite } from './code-suite.ts';

export type { Deployment } from './clients.ts';

interface Probed {
  readonly memory: number;
  readonly strangers: number;
}

/** Runs the suite against the platform that `at` gives once tests run. */
export function sdkSuite(at: () => Deployment): void {
  const { connect, openAgent } = clientsOf(at);

  codeSuite(at);

  describe('an agent', () => {
    test('remembers, also when it slept in between', async () => {
      await using agent = await openAgent();
      const sessions = new Sessions(connect());
      expect(await agent.invoke<Probed>({}, { path: '/count' })).toMatchObject({ memory: 1 });
      expect(await sessions.pause(agent.sessionId ?? '')).toMatchObject({ state: 'paused' });
      expect(await agent.invoke<Probed>({}, { path: 'count' })).toMatchObject({ memory: 2, strangers: 0 });
    });

    test('is opened by its first call when that is wanted', async () => {
      await using agent = await openAgent({ lazy: true });
      expect(agent.sessionId).toBeUndefined();
      await agent.invoke({}, { path: '/count' });
      const id = agent.sessionId;
      expect(await agent.invoke<Probed>({}, { path: '/count' })).toMatchObject({ memory: 2 });
      expect([id, agent.sessionId]).toEqual([expect.any(String), id]);
    });

    test('answers with errors of its own', async () => {
      await using agent = await openAgent();
      const error = await fault(agent.invoke({ a: 1 }, { path: '/nowhere' }));
      expect(error).toMatchObject({
        ...{ code: 'AGENT_ERROR', status: 404, sessionId: agent.sessionId },
        body: '{"error":"no such route: POST /nowhere"}',
      });
    });

    test('sends events for as long as somebody listens, and stays awake meanwhile', async () => {
      await using agent = await openAgent();
      const sessions = new Sessions(connect());
      const seen: string[] = [];
      for await (const { data } of agent.events(undefined, { path: '/events' })) {
        seen.push(data);
        if (seen.length < 2) continue;
        expect(await fault(sessions.pause(agent.sessionId ?? ''))).toMatchObject({ code: 'SESSION_STATE' });
        break;
      }
      expect(seen).toEqual(['1', '2']);
      for await (const text of agent.stream(undefined, { path: '/events' })) {
        expect(text).toBe('data: 1\n\n');
        break;
      }
      expect(await fault(agent.events({}, { path: '/count' }).next())).toMatchObject({
        code: 'INVALID_RESPONSE',
      });
    });

    test('takes any request', async () => {
      await using agent = await openAgent();
      const body = new Blob(['x'.repeat(100_000)]).stream();
      const up = await agent.fetch('/upload', { method: 'POST', body });
      expect([up.status, await up.json()]).toEqual([200, expect.objectContaining({ bytes: 100_000 })]);
      const none = await agent.fetch('/none', { method: 'PATCH' });
      expect([none.status, none.headers.get('x-agentcube-session-id')]).toEqual([404, agent.sessionId]);
      expect(await fault(agent.fetch('/../../x'))).toMatchObject({ code: 'INVALID_ARGUMENT' });
    });

    test('talks over a socket', async () => {
      await using agent = await openAgent({ lazy: true });
      await using socket = await agent.socket('/chat');
      expect(agent.sessionId).toEqual(expect.any(String));
      socket.send('hello');
      for await (const message of socket) {
        if (message === 'hello') break;
        expect(message).toBe('tick');
      }
      socket.close(1000, 'bye');
      expect(await socket.closed).toMatchObject({ code: 1000 });
    });

    test('that does not answer in time is given up, and so is what is not wanted any more', async () => {
      await using agent = await openAgent();
      const late = agent.invoke({}, { path: '/slow?ms=60000', timeoutMs: 200 });
      expect(await fault(late)).toMatchObject({ code: 'TIMEOUT', retryable: true });
      const signal = AbortSignal.timeout(100);
      const unwanted = agent.invoke({}, { path: '/slow?ms=60000', signal });
      expect(await fault(unwanted)).toBe(signal.reason);
    });

    test('that nobody deployed has no session', async () => {
      const gone = await fault(openAgent({ agentName: 'nobody' }));
      expect(gone).toMatchObject({ code: 'RUNTIME_NOT_FOUND', status: 404 });
      const id = '00000000-0000-4000-8000-000000000000';
      const agent = await openAgent({ sessionId: id, onDispose: 'keep' });
      expect(await fault(agent.invoke({}))).toMatchObject({ code: 'SESSION_NOT_FOUND', sessionId: id });
      expect(await fault(agent.socket())).toMatchObject({ code: 'SESSION_NOT_FOUND', sessionId: id });
    });
  });

  describe('sessions', () => {
    test('are listed page by page, looked at, paused, resumed and ended', async () => {
      const sessions = new Sessions(connect());
      const agents = await Promise.all([openAgent(), openAgent()]);
      const ids = agents.map(({ sessionId = '' }) => sessionId).sort();
      const filter = { namespace: at().namespace, kind: 'AgentRuntime', runtime: at().agent } as const;
      const states = ['running', 'paused'] as const;
      const listed: string[] = [];
      for await (const session of sessions.list({ ...filter, state: states })) listed.push(session.sessionId);
      expect(listed).toEqual(expect.arrayContaining(ids));
      const first = await sessions.page({ ...filter, limit: 1 });
      expect([first.items.length, typeof first.continue]).toEqual([1, 'string']);
      const [id = '', other = ''] = ids;
      expect(await sessions.get(id)).toMatchObject({ sessionId: id, runtime: { name: at().agent } });
      expect(await sessions.pause(id)).toMatchObject({ state: 'paused' });
      expect(await sessions.resume(id)).toMatchObject({ state: 'running' });
      expect([await sessions.delete(id), await sessions.delete(id)]).toEqual([true, false]);
      expect(await sessions.get(id)).toMatchObject({
        state: expect.stringMatching(/^end/),
        reason: 'deleted',
      });
      await sessions.delete(other);
    });

    test('that never were are not found', async () => {
      expect(await fault(new Sessions(connect()).get('nobody'))).toMatchObject({
        ...{ code: 'SESSION_NOT_FOUND', status: 404, sessionId: 'nobody' },
      });
    });
  });

  describe('events', () => {
    test('are taken, handled and told of', async () => {
      const events = new Events({ ...connect(), namespace: at().namespace });
      const watching = events.watch({ trigger: 'sdk-good' });
      const told = watching.next();
      const data = { subject: 'one', type: 'com.example.sdk.good', source: '/sdk' };
      const sent: string[] = [];
      // Who looks is told of what comes from then on; nobody says when that is.
      for (let seen = false; !seen;) {
        const { deliveries, ids } = await events.send({ ...data, data: { title: '\u00e4' } });
        expect(deliveries).toBe(1);
        sent.push(...ids);
        seen = (await Promise.race([
          told.then(() => true),
          new Promise((resolve) => setTimeout(resolve, 300, false)),
        ])) as boolean;
      }
      const { value } = await told;
      expect(value).toMatchObject({ trigger: 'sdk-good', event: { source: '/sdk' }, result: 'delivered' });
      await watching.return();
      expect(await events.sendBatch([data, { ...data, id: 'mine' }])).toEqual({
        ...{ deliveries: 2, ids: [expect.any(String), 'mine'] },
      });
    });

    test('that are malformed are refused with what is wrong', async () => {
      const events = new Events({ ...connect(), namespace: at().namespace });
      expect(await fault(events.send({ type: '', source: '/sdk' }))).toMatchObject({
        ...{ code: 'INVALID_EVENT', status: 400, problems: [expect.objectContaining({ attribute: 'type' })] },
      });
    });

    test('that nobody could handle are kept, shown, tried again and dropped', async () => {
      const broker = new Events({ ...connect(), namespace: at().namespace });
      await broker.deadLetters.dropAll('sdk-bad');
      const { ids } = await broker.send({ type: 'com.example.sdk.bad', source: '/sdk', data: 'text' });
      const letter = async (): Promise<DeadLetter> => {
        for (;;) for await (const found of broker.deadLetters.list({ trigger: 'sdk-bad' })) return found;
      };
      const { id, event, error } = await letter();
      expect([event.id, error.code]).toEqual([ids[0], 404]);
      expect((await broker.deadLetters.get(id)).message.body).toContain('"data":"text"');
      expect(await broker.deadLetters.replay(id)).toBe(1);
      const again = await letter();
      expect([again.event.id, await broker.deadLetters.drop(again.id)]).toEqual([ids[0], 1]);
      expect(await fault(broker.deadLetters.get(again.id))).toMatchObject({ code: 'DEAD_LETTER_NOT_FOUND' });
      expect(await broker.deadLetters.replayAll('sdk-bad')).toBe(0);
    });
  });
}
