// What every store of sessions promises about leases and activity: what makes a cached route safe (S2, S6, S7).
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { SessionStore } from '../../../model/session-store.ts';
import { stateKinds, type Session } from '../../../model/session.ts';
import { minute, moved, second, sessionIn, t0 } from '../../support/sessions.ts';
import type { OpenStore } from './session-store-sessions.ts';

/** Registers the tests of leases for one adapter. */
export function leasesContract(open: OpenStore): void {
  let store: SessionStore;
  const running = sessionIn('running');
  const { id } = running;
  const until = t0 + 5 * second;
  beforeEach(async () => {
    store = await open();
    await store.create(running, null);
  });
  afterEach(() => store.close());

  const claimOf = (generation: number, lastActivityAt = t0) => ({
    sessionId: id,
    generation,
    lastActivityAt,
  });
  const leasedUntil = async () => (await store.get(id))?.leasedUntil;
  const lastActivityAt = async () => (await store.get(id))?.lastActivityAt;
  const idleSave = (now: number, idleSince: number) =>
    store.saveIfUnleased(moved(running, 'pausing'), null, now, idleSince);
  /** The session lost its sandbox and got it again: generation 2, version 4, running. */
  const restart = async (): Promise<Session> => {
    const steps: [Parameters<typeof moved>[1], number][] = [
      ['suspended', 1],
      ['restarting', 2],
      ['running', 2],
    ];
    let session = running;
    for (const [kind, generation] of steps) {
      session = moved(session, kind, { generation });
      await store.save(session, null);
    }
    return session;
  };

  describe('storing a session together with a lease on it', () => {
    const awake = (change: Partial<Session> = {}): Session =>
      moved(moved(running, 'resuming'), 'running', change);
    const asleep = () => store.save(moved(running, 'resuming'), null);

    test('it runs, and is leased at once', async () => {
      await asleep();
      expect(await store.saveLeased(awake(), until, 'activator', until)).toBe('saved');
      expect(await store.get(id)).toEqual({ session: awake(), lastActivityAt: t0, leasedUntil: until });
      expect((await store.due(until, 10)).map(({ session }) => session.id)).toEqual([id]);
      expect(await store.saveIfUnleased(moved(awake(), 'pausing'), null, t0, t0)).toBe('leased');
    });

    test('over another version it changes nothing, and there is no lease', async () => {
      expect(await store.saveLeased(awake(), null, 'activator', until)).toBe('conflict');
      expect(await store.saveLeased({ ...awake(), id: 'nobody' }, null, 'activator', until)).toBe('conflict');
      expect(await store.get(id)).toEqual({ session: running, lastActivityAt: t0, leasedUntil: 0 });
    });

    test('a longer lease that the holder has stays (S7), one of an earlier generation does not count (S6)', async () => {
      await store.acquire(id, 'activator', until + minute, t0);
      await asleep();
      await store.saveLeased(awake(), null, 'activator', until);
      expect(await leasedUntil()).toBe(until + minute);
      const next = awake({ generation: 2, version: 4 });
      await store.saveLeased(next, null, 'activator', until);
      expect(await leasedUntil()).toBe(until);
    });

    test('it is given back as any other lease', async () => {
      await asleep();
      await store.saveLeased(awake(), null, 'activator', until);
      await store.release([claimOf(1)], 'activator');
      expect(await leasedUntil()).toBe(0);
    });
  });

  describe('acquiring', () => {
    test('a running session grants it and tells how the session stands', async () => {
      expect(await store.acquire(id, 'activator', until, t0)).toEqual({
        granted: true,
        record: { session: running, lastActivityAt: t0, leasedUntil: until },
      });
    });

    test.each(stateKinds.filter((kind) => kind !== 'running'))(
      'a session in %s refuses, and says so',
      async (kind) => {
        const session = sessionIn(kind, { id: 'other' });
        await store.create(session, null);
        expect(await store.acquire('other', 'activator', until, t0)).toEqual({
          granted: false,
          record: { session, lastActivityAt: t0, leasedUntil: 0 },
        });
      },
    );

    test('nobody has no record', async () => {
      expect(await store.acquire('nobody', 'activator', until, t0)).toEqual({
        granted: false,
        record: undefined,
      });
    });

    test('several holders share a session; the last to run out counts', async () => {
      await store.acquire(id, 'a', until, t0);
      await store.acquire(id, 'b', until + second, t0);
      await store.acquire(id, 'a', until + 1, t0);
      expect(await leasedUntil()).toBe(until + second);
    });

    test('again for less does not shorten it (S7)', async () => {
      await store.acquire(id, 'a', until, t0);
      await store.acquire(id, 'a', until - second, t0);
      expect(await leasedUntil()).toBe(until);
    });
  });

  describe('pausing against leases (S2)', () => {
    test('no lease was ever given: saved', async () => {
      expect(await idleSave(t0, t0)).toBe('saved');
      expect((await store.get(id))?.session).toEqual(moved(running, 'pausing'));
    });

    test('a living lease: refused, and nothing changed', async () => {
      await store.acquire(id, 'a', until, t0);
      expect(await idleSave(until - 1, t0)).toBe('leased');
      expect((await store.get(id))?.session).toEqual(running);
    });

    test('a lease that ran out no longer counts', async () => {
      await store.acquire(id, 'a', until, t0);
      expect(await idleSave(until, t0)).toBe('saved');
    });

    test('one of two leases given back: still refused', async () => {
      await store.acquire(id, 'a', until, t0);
      await store.acquire(id, 'b', until, t0);
      await store.release([claimOf(1)], 'a');
      expect(await idleSave(t0, t0)).toBe('leased');
      await store.release([claimOf(1)], 'b');
      expect(await idleSave(t0, t0)).toBe('saved');
    });

    test('work after what the caller saw as idle: refused', async () => {
      await store.touch(id, t0 + 2);
      expect(await idleSave(t0 + minute, t0 + 1)).toBe('leased');
      expect(await idleSave(t0 + minute, t0 + 2)).toBe('saved');
    });

    test('a session younger than what the caller saw as idle: refused', async () => {
      expect(await idleSave(t0 + minute, t0 - 1)).toBe('leased');
    });

    test('another version conflicts, leased or not', async () => {
      await store.acquire(id, 'a', until, t0);
      const twoAhead = moved(moved(running, 'running'), 'pausing');
      expect(await store.saveIfUnleased(twoAhead, null, t0, t0)).toBe('conflict');
      await store.release([claimOf(1)], 'a');
      expect(await store.saveIfUnleased(twoAhead, null, t0, t0)).toBe('conflict');
      expect(await store.saveIfUnleased({ ...running, id: 'nobody', version: 2 }, null, t0, t0)).toBe(
        'conflict',
      );
    });

    test('whichever is first wins: the lease', async () => {
      const [lease, pause] = await Promise.all([store.acquire(id, 'a', until, t0), idleSave(t0, t0)]);
      expect([lease.granted, pause]).toEqual([true, 'leased']);
    });

    test('whichever is first wins: the pause', async () => {
      const [pause, lease] = await Promise.all([idleSave(t0, t0), store.acquire(id, 'a', until, t0)]);
      expect([pause, lease.granted, lease.record?.session.state.kind]).toEqual(['saved', false, 'pausing']);
    });

    test('in any order of many, never both', async () => {
      for (let n = 0; n < 50; n += 1) {
        const session = sessionIn('running', { id: `race-${n}` });
        await store.create(session, null);
        const lease = () => store.acquire(session.id, 'a', until, t0).then(({ granted }) => granted);
        const pause = () =>
          store.saveIfUnleased(moved(session, 'pausing'), null, t0, t0).then((a) => a === 'saved');
        const won = await Promise.all(n % 2 === 0 ? [lease(), pause()] : [pause(), lease()]);
        expect(won.filter(Boolean)).toHaveLength(1);
      }
    });
  });

  describe('renewing', () => {
    test('extends the lease and records the work, and has nothing to complain of', async () => {
      await store.acquire(id, 'a', until, t0);
      expect(await store.renew([claimOf(1, t0 + 7)], 'a', until + second)).toEqual([]);
      expect(await store.get(id)).toEqual({
        session: running,
        lastActivityAt: t0 + 7,
        leasedUntil: until + second,
      });
    });

    test('a lease that ran out is given again while the session still runs', async () => {
      await store.acquire(id, 'a', until, t0);
      expect(await store.renew([claimOf(1)], 'a', until + minute)).toEqual([]);
      expect(await leasedUntil()).toBe(until + minute);
    });

    test('names exactly those that may not go on', async () => {
      await store.create(sessionIn('running', { id: 'fine' }), null);
      await store.create(sessionIn('pausing', { id: 'pausing' }), null);
      await store.create(sessionIn('running', { id: 'newer', generation: 2 }), null);
      const claims = ['fine', 'pausing', 'newer', 'nobody'].map((sessionId) => ({
        ...claimOf(1),
        sessionId,
      }));
      expect(await store.renew(claims, 'a', until)).toEqual(['pausing', 'newer', 'nobody']);
      expect((await store.get('fine'))?.leasedUntil).toBe(until);
      expect((await store.get('pausing'))?.leasedUntil).toBe(0);
      expect((await store.get('newer'))?.leasedUntil).toBe(0);
    });

    test('work that was done before the session stopped running is still recorded', async () => {
      await store.save(moved(running, 'suspended'), null);
      expect(await store.renew([claimOf(1, t0 + 7)], 'a', until)).toEqual([id]);
      expect(await lastActivityAt()).toBe(t0 + 7);
    });

    test('nothing is renewed by nobody', async () => {
      expect(await store.renew([], 'a', until)).toEqual([]);
    });
  });

  describe('releasing', () => {
    test('ends the lease and records the work', async () => {
      await store.acquire(id, 'a', until, t0);
      await store.release([claimOf(1, t0 + 9)], 'a');
      expect(await store.get(id)).toEqual({ session: running, lastActivityAt: t0 + 9, leasedUntil: 0 });
    });

    test('ends only its own', async () => {
      await store.acquire(id, 'a', until, t0);
      await store.release([claimOf(1)], 'b');
      expect(await leasedUntil()).toBe(until);
    });

    test('what is unknown is ignored', async () => {
      await store.release([{ sessionId: 'nobody', generation: 1, lastActivityAt: t0 }], 'a');
      expect(await store.get('nobody')).toBeUndefined();
    });
  });

  describe('a message of another generation changes nothing (S6)', () => {
    test('a renewal', async () => {
      await restart();
      expect(await store.renew([claimOf(1, t0 + minute)], 'a', until)).toEqual([id]);
      expect(await store.get(id)).toMatchObject({ lastActivityAt: t0, leasedUntil: 0 });
    });

    test('a release', async () => {
      await restart();
      await store.acquire(id, 'a', until, t0);
      await store.release([claimOf(1, t0 + minute)], 'a');
      expect(await store.get(id)).toMatchObject({ lastActivityAt: t0, leasedUntil: until });
    });

    test('a lease of the sandbox before neither counts nor keeps the new one awake', async () => {
      await store.acquire(id, 'a', until, t0);
      const again = await restart();
      expect(await leasedUntil()).toBe(0);
      expect(await store.saveIfUnleased(moved(again, 'pausing', { generation: 2 }), null, t0, t0)).toBe(
        'saved',
      );
    });

    test('a lease of the sandbox before does not lengthen the one of the new', async () => {
      await store.acquire(id, 'a', until + minute, t0);
      await restart();
      await store.acquire(id, 'a', until, t0);
      expect(await leasedUntil()).toBe(until);
    });
  });

  describe('activity only grows (S7)', () => {
    test('touching with an earlier time, or before it began, changes nothing', async () => {
      await store.touch(id, t0 + 5);
      await store.touch(id, t0 + 3);
      expect(await lastActivityAt()).toBe(t0 + 5);
      await store.create(sessionIn('running', { id: 'new' }), null);
      await store.touch('new', t0 - minute);
      expect((await store.get('new'))?.lastActivityAt).toBe(t0);
    });

    test('nor do late renewals and releases', async () => {
      await store.touch(id, t0 + 5);
      await store.renew([claimOf(1, t0 + 3)], 'a', until);
      await store.release([claimOf(1, t0 + 4)], 'a');
      expect(await lastActivityAt()).toBe(t0 + 5);
    });

    test('many at once leave the latest', async () => {
      await Promise.all([3, 9, 1, 7].map((n) => store.touch(id, t0 + n)));
      expect(await lastActivityAt()).toBe(t0 + 9);
    });

    test('of nobody is nothing', async () => {
      await store.touch('nobody', t0);
      expect(await store.get('nobody')).toBeUndefined();
    });
  });
}
