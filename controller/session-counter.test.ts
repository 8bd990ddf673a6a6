// Counts for the status of runtimes: right after a gap, while the store is away, and while counting takes its time.
import { describe, expect, test } from '@jest/globals';
import { createSessionBus } from '../adapters/memory/session-bus.ts';
import { PlatformError } from '../model/errors.ts';
import type { SessionRecord } from '../model/session-store.ts';
import type { Session } from '../model/session.ts';
import { sandbox, sessionOf } from '../test/support/cluster-registry-lab.ts';
import { helloKey } from '../test/support/controller-lab.ts';
import { manualClock, settle } from '../test/support/manual-clock.ts';
import { SessionCounter } from './session-counter.ts';

const running = (id: string, change: Partial<Session> = {}): Session =>
  sessionOf(helloKey, { kind: 'running', sandbox }, { id, ...change });

function lab(stored: Session[] = [], away = false) {
  const clock = manualClock();
  const bus = createSessionBus(() => undefined);
  const store = { stored, away, asked: 0, held: undefined as Promise<void> | undefined };
  const sessions = {
    async list({ limit, after }: { limit: number; after?: string }): Promise<readonly SessionRecord[]> {
      store.asked += 1;
      if (store.away) throw new PlatformError('STORE_UNAVAILABLE', 'away');
      const found = [...store.stored].sort((one, other) => (one.id < other.id ? -1 : 1));
      await store.held;
      const page = found.filter(({ id }) => after === undefined || id > after).slice(0, limit);
      return page.map((session) => ({ session, lastActivityAt: 0, leasedUntil: 0 }));
    },
  };
  const heard: unknown[] = [];
  const counter = new SessionCounter({
    ...{ clock, sessions, feed: bus, log: () => undefined },
    onChange: (key) => heard.push(key),
  });
  counter.start();
  return { clock, bus, store, counter, heard, counts: () => counter.counts(helloKey) };
}

describe('the counts', () => {
  test('are unknown until they were counted, over all pages', async () => {
    const many = Array.from({ length: 1_200 }, (_, index) => running(`s${String(index).padStart(5, '0')}`));
    const { counts, store, heard } = lab(many);
    expect(counts()).toBeUndefined();
    await settle();
    expect([counts(), store.asked, heard]).toEqual([{ active: 1_200, asleep: 0 }, 3, [undefined]]);
  });

  test('stay unknown while the store is away, and are there when it is back', async () => {
    const { counts, store, clock } = lab([running('a')], true);
    await clock.advance(100);
    expect(counts()).toBeUndefined();
    store.away = false;
    await clock.advance(2_000);
    expect(counts()).toEqual({ active: 1, asleep: 0 });
  });

  test('follow what is told', async () => {
    const { counts, bus, heard } = lab();
    await settle();
    bus.publish(running('a'));
    expect([counts(), heard.at(-1)]).toEqual([{ active: 1, asleep: 0 }, helloKey]);
  });

  test('are right again after a gap', async () => {
    const { counts, bus, store } = lab([running('a')]);
    await settle();
    store.stored = [running('b'), running('c')];
    bus.announceGap();
    await settle();
    expect(counts()).toEqual({ active: 2, asleep: 0 });
  });

  test('do not lose what is told while they are counted', async () => {
    const { counts, bus, store } = lab([running('a')]);
    await settle();
    const gate = Promise.withResolvers<void>();
    store.held = gate.promise;
    bus.announceGap();
    await settle();
    bus.publish(running('b'));
    bus.publish(sessionOf(helloKey, { kind: 'ended', reason: { kind: 'deleted' } }, { id: 'a', version: 2 }));
    gate.resolve();
    await settle();
    expect(counts()).toEqual({ active: 1, asleep: 0 });
  });

  test('are not asked for any more after a stop', async () => {
    const { counter, store, clock } = lab();
    await settle();
    counter.stop();
    const { asked } = store;
    await clock.advance(60_000);
    expect(store.asked).toBe(asked);
  });
});

describe('why the newest session got no sandbox', () => {
  const failed = (change: Partial<Session> = {}): Session =>
    sessionOf(helloKey, { kind: 'ending', reason: { kind: 'failed', why: 'no image' } }, change);

  test('is known of the revision that it was', () => {
    const { bus, counter } = lab();
    bus.publish(failed());
    expect(counter.startTrouble(helloKey, 'r1')).toBe('no image');
    expect(counter.startTrouble(helloKey, 'r2')).toBeUndefined();
  });

  test('is not said of a session that ran before it failed', () => {
    const { bus, counter } = lab();
    bus.publish(failed({ wokenAt: 1 }));
    expect(counter.startTrouble(helloKey, 'r1')).toBeUndefined();
  });

  test('is over when one of that revision runs, or when nobody tried for long', async () => {
    const { bus, counter, clock } = lab();
    bus.publish(failed());
    bus.publish(running('b', { revision: 'r0' }));
    expect(counter.startTrouble(helloKey, 'r1')).toBe('no image');
    bus.publish(running('c'));
    expect(counter.startTrouble(helloKey, 'r1')).toBeUndefined();
    bus.publish(failed({ id: 'd' }));
    await clock.advance(601_000);
    expect(counter.startTrouble(helloKey, 'r1')).toBeUndefined();
  });
});
