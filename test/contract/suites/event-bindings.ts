// Which session a key means, and that a tick of a schedule strikes once.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { EventStore, KnownBinding } from '../../../model/event-queue.ts';
import { deliveryOf, only, roomy, takeSome } from '../../support/events.ts';
import { minute, t0 } from '../../support/sessions.ts';
import type { OpenEventStore } from './event-queue.ts';

export function eventBindingsContract(open: OpenEventStore): void {
  let store: EventStore;
  let close: () => Promise<void>;
  beforeEach(async () => {
    ({ store, close } = await open());
  });
  afterEach(() => close());

  describe('bindings', () => {
    test('a key means the session that was bound first', async () => {
      expect(await store.bind('default/agent/ü 7', 's1')).toBe('s1');
      expect(await store.bind('default/agent/ü 7', 's2')).toBe('s1');
      expect(await store.bind('default/agent/8', 's2')).toBe('s2');
    });

    test('it means another only instead of the one that is named', async () => {
      await store.bind('k', 's1');
      expect(await store.bind('k', 's2', 's0')).toBe('s1');
      expect(await store.bind('k', 's2', 's1')).toBe('s2');
      expect(await store.bind('k', 's3', 's1')).toBe('s2');
      expect(await store.bind('fresh', 's4', 's1')).toBe('s4');
    });

    test('of many at once one is bound, and all learn which', async () => {
      const bound = await Promise.all(Array.from({ length: 20 }, (_, n) => store.bind('k', `s${n}`)));
      expect(new Set(bound).size).toBe(1);
      const instead = bound[0] ?? '';
      const again = await Promise.all(
        Array.from({ length: 20 }, (_, n) => store.bind('k', `t${n}`, instead)),
      );
      expect(new Set(again).size).toBe(1);
      expect(again[0]).toMatch(/^t/);
    });
  });

  describe('upkeep of bindings', () => {
    /** A pass over all of them, two at a time. */
    async function all(): Promise<Map<string, KnownBinding>> {
      const known = new Map<string, KnownBinding>();
      for (let after: string | undefined, more = true; more;) {
        const { found, next } = await store.bindings(2, after);
        for (const one of found) known.set(one.key, one);
        [after, more] = [next, next !== undefined];
      }
      return known;
    }

    const names = (count: number): string[] => Array.from({ length: count }, (_, n) => `key ü/${n}`);

    test('a pass tells every binding, and whose session has ended', async () => {
      expect(await all()).toEqual(new Map());
      for (const key of names(600)) await store.bind(key, `session of ${key}`);
      await store.noteEnded([{ key: 'key ü/7', sessionId: 'session of key ü/7' }], t0);
      const known = await all();
      expect([...known.keys()].sort()).toEqual(names(600).sort());
      expect(known.get('key ü/7')).toEqual({
        key: 'key ü/7',
        sessionId: 'session of key ü/7',
        endedAt: t0,
      });
      expect(known.get('key ü/8')).toEqual({ key: 'key ü/8', sessionId: 'session of key ü/8' });
    });

    test('the end is noted once, and not of a session that the key means no more', async () => {
      await store.bind('k', 's1');
      await store.noteEnded([{ key: 'k', sessionId: 's0' }], t0);
      expect((await all()).get('k')).toEqual({ key: 'k', sessionId: 's1' });
      await store.noteEnded([{ key: 'k', sessionId: 's1' }], t0);
      await store.noteEnded([{ key: 'k', sessionId: 's1' }], t0 + minute);
      expect((await all()).get('k')?.endedAt).toBe(t0);
      await store.bind('k', 's2', 's1');
      expect((await all()).get('k')).toEqual({ key: 'k', sessionId: 's2' });
    });

    test('a forgotten key means whatever is bound next; one that means another session is not forgotten', async () => {
      await store.bind('k', 's1');
      await store.bind('l', 's2');
      await store.noteEnded([{ key: 'k', sessionId: 's1' }], t0);
      const meant = [
        { key: 'k', sessionId: 's1' },
        { key: 'l', sessionId: 's0' },
        { key: 'unknown', sessionId: 's1' },
      ];
      expect(await store.forgetKeys(meant)).toBe(1);
      expect([...(await all()).keys()]).toEqual(['l']);
      expect(await store.bind('k', 's3')).toBe('s3');
      expect((await all()).get('k')).toEqual({ key: 'k', sessionId: 's3' });
      expect(await store.forgetKeys([])).toBe(0);
    });

    test('a key is not forgotten while a delivery of its lane waits or is in hand', async () => {
      const key = 'AgentRuntime/default/a/7';
      await store.bind(key, 's1');
      const forget = (): Promise<number> => store.forgetKeys([{ key, sessionId: 's1' }]);
      await store.append([deliveryOf('1', { lane: key }), deliveryOf('2', { lane: key })], roomy, t0);
      expect(await forget()).toBe(0);
      for (const id of ['1', '2']) {
        const taken = only(await takeSome(store, 5));
        expect([taken.id, await forget()]).toEqual([id, 0]);
        await store.settle(taken.ticket, 'one', { kind: 'done' });
      }
      expect(await forget()).toBe(1);
    });
  });

  describe('strikes', () => {
    test('a tick strikes once, and none before it any more', async () => {
      expect(await store.lastStrike('default/t')).toBeUndefined();
      expect(await store.strike('default/t', t0)).toBe(true);
      expect(await store.strike('default/t', t0)).toBe(false);
      expect(await store.strike('default/t', t0 - minute)).toBe(false);
      expect(await store.strike('default/t', t0 + minute)).toBe(true);
      expect(await store.lastStrike('default/t')).toBe(t0 + minute);
      expect(await store.strike('default/u', t0)).toBe(true);
    });

    test('of many at once one strikes', async () => {
      const struck = await Promise.all(Array.from({ length: 20 }, () => store.strike('default/t', t0)));
      expect(struck.filter(Boolean)).toHaveLength(1);
    });
  });
}
