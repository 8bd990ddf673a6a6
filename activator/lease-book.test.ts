// Leases over time, with a clock moved by hand and a real (memory) store. S2: none lapses while work is in hand.
import { describe, expect, test } from '@jest/globals';
import { memorySessionStore } from '../adapters/memory/session-store.ts';
import { manualClock, settle } from '../test/support/manual-clock.ts';
import { moved, sessionIn, t0 } from '../test/support/sessions.ts';
import type { SessionStore } from '../model/session-store.ts';
import { LeaseBook, type Route } from './lease-book.ts';

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
    await book.acquire(session.id);
    return book.usable(session.id, clock.now()) as Route;
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

  test('that nobody used lately is renewed too after the store was away, or after a gap', async () => {
    let away = false;
    const { clock, store, book, session, acquire } = await start(null, (plain) => ({
      ...plain,
      renew: (...args) => (away ? Promise.reject(new Error('away')) : plain.renew(...args)),
    }));
    const leased = async () => (await store.get(session.id))?.leasedUntil;
    await acquire();
    await clock.advance(second);
    const claims = [{ sessionId: session.id, generation: 1, lastActivityAt: 0 }];
    await store.release(claims, 'me');
    await clock.advance(second);
    expect(await leased()).toBe(0);
    book.recheck();
    await settle();
    expect(await leased()).toBe(clock.now() + 5 * second);
    await store.release(claims, 'me');
    away = true;
    book.recheck();
    await clock.advance(second);
    away = false;
    await clock.advance(second);
    expect(await leased()).toBe(clock.now() + 5 * second);
  });

  test('a gap while a renewal is on its way is asked about when that has ended', async () => {
    const answers: (() => void)[] = [];
    const { clock, book, acquire } = await start(null, (plain) => ({
      ...plain,
      renew: async (...args) => {
        await new Promise<void>((resolve) => answers.push(resolve));
        return plain.renew(...args);
      },
    }));
    await acquire();
    await clock.advance(second);
    book.recheck();
    await settle();
    expect(answers).toHaveLength(1);
    answers[0]?.();
    await settle();
    expect(answers).toHaveLength(2);
  });

  test('a gap tells of a session that moved: its route ends', async () => {
    const { store, book, session, acquire } = await start(null);
    await acquire();
    await store.save(moved(session, 'suspended'), null);
    book.recheck();
    await settle();
    expect(book.size).toBe(0);
  });

  test('of which something went wrong with its sandbox is asked for again before the next request', async () => {
    const { clock, acquire, usable } = await start();
    const route = await acquire();
    const done = route.work();
    route.doubt();
    expect(usable()).toBe(false);
    await clock.advance(second);
    expect(usable()).toBe(true);
    done();
  });

  test('can be asked for again only when it has been given back', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { clock, acquire } = await start(second, (store) => ({
      ...store,
      release: () => promise,
    }));
    (await acquire()).work()();
    await clock.advance(second);
    const asked: string[] = [];
    const waiting = acquire().then(() => asked.push('answered'));
    await clock.advance(second);
    expect(asked).toEqual([]);
    resolve();
    await waiting;
    expect(asked).toEqual(['answered']);
  });

  test.each(['upkeep', 'a recall'])(
    'is not given back by %s while it is being asked for anew',
    async (by) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      let held = false;
      const { clock, book, session, acquire, leasedForMs, usable } = await start(5 * second, (store) => ({
        ...store,
        acquire: async (...args) => {
          const answer = await store.acquire(...args);
          if (held) await promise;
          return answer;
        },
      }));
      await acquire();
      await clock.advance(4 * second + 900);
      held = true;
      const asking = acquire();
      await settle();
      if (by === 'upkeep') await clock.advance(second);
      else book.recall(session.id);
      resolve();
      await asking;
      await settle();
      expect([usable(), (await leasedForMs()) > 3 * second]).toEqual([true, true]);
    },
  );
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

describe('a lease that could not be given back', () => {
  const awayFor = async (away: { is: boolean }) =>
    start(second, (plain) => ({
      ...plain,
      release: (...args) => (away.is ? Promise.reject(new Error('away')) : plain.release(...args)),
    }));

  test('is given back when the store answers again, with its activity', async () => {
    const away = { is: true };
    const { clock, store, book, session, acquire, leasedForMs } = await awayFor(away);
    const route = await acquire();
    const done = route.work();
    await clock.advance(3 * second);
    done();
    const usedAt = clock.now();
    await clock.advance(2 * second);
    expect([book.size, (await leasedForMs()) > 0]).toEqual([0, true]);
    away.is = false;
    await clock.advance(second);
    expect(await store.get(session.id)).toMatchObject({ leasedUntil: 0, lastActivityAt: usedAt });
  });

  test('takes nothing from one that was got since, however late it comes', async () => {
    const late: (() => Promise<void>)[] = [];
    const { clock, store, session, acquire, leasedForMs } = await start(second, (plain) => ({
      ...plain,
      release: (...args) => {
        late.push(() => plain.release(...args));
        return Promise.reject(new Error('no answer'));
      },
    }));
    (await acquire()).work()();
    await clock.advance(second);
    expect(late).toHaveLength(1);
    (await acquire()).work();
    for (const arrives of late.splice(0)) await arrives();
    expect(await leasedForMs()).toBe(5 * second);
    const pausing = moved(session, 'pausing');
    expect(await store.saveIfUnleased(pausing, null, clock.now(), clock.now())).toBe('leased');
  });

  test('leaves others as they are: they are renewed by the new name, and held by none when they end', async () => {
    const away = { is: false };
    const { clock, store, book, session, acquire } = await awayFor(away);
    const done = (await acquire()).work();
    const other = sessionIn('running', { id: 'other' });
    await store.create(other, null);
    await book.acquire('other');
    away.is = true;
    book.recall('other');
    await settle();
    away.is = false;
    await clock.advance(2 * second);
    expect((await store.get('other'))?.leasedUntil).toBe(0);
    done();
    await clock.advance(2 * second);
    expect((await store.get(session.id))?.leasedUntil).toBe(0);
  });
});

test('a lease that is granted after all was closed is given back', async () => {
  const { book, acquire, leasedForMs } = await start();
  await book.close();
  await acquire();
  await settle();
  expect([book.size, (await leasedForMs()) <= 0]).toEqual([0, true]);
});

test('closing gives every lease back', async () => {
  const { book, acquire, leasedForMs } = await start();
  (await acquire()).work();
  await book.close();
  expect([book.size, (await leasedForMs()) <= 0]).toEqual([0, true]);
});
