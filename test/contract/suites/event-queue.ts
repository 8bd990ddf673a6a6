// What every event queue promises of deliveries that wait for no other: E1 and E3, order, room, repeats, times.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { EventStore } from '../../../model/event-queue.ts';
import { deliveryOf, eventOf, idsOf, only, refused, roomy, takeSome } from '../../support/events.ts';
import { minute, second, t0 } from '../../support/sessions.ts';
import { until } from '../../support/until.ts';

/** An empty store; `close` lets go of all that it holds. */
export type OpenEventStore = () => Promise<{
  readonly store: EventStore;
  readonly close: () => Promise<void>;
}>;

export function eventQueueContract(open: OpenEventStore): void {
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

  describe('append and take', () => {
    test('what was appended is handed out as it came, to the byte', async () => {
      const body = Uint8Array.from({ length: 512 }, (_, at) => at % 256);
      const headers = [
        ['ce-subject', 'Grüße "quoted" \\ \n'],
        ['ce-subject', 'twice'],
      ] as const;
      const delivery = deliveryOf('e1', {
        source: 'urn:ü/1?a=b',
        hops: 3,
        event: { mode: 'structured', headers, body },
      });
      expect(await store.append([delivery], roomy, t0)).toEqual({ kind: 'stored', repeats: 0 });
      const taken = only(await takeSome(store, 10, { now: t0 + 5 }));
      expect(taken).toMatchObject({ ...delivery, event: { mode: 'structured', headers }, at: t0, tries: 0 });
      expect(Buffer.from(taken.event.body).equals(body)).toBe(true);
      expect(taken.lastError).toBeUndefined();
      expect(taken.lane).toBeUndefined();
    });

    test('an event without data is one', async () => {
      await store.append([deliveryOf('e1', { event: { ...eventOf(''), headers: [] } })], roomy, t0);
      const { event } = only(await takeSome(store, 1));
      expect([event.body.byteLength, event.headers]).toEqual([0, []]);
    });

    test('in the order of their append, no more than wanted, and each once', async () => {
      await append(['a', 'b', 'c']);
      await append(['d', 'e'], {}, t0 + 1);
      expect(idsOf(await takeSome(store, 2, { now: t0 + 1 }))).toEqual(['a', 'b']);
      expect(idsOf(await takeSome(store, 10, { now: t0 + 1, holder: 'other' }))).toEqual(['c', 'd', 'e']);
      expect(await takeSome(store, 10, { now: t0 + 1 })).toEqual([]);
    });

    test('a long backlog comes in order, portion by portion', async () => {
      const ids = Array.from({ length: 1_500 }, (_, n) => `e${n}`);
      await append(ids);
      const got: string[] = [];
      for (let portion = 0; portion < 3; portion += 1) got.push(...idsOf(await takeSome(store, 700)));
      expect(got).toEqual(ids);
    });

    test('of each trigger as many as are wanted of it, and of others none', async () => {
      for (const name of ['x', 'y', 'z'])
        await append([`${name}1`, `${name}2`], { trigger: `default/${name}` });
      const wants = new Map([
        ['default/x', 1],
        ['default/y', 2],
        ['default/unknown', 5],
        ['default/z', 0],
      ]);
      const taken = await store.take({ holder: 'one', now: t0, until: t0 + minute, wants });
      expect(idsOf(taken).sort()).toEqual(['x1', 'y1', 'y2']);
      expect(await store.take({ holder: 'one', now: t0, until: t0 + minute, wants: new Map() })).toEqual([]);
    });

    test('nothing is stored of nothing', async () => {
      expect(await store.append([], { perTrigger: 0, total: 0, bytes: 0 }, t0)).toEqual({
        kind: 'stored',
        repeats: 0,
      });
      expect(await store.backlog()).toEqual([]);
    });

    test('many that ask at once never get the same one (E3)', async () => {
      await append(Array.from({ length: 100 }, (_, n) => `e${n}`));
      const holders = Array.from({ length: 20 }, (_, n) => `holder ${n}`);
      const taken = await Promise.all(holders.map((holder) => takeSome(store, 7, { holder })));
      expect(idsOf(taken.flat()).sort()).toEqual(Array.from({ length: 100 }, (_, n) => `e${n}`).sort());
    });
  });

  describe('settle', () => {
    test('done is done: it comes to nobody any more, not even when the holding would have ended', async () => {
      await append(['a', 'b']);
      const [a] = await takeSome(store, 1);
      expect(await store.settle(a?.ticket ?? '', 'one', { kind: 'done' })).toBe(true);
      expect(idsOf(await takeSome(store, 5, { now: t0 + 10 * minute }))).toEqual(['b']);
    });

    test('again comes when it is due and not before, with its tries and what the last one came to', async () => {
      await append(['a']);
      const { ticket } = only(await takeSome(store, 1));
      const again = { kind: 'again', dueAt: t0 + second, error: refused } as const;
      expect(await store.settle(ticket, 'one', again)).toBe(true);
      expect(await takeSome(store, 1, { now: t0 + second - 1 })).toEqual([]);
      const second1 = only(await takeSome(store, 1, { now: t0 + second }));
      expect(second1).toMatchObject({ id: 'a', tries: 1, lastError: refused, at: t0 });
      const worse = { ...refused, code: 0, data: 'no answer' };
      await store.settle(second1.ticket, 'one', { kind: 'again', dueAt: t0 + 2 * second, error: worse });
      expect(only(await takeSome(store, 1, { now: t0 + minute }))).toMatchObject({
        tries: 2,
        lastError: worse,
      });
    });

    test('untried comes back as if nobody had had it', async () => {
      await append(['a']);
      const { ticket } = only(await takeSome(store, 1));
      expect(await store.settle(ticket, 'one', { kind: 'untried', dueAt: t0 + 5 })).toBe(true);
      expect(await takeSome(store, 1, { now: t0 + 4 })).toEqual([]);
      const again = only(await takeSome(store, 1, { now: t0 + 5, holder: 'other' }));
      expect(again.tries).toBe(0);
      expect(again.lastError).toBeUndefined();
    });

    test('retries are not held up by a long backlog, and do not hold it up', async () => {
      await append(Array.from({ length: 20 }, (_, n) => `old${n}`));
      for (const { ticket } of await takeSome(store, 20)) {
        await store.settle(ticket, 'one', { kind: 'again', dueAt: t0 + 1, error: refused });
      }
      await append(
        Array.from({ length: 200 }, (_, n) => `new${n}`),
        {},
        t0 + 2,
      );
      const ids = idsOf(await takeSome(store, 100, { now: t0 + 3 }));
      expect(ids.filter((id) => id.startsWith('old'))).toHaveLength(20);
      expect(ids.filter((id) => id.startsWith('new'))).toHaveLength(80);
    });

    test('a ticket is settled once, by its holder', async () => {
      await append(['a']);
      const { ticket } = only(await takeSome(store, 1));
      expect(await store.settle(ticket, 'other', { kind: 'done' })).toBe(false);
      expect(await store.settle('no ticket', 'one', { kind: 'done' })).toBe(false);
      expect(await store.settle(ticket, 'one', { kind: 'untried', dueAt: t0 })).toBe(true);
      expect(await store.settle(ticket, 'one', { kind: 'done' })).toBe(false);
      const next = only(await takeSome(store, 1));
      expect(await store.settle(ticket, 'one', { kind: 'done' })).toBe(false);
      expect(await store.settle(next.ticket, 'one', { kind: 'done' })).toBe(true);
    });
  });

  describe('holdings that run out', () => {
    test('come to somebody else, and whoever had them learns it when it settles (E3)', async () => {
      await append(['a']);
      const lost = only(await takeSome(store, 1, { holder: 'slow' }));
      expect(await takeSome(store, 1, { now: t0 + minute - 1, holder: 'quick' })).toEqual([]);
      const found = only(await takeSome(store, 1, { now: t0 + minute, holder: 'quick' }));
      expect(found).toMatchObject({ id: 'a', tries: 0 });
      const outcomes = [
        { kind: 'done' },
        { kind: 'again', dueAt: t0, error: refused },
        { kind: 'buried', error: refused, at: t0 },
      ] as const;
      for (const outcome of outcomes) expect(await store.settle(lost.ticket, 'slow', outcome)).toBe(false);
      expect(await takeSome(store, 1, { now: t0 + minute, holder: 'slow' })).toEqual([]);
      expect(await store.settle(found.ticket, 'quick', { kind: 'done' })).toBe(true);
    });

    test('come to the same holder under another ticket', async () => {
      await append(['a']);
      const first = only(await takeSome(store, 1));
      const again = only(await takeSome(store, 1, { now: t0 + minute }));
      expect(again.ticket).not.toBe(first.ticket);
      expect(await store.settle(first.ticket, 'one', { kind: 'done' })).toBe(false);
      expect(await store.settle(again.ticket, 'one', { kind: 'done' })).toBe(true);
    });

    test('may still be settled while nobody else took it', async () => {
      await append(['a']);
      const { ticket } = only(await takeSome(store, 1, { until: t0 }));
      expect(await store.settle(ticket, 'one', { kind: 'done' })).toBe(true);
    });

    test('renewing keeps them, and tells which are lost', async () => {
      await append(['a', 'b', 'c']);
      const [a, b, c] = (await takeSome(store, 3)).map(({ ticket }) => ticket);
      await store.settle(c ?? '', 'one', { kind: 'done' });
      expect(await store.renew([a ?? ''], 'one', t0 + 3 * minute)).toEqual([]);
      const other = only(await takeSome(store, 3, { now: t0 + 2 * minute, holder: 'other' }));
      expect(other.id).toBe('b');
      expect(await store.renew([a ?? '', b ?? '', c ?? '', 'none'], 'one', t0 + 4 * minute)).toEqual([
        b,
        c,
        'none',
      ]);
      expect(await store.renew([], 'one', t0)).toEqual([]);
      expect(await store.renew([other.ticket], 'one', t0)).toEqual([other.ticket]);
      expect(await takeSome(store, 3, { now: t0 + 3 * minute, holder: 'third' })).toMatchObject([
        { id: 'b' },
      ]);
    });
  });

  describe('room', () => {
    test('of a trigger: full names it, and nothing of the call is stored', async () => {
      const limits = { perTrigger: 2, total: 100 };
      await store.append([deliveryOf('a')], limits, t0);
      const both = [deliveryOf('x', { trigger: 'default/other' }), deliveryOf('b'), deliveryOf('c')];
      expect(await store.append(both, limits, t0)).toEqual({ kind: 'full', trigger: 'default/t' });
      expect((await store.backlog()).map(({ trigger, waiting }) => [trigger, waiting])).toEqual([
        ['default/t', 1],
      ]);
      expect(await store.append([deliveryOf('b')], limits, t0)).toEqual({ kind: 'stored', repeats: 0 });
      expect(await store.append([deliveryOf('c')], limits, t0)).toMatchObject({ kind: 'full' });
    });

    test('in all, and what is in hand counts until it is settled', async () => {
      const limits = { perTrigger: 5, total: 2 };
      await store.append([deliveryOf('a'), deliveryOf('b', { trigger: 'default/other' })], limits, t0);
      expect(await store.append([deliveryOf('c')], limits, t0)).toEqual({ kind: 'full' });
      const { ticket } = only(await takeSome(store, 1));
      expect(await store.append([deliveryOf('c')], limits, t0)).toEqual({ kind: 'full' });
      await store.settle(ticket, 'one', { kind: 'done' });
      expect(await store.append([deliveryOf('c')], limits, t0)).toEqual({ kind: 'stored', repeats: 0 });
    });

    test('in bytes, dead letters included, until they are dropped', async () => {
      const event = { ...eventOf('x'.repeat(100)), headers: [] };
      const limits = { ...roomy, bytes: 250 };
      await store.append([deliveryOf('a', { event }), deliveryOf('b', { event })], limits, t0);
      expect(await store.append([deliveryOf('c', { event })], limits, t0)).toEqual({ kind: 'full' });
      const [a, b] = await takeSome(store, 2);
      await store.settle(a?.ticket ?? '', 'one', { kind: 'buried', error: refused, at: t0 });
      expect(await store.append([deliveryOf('c', { event })], limits, t0)).toEqual({ kind: 'full' });
      await store.settle(b?.ticket ?? '', 'one', { kind: 'done' });
      expect(await store.append([deliveryOf('c', { event })], limits, t0)).toMatchObject({ kind: 'stored' });
      const letter = only(await store.dead({ namespace: 'default', limit: 5 }));
      await store.drop([letter.deadId]);
      expect(await store.append([deliveryOf('d', { event })], limits, t0)).toMatchObject({ kind: 'stored' });
    });
  });

  describe('repeats', () => {
    const dropRepeatsWithinMs = minute;

    test('are dropped within the time, and counted', async () => {
      expect(await append(['a', 'b', 'a'], { dropRepeatsWithinMs })).toEqual({ kind: 'stored', repeats: 1 });
      expect(await append(['a'], { dropRepeatsWithinMs }, t0 + minute - 1)).toEqual({
        kind: 'stored',
        repeats: 1,
      });
      expect(idsOf(await takeSome(store, 5, { now: t0 + minute }))).toEqual(['a', 'b']);
    });

    test('are known after they were handled, and forgotten after the time', async () => {
      await append(['a'], { dropRepeatsWithinMs });
      await store.settle(only(await takeSome(store, 1)).ticket, 'one', { kind: 'done' });
      expect(await append(['a'], { dropRepeatsWithinMs }, t0 + 5)).toEqual({ kind: 'stored', repeats: 1 });
      expect(await append(['a'], { dropRepeatsWithinMs }, t0 + minute)).toEqual({
        kind: 'stored',
        repeats: 0,
      });
    });

    test('have the same trigger, source and id, and triggers that do not ask take all', async () => {
      await append(['a'], { dropRepeatsWithinMs });
      expect(await append(['a'], { dropRepeatsWithinMs, source: '/else' })).toMatchObject({ repeats: 0 });
      expect(await append(['a'], { dropRepeatsWithinMs, trigger: 'default/u' })).toMatchObject({
        repeats: 0,
      });
      expect(await append(['a'])).toMatchObject({ repeats: 0 });
    });

    test('of what there was no room for are none', async () => {
      const delivery = deliveryOf('a', { dropRepeatsWithinMs });
      expect(await store.append([delivery], { perTrigger: 0, total: 0 }, t0)).toMatchObject({ kind: 'full' });
      expect(await store.append([delivery], roomy, t0)).toEqual({ kind: 'stored', repeats: 0 });
    });

    test('need no room', async () => {
      await append(['a'], { dropRepeatsWithinMs });
      const delivery = deliveryOf('a', { dropRepeatsWithinMs });
      const none = { perTrigger: 1, total: 1, bytes: 1 };
      expect(await store.append([delivery], none, t0)).toEqual({ kind: 'stored', repeats: 1 });
    });
  });

  describe('telling', () => {
    test('of the trigger for which something is due', async () => {
      const heard: string[] = [];
      const stop = store.onAppended((trigger) => heard.push(trigger));
      await append(['a']);
      await until(() => heard.includes('default/t'));
      stop();
      await append(['b'], { trigger: 'default/u' });
      await store.backlog();
      expect(heard).not.toContain('default/u');
    });

    test('again after everything was taken', async () => {
      const heard: string[] = [];
      store.onAppended((trigger) => heard.push(trigger));
      await append(['a']);
      await until(() => heard.length > 0);
      expect(await takeSome(store, 10)).toHaveLength(1);
      heard.length = 0;
      await append(['b']);
      await until(() => heard.includes('default/t'));
      expect(heard).toContain('default/t');
    });
  });

  describe('backlog', () => {
    test('what waits, is in hand or dead, and how old the oldest is', async () => {
      await append(['a', 'b', 'c']);
      await append(['d'], { trigger: 'other/u' }, t0 + 7);
      const [a, b] = await takeSome(store, 2);
      await store.settle(a?.ticket ?? '', 'one', { kind: 'buried', error: refused, at: t0 });
      await store.settle(b?.ticket ?? '', 'one', { kind: 'again', dueAt: t0 + minute, error: refused });
      expect(await store.backlog()).toEqual([
        { trigger: 'default/t', waiting: 2, dead: 1, oldestAt: t0 },
        { trigger: 'other/u', waiting: 1, dead: 0, oldestAt: t0 + 7 },
      ]);
    });

    test('a trigger of which nothing is left is not told of', async () => {
      await append(['a']);
      await store.settle(only(await takeSome(store, 1)).ticket, 'one', { kind: 'done' });
      expect(await store.backlog()).toEqual([]);
    });
  });
}
