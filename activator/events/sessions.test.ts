// Which session a key means, whoever asks at once and whoever dies in between.
import { beforeEach, describe, expect, test } from '@jest/globals';
import { memoryEventStore } from '../../adapters/memory/event-store.ts';
import { memorySessionStore } from '../../adapters/memory/session-store.ts';
import type { SessionStore } from '../../model/session-store.ts';
import { manualClock } from '../../test/support/manual-clock.ts';
import { agent, lenientPolicy } from '../../test/support/memory-activator.ts';
import { EventSessions } from './sessions.ts';

const deployed = { key: agent, revision: 'r1', labels: {}, policy: lenientPolicy, warmPoolSize: 0 };

let bindings: ReturnType<typeof memoryEventStore>;
let store: SessionStore;
let count: number;
beforeEach(() => {
  bindings = memoryEventStore();
  store = memorySessionStore();
  count = 0;
});

const ids = { uuid: () => `id-${(count += 1)}`, suffix: () => 'x' };

/** Of one activator; all of them have the same store. */
const sessionsOf = (change: Partial<SessionStore> = {}) =>
  new EventSessions({
    bindings,
    opening: { store: { ...store, ...change }, runtimes: { find: () => deployed }, ids },
    clock: manualClock(),
  });

const opened = async (): Promise<string[]> =>
  (await store.list({ limit: 100 })).map(({ session }) => session.id);

describe('a key', () => {
  test('means one session, which is opened when it is first asked for', async () => {
    const id = await sessionsOf().find('k', agent);
    expect(await opened()).toEqual([id]);
    expect([await sessionsOf().find('k', agent), await opened()]).toEqual([id, [id]]);
  });

  test('means the same to all who ask at once', async () => {
    const all = await Promise.all(Array.from({ length: 20 }, () => sessionsOf().find('k', agent)));
    expect(new Set(all).size).toBe(1);
    expect(await opened()).toEqual([all[0]]);
  });

  test('whose session was never opened, for whoever was to do it died, gets it from the next', async () => {
    const dies = () => Promise.reject(new Error('killed'));
    await expect(sessionsOf({ create: dies }).find('k', agent)).rejects.toThrow('killed');
    expect(await opened()).toEqual([]);
    const id = await sessionsOf().find('k', agent);
    expect(await opened()).toEqual([id]);
  });
});

describe('a session that has ended', () => {
  test('is followed by a new one, the same to all', async () => {
    const [one, two] = [sessionsOf(), sessionsOf()];
    const gone = await one.find('k', agent);
    await two.find('k', agent);
    const next = await one.after('k', agent, gone, 'new');
    expect(next).not.toBe(gone);
    expect(await two.after('k', agent, gone, 'new')).toBe(next);
    expect(await two.find('k', agent)).toBe(next);
  });

  test('is not followed where the trigger asks for none', async () => {
    const sessions = sessionsOf();
    const gone = await sessions.find('k', agent);
    expect(await sessions.after('k', agent, gone, 'deadLetter')).toBeUndefined();
    expect(await opened()).toEqual([gone]);
  });

  test('is followed there too when another trigger made a new one', async () => {
    const sessions = sessionsOf();
    const gone = await sessions.find('k', agent);
    const next = await sessionsOf().after('k', agent, gone, 'new');
    expect(await sessions.after('k', agent, gone, 'deadLetter')).toBe(next);
  });
});
