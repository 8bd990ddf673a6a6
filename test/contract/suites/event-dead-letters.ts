// Dead letters: how a delivery becomes one, and that it can be found, replayed, dropped and forgotten.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { EventStore } from '../../../model/event-queue.ts';
import { deliveryOf, idsOf, only, refused, roomy, takeSome } from '../../support/events.ts';
import { minute, t0 } from '../../support/sessions.ts';
import { until } from '../../support/until.ts';
import type { OpenEventStore } from './event-queue.ts';

export function eventDeadLettersContract(open: OpenEventStore): void {
  let store: EventStore;
  let close: () => Promise<void>;
  beforeEach(async () => {
    ({ store, close } = await open());
  });
  afterEach(() => close());

  const append = (ids: readonly string[], change = {}, now = t0) =>
    store.append(
      ids.map((id) => deliveryOf(id, change)),
      roomy,
      now,
    );
  /** Appends and buries each, one after the other. */
  async function bury(ids: readonly string[], trigger = 'default/t', at = t0 + 5): Promise<void> {
    for (const id of ids) {
      await append([id], { trigger });
      const { ticket } = only(await takeSome(store, 1, { triggers: [trigger] }));
      expect(await store.settle(ticket, 'one', { kind: 'buried', error: refused, at })).toBe(true);
    }
  }
  const everyDead = () => store.dead({ namespace: 'default', limit: 100 });
  const overdue = { dest: '', code: 0, data: 'nobody took it in time' };

  describe('dead letters', () => {
    test('keep the event to the byte, and tell how it came to that', async () => {
      const delivery = deliveryOf('a', { lane: 'l', hops: 2 });
      await store.append([delivery], roomy, t0);
      const first = only(await takeSome(store, 1));
      await store.settle(first.ticket, 'one', { kind: 'again', dueAt: t0, error: refused });
      const { ticket } = only(await takeSome(store, 1));
      const error = { dest: 'http://target/ü', code: 500, data: '"oops"\n' };
      await store.settle(ticket, 'one', { kind: 'buried', error, at: t0 + 9 });
      const letter = only(await everyDead());
      const { trigger, source, id, type, lane, hops } = delivery;
      expect(letter).toMatchObject({ trigger, source, id, type, lane, hops, error, tries: 1 });
      expect(letter).toMatchObject({ buriedAt: t0 + 9, at: t0, event: { headers: delivery.event.headers } });
      expect(Buffer.from(letter.event.body).toString()).toBe('data of a');
      expect(await store.deadOne(letter.deadId)).toEqual(letter);
      expect(await takeSome(store, 5, { now: t0 + 10 * minute })).toEqual([]);
    });

    test('are listed from the oldest, page by page, by namespace and trigger', async () => {
      await bury(['a', 'b', 'c']);
      await bury(['d'], 'default/u');
      await bury(['e'], 'other/t');
      expect(idsOf(await everyDead())).toEqual(['a', 'b', 'c', 'd']);
      const page = await store.dead({ namespace: 'default', limit: 2 });
      expect(idsOf(page)).toEqual(['a', 'b']);
      const after = page[1]?.deadId ?? '';
      expect(idsOf(await store.dead({ namespace: 'default', limit: 2, after }))).toEqual(['c', 'd']);
      const ofTrigger = { namespace: 'default', trigger: 'default/t', limit: 9 };
      expect(idsOf(await store.dead({ ...ofTrigger, after }))).toEqual(['c']);
      expect(idsOf(await store.dead(ofTrigger))).toEqual(['a', 'b', 'c']);
      expect(await store.dead({ namespace: 'other', trigger: 'default/t', limit: 9 })).toEqual([]);
      expect(idsOf(await store.dead({ namespace: 'other', limit: 9 }))).toEqual(['e']);
      expect(await store.dead({ namespace: 'default', limit: 0 })).toEqual([]);
    });

    test('of ids that nobody gave there are none', async () => {
      await bury(['a']);
      for (const id of ['', 'x', '1.5', '-1', '999999', '99999999999999999999']) {
        expect(await store.deadOne(id)).toBeUndefined();
        expect(await store.replay([id], t0)).toBe(0);
        expect(await store.drop([id])).toBe(0);
      }
      expect(await everyDead()).toHaveLength(1);
    });

    test('replayed, they are new again and come to the end of their lane', async () => {
      await store.append([deliveryOf('a', { lane: 'l', hops: 4, dropRepeatsWithinMs: minute })], roomy, t0);
      const { ticket } = only(await takeSome(store, 1));
      await store.settle(ticket, 'one', { kind: 'buried', error: refused, at: t0 });
      await append(['b'], { lane: 'l' }, t0 + 1);
      const { deadId } = only(await everyDead());
      const heard: string[] = [];
      store.onAppended((trigger) => heard.push(trigger));
      expect(await store.replay([deadId, deadId], t0 + 2)).toBe(1);
      expect(await everyDead()).toEqual([]);
      const b = only(await takeSome(store, 5, { now: t0 + 3 }));
      expect(b.id).toBe('b');
      await store.settle(b.ticket, 'one', { kind: 'done' });
      const a = only(await takeSome(store, 5, { now: t0 + 3 }));
      expect(a).toMatchObject({ id: 'a', tries: 0, hops: 4, at: t0 + 2, lane: 'l' });
      expect(a.lastError).toBeUndefined();
      expect(Buffer.from(a.event.body).toString()).toBe('data of a');
      expect(await store.replay([deadId], t0)).toBe(0);
    });

    test('replaying tells whoever waits', async () => {
      await bury(['a']);
      const heard: string[] = [];
      store.onAppended((trigger) => heard.push(trigger));
      await store.replay(
        (await everyDead()).map(({ deadId }) => deadId),
        t0,
      );
      await until(() => heard.includes('default/t'));
      expect(heard).toContain('default/t');
    });

    test('dropped, they are gone', async () => {
      await bury(['a', 'b', 'c']);
      const [a, , c] = await everyDead();
      expect(await store.drop([a?.deadId ?? '', c?.deadId ?? ''])).toBe(2);
      expect(idsOf(await everyDead())).toEqual(['b']);
      expect(await store.deadOne(a?.deadId ?? '')).toBeUndefined();
      expect(await store.backlog()).toEqual([{ trigger: 'default/t', waiting: 0, dead: 1 }]);
      expect(await store.drop([])).toBe(0);
    });

    test('those that are too old, and the oldest of too many, are forgotten, and counted', async () => {
      await bury(['old'], 'default/t', t0);
      await bury(['a', 'b', 'c'], 'default/t', t0 + minute);
      await bury(['d'], 'default/u', t0 + minute);
      expect(await store.ageOut(t0 + minute, 2)).toEqual(new Map([['default/t', 2]]));
      expect(idsOf(await everyDead())).toEqual(['b', 'c', 'd']);
      expect(await store.ageOut(t0 + minute, 2)).toEqual(new Map());
      expect(await store.ageOut(t0 + minute + 1, 2)).toEqual(
        new Map([
          ['default/t', 2],
          ['default/u', 1],
        ]),
      );
      expect(await store.backlog()).toEqual([]);
    });
  });

  describe('expire', () => {
    test('what was appended before, of that trigger, whether it was tried or not', async () => {
      await append(['a', 'tried']);
      await append(['young'], {}, t0 + minute);
      await append(['other'], { trigger: 'default/u' });
      const [, tried] = await takeSome(store, 2);
      await store.settle(tried?.ticket ?? '', 'one', { kind: 'again', dueAt: t0 + minute, error: refused });
      const [a] = await takeSome(store, 1, { now: t0 + minute });
      expect(a?.id).toBe('a');
      await store.settle(a?.ticket ?? '', 'one', { kind: 'untried', dueAt: t0 });
      expect(await store.expire('default/t', t0 + minute, overdue, t0 + 2 * minute)).toBe(2);
      expect(await store.expire('default/t', t0 + minute, overdue, t0 + 2 * minute)).toBe(0);
      const letters = await everyDead();
      expect(idsOf(letters).sort()).toEqual(['a', 'tried']);
      expect(letters[0]).toMatchObject({ error: overdue, buriedAt: t0 + 2 * minute, at: t0 });
      expect(letters.map(({ tries }) => tries).sort()).toEqual([0, 1]);
      const left = await takeSome(store, 9, { now: t0 + 2 * minute, triggers: ['default/t', 'default/u'] });
      expect(idsOf(left).sort()).toEqual(['other', 'young']);
    });

    test('never what is in hand; what somebody lost it takes', async () => {
      await append(['kept', 'lost']);
      await takeSome(store, 1, { until: t0 + 10 * minute });
      await takeSome(store, 1, { until: t0 + minute });
      expect(await store.expire('default/t', t0 + 1, overdue, t0 + 2 * minute)).toBe(1);
      expect(idsOf(await everyDead())).toEqual(['lost']);
    });

    test('of a lane: what is left goes on in order', async () => {
      await append(['a1', 'a2'], { lane: 'a' });
      await append(['a3', 'a4'], { lane: 'a' }, t0 + minute);
      expect(await store.expire('default/t', t0 + minute, overdue, t0 + minute)).toBe(2);
      const a3 = only(await takeSome(store, 9, { now: t0 + minute }));
      expect(a3.id).toBe('a3');
      await store.settle(a3.ticket, 'one', { kind: 'done' });
      expect(idsOf(await takeSome(store, 9, { now: t0 + minute }))).toEqual(['a4']);
    });

    test('behind one in hand: it goes on being the first', async () => {
      await append(['a1', 'a2', 'a3'], { lane: 'a' });
      const a1 = only(await takeSome(store, 9, { until: t0 + 9 * minute }));
      expect(await store.expire('default/t', t0 + 1, overdue, t0 + minute)).toBe(2);
      await append(['a4'], { lane: 'a' }, t0 + minute);
      expect(await takeSome(store, 9, { now: t0 + minute })).toEqual([]);
      expect(await store.settle(a1.ticket, 'one', { kind: 'done' })).toBe(true);
      expect(idsOf(await takeSome(store, 9, { now: t0 + minute }))).toEqual(['a4']);
    });

    test('a trigger that is gone frees the lanes of the others', async () => {
      await append(['gone'], { lane: 'a', trigger: 'default/u' });
      await append(['stays'], { lane: 'a' });
      expect(await takeSome(store, 9)).toEqual([]);
      expect(await store.expire('default/u', t0 + 1, overdue, t0)).toBe(1);
      expect(idsOf(await takeSome(store, 9))).toEqual(['stays']);
    });

    test('a long backlog at once', async () => {
      await append(Array.from({ length: 1_200 }, (_, n) => `e${n}`));
      expect(await store.expire('default/t', Infinity, overdue, t0)).toBe(1_200);
      expect(await store.backlog()).toEqual([{ trigger: 'default/t', waiting: 0, dead: 1_200 }]);
    });
  });
}
