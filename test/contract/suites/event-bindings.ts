// Which session a key means, and that a tick of a schedule strikes once.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { EventStore } from '../../../model/event-queue.ts';
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
