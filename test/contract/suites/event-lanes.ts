// E2: of a lane at most one delivery is in hand, the one that was appended first of those that are left.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { EventStore, Taken } from '../../../model/event-queue.ts';
import { deliveryOf, idsOf, only, refused, roomy, takeSome } from '../../support/events.ts';
import { minute, second, t0 } from '../../support/sessions.ts';
import { until } from '../../support/until.ts';
import type { OpenEventStore } from './event-queue.ts';

export function eventLanesContract(open: OpenEventStore): void {
  let store: EventStore;
  let close: () => Promise<void>;
  beforeEach(async () => {
    ({ store, close } = await open());
  });
  afterEach(() => close());

  const append = (lane: string, ids: readonly string[], change = {}) =>
    store.append(
      ids.map((id) => deliveryOf(id, { lane, ...change })),
      roomy,
      t0,
    );
  const done = ({ ticket }: Taken, holder = 'one') => store.settle(ticket, holder, { kind: 'done' });
  const triggers = ['default/t', 'default/u'];

  describe('lanes (E2)', () => {
    test('one after the other, in the order of their append', async () => {
      await append('a', ['a1', 'a2', 'a3']);
      const seen: string[] = [];
      for (let turn = 0; turn < 3; turn += 1) {
        const taken = only(await takeSome(store, 10));
        expect(taken.lane).toBe('a');
        expect(await takeSome(store, 10, { holder: 'other' })).toEqual([]);
        seen.push(taken.id);
        await done(taken);
      }
      expect(seen).toEqual(['a1', 'a2', 'a3']);
      expect(await takeSome(store, 10)).toEqual([]);
    });

    test('different lanes, and what has none, do not wait for each other', async () => {
      await append('a', ['a1', 'a2']);
      await append('b', ['b1', 'b2']);
      await store.append([deliveryOf('free1'), deliveryOf('free2')], roomy, t0);
      expect(idsOf(await takeSome(store, 10)).sort()).toEqual(['a1', 'b1', 'free1', 'free2']);
    });

    test('what is appended while the lane is in hand waits for it', async () => {
      await append('a', ['a1']);
      const first = only(await takeSome(store, 10));
      await append('a', ['a2']);
      expect(await takeSome(store, 10)).toEqual([]);
      await append('a', ['a3']);
      await done(first);
      const next = only(await takeSome(store, 10));
      expect(next.id).toBe('a2');
      await done(next);
      expect(idsOf(await takeSome(store, 10))).toEqual(['a3']);
    });

    test('a lane that was empty goes on with what comes later', async () => {
      await append('a', ['a1']);
      await done(only(await takeSome(store, 10)));
      await append('a', ['a2']);
      expect(idsOf(await takeSome(store, 10))).toEqual(['a2']);
    });

    test.each([
      { kind: 'again', dueAt: t0 + second, error: refused },
      { kind: 'untried', dueAt: t0 + second },
    ] as const)('while one is to come $kind, the lane waits for it', async (outcome) => {
      await append('a', ['a1', 'a2']);
      const { ticket } = only(await takeSome(store, 10));
      await store.settle(ticket, 'one', outcome);
      expect(await takeSome(store, 10, { now: t0 + second - 1 })).toEqual([]);
      expect(idsOf(await takeSome(store, 10, { now: t0 + second }))).toEqual(['a1']);
    });

    test('after one is buried the next comes', async () => {
      await append('a', ['a1', 'a2']);
      const { ticket } = only(await takeSome(store, 10));
      await store.settle(ticket, 'one', { kind: 'buried', error: refused, at: t0 });
      expect(idsOf(await takeSome(store, 10))).toEqual(['a2']);
    });

    test('a holding that runs out gives the same one again, not the next', async () => {
      await append('a', ['a1', 'a2']);
      const lost = only(await takeSome(store, 10));
      const again = only(await takeSome(store, 10, { now: t0 + minute, holder: 'other' }));
      expect(again.id).toBe('a1');
      expect(await done(lost)).toBe(false);
      expect(await takeSome(store, 10, { now: t0 + minute })).toEqual([]);
      expect(await done(again, 'other')).toBe(true);
      expect(idsOf(await takeSome(store, 10, { now: t0 + minute }))).toEqual(['a2']);
    });

    test('a lane goes over several triggers: what came first goes first, whoever asks for the other', async () => {
      await append('a', ['a1'], { trigger: 'default/u' });
      await append('a', ['a2']);
      await append('a', ['a3'], { trigger: 'default/u' });
      expect(await takeSome(store, 10)).toEqual([]);
      const first = only(await takeSome(store, 10, { triggers }));
      expect(first.id).toBe('a1');
      expect(await takeSome(store, 10, { triggers })).toEqual([]);
      const heard: string[] = [];
      store.onAppended((trigger) => heard.push(trigger));
      await done(first);
      await until(() => heard.includes('default/t'));
      expect(await takeSome(store, 10, { triggers: ['default/u'] })).toEqual([]);
      const next = only(await takeSome(store, 10, { triggers }));
      expect(next.id).toBe('a2');
      await done(next);
      expect(idsOf(await takeSome(store, 10, { triggers: ['default/u'] }))).toEqual(['a3']);
    });

    test('a long lane in front does not hide what comes behind it', async () => {
      await append(
        'a',
        Array.from({ length: 1_500 }, (_, n) => `a${n}`),
      );
      await append('b', ['b0']);
      expect(idsOf(await takeSome(store, 10))).toEqual(['a0', 'b0']);
    });

    test('many lanes and holders, some of which lose what they have: each lane keeps its order', async () => {
      const lanes = Array.from({ length: 10 }, (_, n) => `lane ${n}`);
      for (let n = 0; n < 20; n += 1) {
        const all = lanes.map((lane, at) =>
          deliveryOf(`${n}`, { lane, trigger: triggers[(n + at) % 2] ?? '' }),
        );
        await store.append(all, roomy, t0);
      }
      const handled = new Map<string, number[]>();
      let now = t0;
      for (let turn = 0; handledCount(handled) < 200 && turn < 2_000; turn += 1) {
        now += second;
        const holder = `holder ${turn % 3}`;
        const taken = await takeSome(store, 4, { holder, now, until: now + 5 * second, triggers });
        const ofLanes = taken.map(({ lane }) => lane);
        expect(new Set(ofLanes).size).toBe(ofLanes.length);
        for (const [at, one] of taken.entries()) {
          if ((turn + at) % 4 === 0) continue;
          expect(await done(one, holder)).toBe(true);
          handled.set(one.lane ?? '', [...(handled.get(one.lane ?? '') ?? []), Number(one.id)]);
        }
      }
      for (const lane of lanes) expect(handled.get(lane)).toEqual(Array.from({ length: 20 }, (_, n) => n));
    });
  });
}

const handledCount = (handled: ReadonlyMap<string, readonly number[]>): number =>
  [...handled.values()].reduce((sum, { length }) => sum + length, 0);
