// Keys are forgotten once they say nothing any more, and not before.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { memoryEventStore } from '../../adapters/memory/event-store.ts';
import { memorySessionStore } from '../../adapters/memory/session-store.ts';
import { memoryTriggers } from '../../adapters/memory/triggers.ts';
import type { DeployedTrigger } from '../../model/deployed-trigger.ts';
import { runtimeKeyText } from '../../model/sandbox.ts';
import { triggerOf } from '../../test/support/dispatch-lab.ts';
import { deliveryOf, roomy } from '../../test/support/events.ts';
import { manualClock, settle } from '../../test/support/manual-clock.ts';
import { agent, lenientPolicy } from '../../test/support/memory-activator.ts';
import { BindingSweeper } from './binding-sweeper.ts';
import { EventSessions } from './sessions.ts';

/** Long enough for every round of a test's keys. */
const endedForMs = 30_000;
const limits = { everyMs: 1_000, atOnce: 3, endedForMs };
const deployed = { key: agent, revision: 'r1', labels: {}, policy: lenientPolicy, warmPoolSize: 0 };
const key = `${runtimeKeyText(agent)}/issue/42`;

const triggerWith = (whenEnded: DeployedTrigger['session']['whenEnded']): DeployedTrigger =>
  triggerOf('t', {}, { target: { runtime: agent, path: '/' }, session: { key: '{subject}', whenEnded } });

let clock: ReturnType<typeof manualClock>;
let events: ReturnType<typeof memoryEventStore>;
let store: ReturnType<typeof memorySessionStore>;
let triggers: ReturnType<typeof memoryTriggers>;
let sweeper: BindingSweeper;
let logged: string[];
let count: number;
let away: boolean;

beforeEach(() => {
  [clock, events, store, triggers] = [
    manualClock(),
    memoryEventStore(),
    memorySessionStore(),
    memoryTriggers(),
  ];
  [logged, count, away] = [[], 0, false];
  const log = (message: string): void => void logged.push(message);
  const get = (id: string) => (away ? Promise.reject(new Error('away')) : store.get(id));
  sweeper = new BindingSweeper({ store: events, sessions: { get }, triggers, clock, log }, limits);
  sweeper.start();
});
afterEach(() => sweeper.stop());

const deploy = async (...all: DeployedTrigger[]): Promise<void> => {
  await triggers.publish(all);
  await settle();
};

/** Sessions of one activator. */
function sessionsOf(): EventSessions {
  const ids = { uuid: () => `id-${(count += 1)}`, suffix: () => 'x' };
  const opening = { store, runtimes: { find: () => deployed }, ids };
  return new EventSessions({ bindings: events, opening, clock });
}

const open = (of = key): Promise<string> => sessionsOf().find(of, agent);

async function end(id: string): Promise<void> {
  const record = await store.get(id);
  if (!record) throw new Error(`there is no session ${id}`);
  const { session } = record;
  const state = { kind: 'ended', reason: { kind: 'deleted' } } as const;
  await store.save({ ...session, version: session.version + 1, state }, null);
}

const known = async (): Promise<string[]> => (await events.bindings(100)).found.map((one) => one.key);

describe('where the next event would get a new session', () => {
  beforeEach(() => deploy(triggerWith('new')));

  test('a key is forgotten when its session has ended', async () => {
    await end(await open());
    await clock.advance(1_000);
    expect(await known()).toEqual([]);
  });

  test('and when nobody knows its session any more', async () => {
    const id = await open();
    await end(id);
    await store.forget(id);
    await clock.advance(1_000);
    expect(await known()).toEqual([]);
  });

  test('not while its session lives, however long that is', async () => {
    await open();
    await clock.advance(4 * endedForMs);
    expect(await known()).toEqual([key]);
  });

  test('not while one of its events waits', async () => {
    const id = await open();
    await events.append([deliveryOf('1', { lane: key })], roomy, clock.now());
    await end(id);
    await clock.advance(10_000);
    expect(await known()).toEqual([key]);
  });

  test('an activator that still remembers the ended session gets the new one of all', async () => {
    const [one, other] = [sessionsOf(), sessionsOf()];
    const gone = await one.find(key, agent);
    await end(gone);
    await clock.advance(1_000);
    const next = await other.find(key, agent);
    expect([next === gone, await one.after(key, agent, gone, 'new')]).toEqual([false, next]);
  });
});

describe('where no new session follows one that has ended', () => {
  beforeEach(() => deploy(triggerWith('deadLetter')));

  test('that is remembered for as long as the limit says', async () => {
    const id = await open();
    await end(id);
    await store.forget(id);
    await clock.advance(endedForMs - 1_000);
    expect(await known()).toEqual([key]);
    expect(await sessionsOf().after(key, agent, id, 'deadLetter')).toBeUndefined();
    await clock.advance(3_000);
    expect(await known()).toEqual([]);
  });

  test('a trigger that is gone asks for nothing', async () => {
    await end(await open());
    await clock.advance(10_000);
    await deploy();
    await clock.advance(1_000);
    expect(await known()).toEqual([]);
  });

  test('triggers of other runtimes do not matter', async () => {
    const target = { runtime: { ...agent, name: 'other' }, path: '/' };
    await deploy({ ...triggerWith('deadLetter'), revision: '2', target });
    await end(await open());
    await clock.advance(1_000);
    expect(await known()).toEqual([]);
  });
});

describe('a session that is just being opened', () => {
  test('keeps its key: whoever opens it may be slow', async () => {
    await deploy(triggerWith('new'));
    await events.bind(key, 'opening:id-of-nobody');
    await clock.advance(10_000);
    expect(await known()).toEqual([key]);
    await clock.advance(endedForMs);
    expect(await known()).toEqual([]);
  });
});

describe('a round', () => {
  test('looks at a few keys, and the next one goes on there', async () => {
    await deploy(triggerWith('new'));
    for (const name of ['a', 'b', 'c', 'd', 'e']) await end(await open(`${runtimeKeyText(agent)}/${name}`));
    await clock.advance(1_000);
    expect(await known()).toHaveLength(2);
    await clock.advance(1_000);
    expect(await known()).toEqual([]);
  });

  test('does nothing before it is known which triggers there are', async () => {
    await end(await open());
    await clock.advance(10_000);
    expect(await known()).toEqual([key]);
  });

  test('that fails is told of, and the next one tries again', async () => {
    await deploy(triggerWith('new'));
    await end(await open());
    away = true;
    await clock.advance(1_000);
    expect([logged, await known()]).toEqual([['keys of events could not be swept'], [key]]);
    away = false;
    await clock.advance(1_000);
    expect(await known()).toEqual([]);
  });
});
