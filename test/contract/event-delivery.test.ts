// Events on their way into sandboxes: real servers on unix sockets behind an activator's own gates; sessions are moved by hand.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Answer } from '../../activator/events/core/delivery-verdict.ts';
import { sessionKeyOf } from '../../activator/events/core/session-key.ts';
import { EventDelivery } from '../../activator/events/event-delivery.ts';
import { EventSessions } from '../../activator/events/sessions.ts';
import { memoryEventStore } from '../../adapters/memory/event-store.ts';
import { systemIds } from '../../adapters/system/ids.ts';
import type { DeployedTrigger } from '../../model/deployed-trigger.ts';
import type { EncodedEvent, EventStore, Taken } from '../../model/event-queue.ts';
import type { Session } from '../../model/session.ts';
import { eventOf, triggerOf } from '../support/dispatch-lab.ts';
import { agent, lenientPolicy, MemoryActivator } from '../support/memory-activator.ts';
import { rawSandbox, scriptedSandbox, type ScriptedSandbox } from '../support/scripted-sandbox.ts';
import { until } from '../support/until.ts';

let lab: MemoryActivator;
let sandbox: ScriptedSandbox;
let delivery: EventDelivery;
let bindings: EventStore;
const never = new AbortController().signal;
const toClose: { close(): Promise<void> }[] = [];

const runtimes = {
  find: () => ({ key: agent, revision: 'r1', labels: {}, policy: lenientPolicy, warmPoolSize: 0 }),
};

beforeEach(async () => {
  lab = await MemoryActivator.start();
  sandbox = await scriptedSandbox(lab.socketPath('main'));
  toClose.push(lab, sandbox);
  const { store, clock, activator } = lab;
  const opening = { store, runtimes, ids: systemIds };
  bindings = memoryEventStore();
  const sessions = new EventSessions({ bindings, opening, clock });
  delivery = new EventDelivery({ ...activator.forwarding, sessions, clock, mostReplyBytes: 10_000 }, 4);
});
afterEach(async () => {
  for (const made of toClose.splice(0)) await made.close();
});

const trigger = (
  change: Partial<DeployedTrigger['session']> = {},
  policy: Partial<DeployedTrigger['delivery']> = {},
) =>
  triggerOf('t', policy, {
    target: { runtime: agent, path: '/events?from=queue' },
    session: { key: '{subject}', whenEnded: 'new', ...change },
  });

function takenOf(event: EncodedEvent): Taken {
  const told = { trigger: 'default/t', source: '/test', id: '1', type: 'test', hops: 0 };
  return { ...told, event, ticket: 'ticket', at: 0, tries: 0 };
}

const about = (subject: string): EncodedEvent => ({
  ...eventOf('1'),
  headers: [...eventOf('1').headers, ['ce-subject', subject], ['traceparent', '00-a-b-01']],
});

const deliver = (subject: string, to = trigger(), signal = never): Promise<Answer> =>
  delivery.deliver(takenOf(about(subject)), to, signal);

const all = async (): Promise<readonly Session[]> =>
  (await lab.store.list({ limit: 100 })).map(({ session }) => session);

/** Plays the controller: every session that is being made gets a sandbox with that endpoint. */
async function runAll(endpoint = sandbox.endpoint): Promise<void> {
  await until(async () => (await all()).some(({ state }) => state.kind === 'creating'));
  for (const { id, generation, state } of await all()) {
    if (state.kind !== 'creating') continue;
    await lab.move(id, { kind: 'started', generation, sandbox: lab.sandbox([{ endpoint }]) });
  }
}

async function delivered(subject: string, to = trigger()): Promise<Answer> {
  const answer = deliver(subject, to);
  await runAll();
  return answer;
}

describe('an event', () => {
  test('comes as it was sent, with its session, and the answer goes back', async () => {
    const answer = await delivered('a');
    const [session] = await all();
    expect(answer).toMatchObject({ kind: 'answered', status: 200, sessionId: session?.id, cut: false });
    expect(sandbox.seen).toHaveLength(1);
    expect(sandbox.seen[0]).toMatchObject({
      method: 'POST',
      url: '/events?from=queue',
      body: '1',
      headers: {
        'ce-id': '1',
        'ce-subject': 'a',
        traceparent: '00-a-b-01',
        prefer: 'reply',
        authorization: `Bearer token-of-${session?.id}`,
        'x-agentcube-session-id': session?.id,
      },
    });
  });

  test('of the same key comes into the same session, of another into another', async () => {
    await delivered('a');
    await delivered('b');
    await deliver('a');
    const ids = sandbox.seen.map(({ headers }) => headers['x-agentcube-session-id']);
    expect([new Set(ids).size, ids[2]]).toEqual([2, ids[0]]);
  });

  test('of a trigger whose events are each for themselves opens a session each time', async () => {
    const alone = trigger({ key: 'new' });
    await delivered('a', alone);
    await delivered('a', alone);
    expect(await all()).toHaveLength(2);
  });

  test('for a session that was made by nobody else but is not there yet opens it once', async () => {
    const answers = Promise.all(Array.from({ length: 5 }, () => deliver('a')));
    await runAll();
    expect((await answers).map(({ kind }) => kind)).toEqual(Array(5).fill('answered'));
    expect(await all()).toHaveLength(1);
  });

  test('wakes the session that it means', async () => {
    const asleep = lab.sandbox([{ endpoint: sandbox.endpoint }]);
    await lab.session('sleeper', { kind: 'paused', sandbox: asleep, claimed: false });
    await bindings.bind(sessionKeyOf(trigger(), { subject: 'a' }) ?? '', 'sleeper');
    const answer = deliver('a');
    await until(() => lab.wakes.includes('sleeper'));
    await lab.resume('sleeper', asleep);
    expect(await answer).toMatchObject({ kind: 'answered', status: 200, sessionId: 'sleeper' });
  });
});

describe('a session that has ended', () => {
  async function end(): Promise<void> {
    for (const { id, generation, state } of await all()) {
      if (state.kind === 'ended') continue;
      await lab.move(id, { kind: 'end', reason: { kind: 'deleted' } });
      await lab.move(id, { kind: 'stopped', generation });
    }
  }

  test('is followed by a new one', async () => {
    await delivered('a');
    await end();
    expect(await delivered('a')).toMatchObject({ kind: 'answered', status: 200 });
    expect(await all()).toHaveLength(2);
  });

  test('gives its events up where the trigger says so', async () => {
    const dead = trigger({ whenEnded: 'deadLetter' });
    await delivered('a', dead);
    await end();
    expect(await deliver('a', dead)).toMatchObject({ kind: 'hopeless', error: { code: 410 } });
    expect(sandbox.seen).toHaveLength(1);
  });
});

describe('what goes wrong', () => {
  test('a target that does not answer in time has not answered, and is left alone', async () => {
    let closed = false;
    sandbox.listener = (_, res) => void res.on('close', () => (closed = true));
    expect(await delivered('a', trigger({}, { timeoutMs: 50 }))).toMatchObject({
      kind: 'silent',
      reason: 'there was no answer within 0.05 s',
    });
    await until(() => closed);
    await until(() => lab.activator.stats().inHand === 0);
  });

  test('whoever abandons a try leaves nothing behind', async () => {
    let arrived = false;
    sandbox.listener = () => void (arrived = true);
    const abandon = new AbortController();
    const answer = deliver('a', trigger(), abandon.signal);
    await runAll();
    await until(() => arrived);
    abandon.abort();
    expect(await answer).toEqual({ kind: 'untried', reason: 'abandoned' });
    expect(lab.activator.stats()).toMatchObject({ inHand: 0, waiting: 0 });
  });

  test('whoever abandons a try that waits for its sandbox leaves nothing behind', async () => {
    const abandon = new AbortController();
    const answer = deliver('a', trigger(), abandon.signal);
    await until(() => lab.activator.stats().waiting === 1);
    abandon.abort();
    expect(await answer).toEqual({ kind: 'untried', reason: 'abandoned' });
    expect(lab.activator.stats()).toMatchObject({ inHand: 0, waiting: 0, gates: 0 });
  });

  test('a connection that breaks is no answer', async () => {
    const broken = await rawSandbox(lab.socketPath('raw'), (socket) =>
      socket.on('data', () => socket.destroy()),
    );
    toClose.push(broken);
    const answer = deliver('a');
    await runAll(`unix://${lab.socketPath('raw')}`);
    expect(await answer).toMatchObject({ kind: 'silent' });
  });

  test('a connection that went stale is no fault: the event is sent on another', async () => {
    let turns = 0;
    const stale = await rawSandbox(lab.socketPath('raw'), (socket, turn) => {
      let asked = 0;
      socket.on('data', () => {
        turns = turn;
        asked += 1;
        if (turn === 0 && asked > 1) socket.destroy();
        else socket.write('HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n');
      });
    });
    toClose.push(stale);
    const first = deliver('a');
    await runAll(`unix://${lab.socketPath('raw')}`);
    await first;
    expect([await deliver('a'), turns]).toMatchObject([{ kind: 'answered', status: 202 }, 1]);
  });

  test('an answer that is too long is its beginning', async () => {
    sandbox.listener = (_, res) => res.end('x'.repeat(50_000));
    const answer = await delivered('a');
    if (answer.kind !== 'answered') throw new Error(answer.kind);
    expect([answer.body.length, answer.cut]).toEqual([10_000, true]);
  });

  test('an activator that stops has not tried', async () => {
    await lab.activator.drain(0);
    expect(await deliver('a')).toEqual({ kind: 'untried', reason: 'SHUTTING_DOWN' });
  });
});

test('so many sessions are opened and woken at once for events of a runtime', async () => {
  let left = 10;
  const one = async (n: number): Promise<string> =>
    (await deliver(String(n)).finally(() => (left -= 1))).kind;
  const answers = Promise.all(Array.from({ length: left }, (_, n) => one(n)));
  await until(() => lab.activator.stats().waiting === 4);
  const most: number[] = [];
  while (left > 0) {
    const starting = (await all()).filter(({ state }) => state.kind === 'creating');
    most.push(starting.length);
    if (starting.length > 0) await runAll();
    else await new Promise((resolve) => setImmediate(resolve));
  }
  expect(await answers).toEqual(Array(10).fill('answered'));
  expect(Math.max(...most)).toBe(4);
});
