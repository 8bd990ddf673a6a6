// Waking in one hop over a real (memory) store, with a node that a test answers for. S1, S3, S4, S6 of direct wakes.
import { describe, expect, test } from '@jest/globals';
import { memorySessionStore } from '../adapters/memory/session-store.ts';
import { overdueMs } from '../model/due.ts';
import { PlatformError } from '../model/errors.ts';
import type { Thawer } from '../model/platform.ts';
import { markOf } from '../model/rebuilt-session.ts';
import type { SessionStore } from '../model/session-store.ts';
import type { Session, StateKind } from '../model/session.ts';
import { manualClock, settle } from '../test/support/manual-clock.ts';
import { moved, sandboxOf, second, sessionIn, stateOf, t0 } from '../test/support/sessions.ts';
import { DirectWakes } from './direct-wakes.ts';
import { LeaseBook } from './lease-book.ts';

const place = { agent: 'http://10.0.0.7:8090', pod: '7d0f' };
const sandbox = { ...sandboxOf('x'), place };
const asleep = sessionIn({ kind: 'paused', sandbox, claimed: true });
const { id } = asleep;
const away = (): Promise<never> => Promise.reject(new PlatformError('STORE_UNAVAILABLE', 'redis is away'));

interface Change {
  readonly thaw?: Thawer['thaw'];
  readonly store?: (store: SessionStore) => Partial<SessionStore>;
  readonly session?: Session;
}

async function start({ thaw = async () => {}, store: change = () => ({}), session = asleep }: Change = {}) {
  const clock = manualClock(t0);
  const plain = memorySessionStore();
  await plain.create(session, null);
  const store = { ...plain, ...change(plain) };
  const told: string[] = [];
  const thawed: Parameters<Thawer['thaw']>[] = [];
  const fallback = { wake: (sessionId: string) => void told.push(`controller ${sessionId}`) };
  const log = (): void => undefined;
  const leases = new LeaseBook({ ...{ store, clock, log }, wakes: fallback, holder: 'me', leaseMs: 5_000 });
  const direct = new DirectWakes({
    ...{ store, fallback, leases, clock, log },
    thawer: {
      thaw: async (...order) => {
        thawed.push(order);
        const state = (await plain.get(id))?.session.state.kind;
        told.push(`thaw in ${state}`);
        await thaw(...order);
      },
    },
    onAwake: ({ version }) => void told.push(`awake ${version}`),
    onDoubt: (sessionId) => void told.push(`doubt ${sessionId}`),
  });
  const stored = async (): Promise<Session | undefined> => (await plain.get(id))?.session;
  return { clock, store: plain, direct, leases, told, thawed, stored };
}

describe('a session that sleeps where it can be thawed', () => {
  test('is stored as resuming, thawed with its mark and version, and stored as running with a lease', async () => {
    const { clock, store, direct, leases, told, thawed, stored } = await start();
    direct.wake(id);
    await settle();
    expect(told).toEqual(['thaw in resuming', 'awake 3']);
    expect(thawed).toEqual([[place, markOf(asleep), 2]]);
    expect(await stored()).toMatchObject({ version: 3, wokenAt: t0, state: { kind: 'running', sandbox } });
    expect((await store.get(id))?.leasedUntil).toBe(t0 + 5 * second);
    expect(leases.usable(id, clock.now())).toMatchObject({ sessionId: id, generation: 1 });
  });

  test('is not looked up when whoever asks has seen it', async () => {
    const { direct, told } = await start({ store: () => ({ get: away }) });
    direct.wake(id, asleep);
    await settle();
    expect(told).toEqual(['thaw in resuming', 'awake 3']);
  });

  test('is woken once, however many ask (S3)', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { direct, told } = await start({ thaw: () => promise });
    for (let i = 0; i < 5; i += 1) direct.wake(id, asleep);
    await settle();
    direct.wake(id);
    resolve();
    await settle();
    expect(told).toEqual(['thaw in resuming', 'awake 3']);
  });

  test('comes to rest again when its time has come: what is stored says when to look', async () => {
    const { store, direct } = await start();
    direct.wake(id);
    await settle();
    const due = await store.due(t0 + 30 * second, 10);
    expect(due.map(({ session }) => session.id)).toEqual([id]);
    expect(await store.due(t0 + 30 * second - 1, 10)).toEqual([]);
  });
});

describe('whatever is not plainly so', () => {
  const others: StateKind[] = ['creating', 'pausing', 'suspending', 'suspended', 'restarting', 'ending'];

  test.each([...others, 'paused' as const])(
    'a session in %s, with no place known, is the controller’s',
    async (kind) => {
      const { direct, told } = await start({ session: sessionIn(stateOf(kind)) });
      direct.wake(id);
      await settle();
      expect(told).toEqual([`controller ${id}`]);
    },
  );

  test('a session that changed since it was seen is not thawed (S6); whoever waits asks again', async () => {
    const { store, direct, told } = await start();
    await store.save({ ...moved(asleep, 'ending'), state: stateOf('ending', 'x') }, null);
    direct.wake(id, asleep);
    await settle();
    expect(told).toEqual([`doubt ${id}`]);
  });

  test('a controller that carried the wake on meanwhile is believed', async () => {
    const { store, direct, told, stored } = await start({
      thaw: async () => {
        const resuming = (await store.get(id))?.session as Session;
        await store.save({ ...moved(resuming, 'running'), state: { kind: 'running', sandbox } }, null);
      },
    });
    direct.wake(id, asleep);
    await settle();
    expect([told.at(-1), (await stored())?.version]).toEqual([`doubt ${id}`, 3]);
  });

  test('a node that does not answer, or has nothing to thaw: the controller carries it on (S4)', async () => {
    const thaw = () => Promise.reject(new PlatformError('NODE_UNREACHABLE', 'no answer'));
    const { store, direct, told, stored } = await start({ thaw });
    direct.wake(id, asleep);
    await settle();
    expect(told).toEqual(['thaw in resuming', `controller ${id}`]);
    expect((await stored())?.state.kind).toBe('resuming');
    const due = await store.due(t0 + overdueMs, 10);
    expect(due.map(({ session }) => session.id)).toEqual([id]);
  });

  test.each(['save', 'saveLeased'] as const)(
    'a store that does not answer to %s may have done it: the controller is asked, and whoever waits asks again',
    async (operation) => {
      const { direct, told } = await start({ store: () => ({ [operation]: away }) });
      direct.wake(id, asleep);
      await settle();
      expect(told.slice(-2)).toEqual([`controller ${id}`, `doubt ${id}`]);
    },
  );

  test('the next wake is a new one', async () => {
    let broken = true;
    const { store, direct, told } = await start({
      store: (plain) => ({ save: (...args) => (broken ? away() : plain.save(...args)) }),
    });
    direct.wake(id, asleep);
    await settle();
    broken = false;
    direct.wake(id);
    await settle();
    expect(told).toEqual([`controller ${id}`, `doubt ${id}`, 'thaw in resuming', 'awake 3']);
    expect((await store.get(id))?.session.state.kind).toBe('running');
  });
});

describe('a wake that somebody else began', () => {
  const resuming = { ...moved(asleep, 'resuming'), stateAt: t0 };

  test('is left to him for a moment, and then the controller is asked: he may be dead', async () => {
    const { clock, direct, told } = await start({ session: resuming });
    direct.wake(id);
    await settle();
    expect(told).toEqual([]);
    await clock.advance(second);
    expect(told).toEqual([`controller ${id}`]);
  });

  test('and that is old is the controller’s at once', async () => {
    const { clock, direct, told } = await start({ session: resuming });
    await clock.advance(2 * second);
    direct.wake(id, resuming);
    await settle();
    expect(told).toEqual([`controller ${id}`]);
  });

  test('is forgotten with the activator', async () => {
    const { clock, direct, told } = await start({ session: resuming });
    direct.wake(id);
    await settle();
    direct.close();
    await clock.advance(second);
    expect(told).toEqual([]);
  });
});

test('news of what is stored here is its own, until it is known what came of it', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { direct } = await start({ thaw: () => promise });
  const versions = (): boolean[] => [1, 2, 3].map((version) => direct.isOwn({ ...asleep, version }));
  expect(versions()).toEqual([false, false, false]);
  direct.wake(id, asleep);
  await settle();
  expect(versions()).toEqual([true, true, false]);
  resolve();
  await settle();
  expect(versions()).toEqual([false, false, false]);
});
