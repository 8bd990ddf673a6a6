// Leases over time, with a clock moved by hand and a real (memory) store. S2: none lapses while work is in hand.
import { describe, expect, test } from '@jest/globals';
import { memorySessionStore } from '../adapters/memory/session-store.ts';
import { manualClock } from '../test/support/manual-clock.ts';
import { moved, sessionIn, t0 } from '../test/support/sessions.ts';
import type { SessionRecord, SessionStore } from '../model/session-store.ts';
import { LeaseBook } from './lease-book.ts';

const second = 1_000;

async function start(
  pauseAfterMs: number | null = 30 * second,
  change: (store: SessionStore) => SessionStore = (s) => s,
) {
  const clock = manualClock(t0);
  const store = memorySessionStore();
  const wakes: string[] = [];
  const logged: string[] = [];
  const book = new LeaseBook({
    store: change(store),
    wakes: { wake: (id) => void wakes.push(id) },
    clock,
    log: (message) => logged.push(message),
    holder: 'me',
    leaseMs: 5 * second,
  });
  const plain = sessionIn('running');
  const session = { ...plain, policy: { ...plain.policy, pauseAfterMs } };
  await store.create(session, null);
  const acquire = async () => {
    const until = clock.now() + 5 * second;
    const { holder } = book;
    const { record } = await store.acquire(session.id, holder, until, clock.now());
    return book.grant(record as SessionRecord, until, holder);
  };
  const leasedForMs = async () => ((await store.get(session.id))?.leasedUntil ?? 0) - clock.now();
  const usable = () => book.usable(session.id, clock.now()) !== undefined;
  return { clock, store, book, session, wakes, logged, acquire, leasedForMs, usable };
}

describe('a lease', () => {
  test('is extended for as long as work is in hand, however long', async () => {
    const { clock, acquire, leasedForMs, usable } = await start();
    const done = (await acquire()).work();
    for (let i = 0; i < 60; i += 1) {
      await clock.advance(second);
      expect([(await leasedForMs()) > 3 * second, usable()]).toEqual([true, true]);
    }
    done();
  });

  test('is extended once more after its last use, then runs out and is forgotten', async () => {
    const { clock, book, store, session, acquire, leasedForMs, usable } = await start();
    (await acquire()).work()();
    const usedAt = clock.now();
    await clock.advance(second);
    expect(await leasedForMs()).toBe(5 * second);
    await clock.advance(5 * second);
    expect([usable(), book.size, (await leasedForMs()) <= 0]).toEqual([false, 0, true]);
    expect((await store.get(session.id))?.lastActivityAt).toBe(usedAt);
  });

  test('is given back as soon as the session may be paused', async () => {
    const { clock, book, acquire, leasedForMs } = await start(second);
    (await acquire()).work()();
    await clock.advance(second);
    expect([book.size, (await leasedForMs()) <= 0]).toEqual([0, true]);
  });

  test('work ends once, however often it is said', async () => {
    const { acquire } = await start();
    const route = await acquire();
    const [first, second_] = [route.work(), route.work()];
    first();
    first();
    expect(route.inHand).toBe(1);
    second_();
    expect(route.inHand).toBe(0);
  });

  test('survives a store that fails for a while, and says so', async () => {
    let broken = true;
    const { clock, acquire, leasedForMs, usable, logged } = await start(30 * second, (store) => ({
      ...store,
      renew: (...args) => (broken ? Promise.reject(new Error('disk full')) : store.renew(...args)),
    }));
    (await acquire()).work();
    await clock.advance(3 * second);
    expect([usable(), logged.length]).toEqual([true, 3]);
    broken = false;
    await clock.advance(second);
    expect(await leasedForMs()).toBe(5 * second);
  });

  test('can be asked for again only when it has been given back', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { clock, book, session, acquire } = await start(second, (store) => ({
      ...store,
      release: () => promise,
    }));
    (await acquire()).work()();
    await clock.advance(second);
    let released = false;
    const waiting = book.released(session.id).then(() => (released = true));
    await clock.advance(second);
    expect(released).toBe(false);
    resolve();
    await waiting;
  });
});

describe('news of the session', () => {
  test('a pause revokes the lease; work in hand has it undone, and is leased again when it runs', async () => {
    const { clock, store, book, session, wakes, acquire, usable, leasedForMs } = await start();
    (await acquire()).work();
    const pausing = moved(session, 'pausing');
    await store.save(pausing, null);
    book.changed(pausing);
    expect([usable(), wakes]).toEqual([false, [session.id]]);
    await clock.advance(second);
    expect(wakes.length).toBeGreaterThan(1);
    const running = moved(pausing, 'running');
    await store.save(running, null);
    book.changed(running);
    await clock.advance(second);
    expect([usable(), await leasedForMs()]).toEqual([true, 5 * second]);
  });

  test('a pause with nothing in hand forgets the route and wakes nobody', async () => {
    const { book, session, wakes, acquire } = await start();
    await acquire();
    book.changed(moved(session, 'pausing'));
    expect([book.size, wakes]).toEqual([0, []]);
  });

  test('a lost sandbox, or another generation, ends the route even with work in hand', async () => {
    for (const news of ['suspended', 'running'] as const) {
      const { book, session, wakes, acquire } = await start();
      (await acquire()).work();
      book.changed(moved(session, news, news === 'running' ? { generation: 2 } : {}));
      expect([book.size, wakes]).toEqual([0, []]);
    }
  });

  test('of an older version changes nothing', async () => {
    const { book, session, usable, acquire } = await start();
    await acquire();
    book.changed({ ...moved(session, 'paused'), version: session.version });
    expect(usable()).toBe(true);
  });
});

test('closing gives every lease back', async () => {
  const { book, acquire, leasedForMs } = await start();
  (await acquire()).work();
  await book.close();
  expect([book.size, (await leasedForMs()) <= 0]).toEqual([0, true]);
});
