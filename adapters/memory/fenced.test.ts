// What a leader of an older term, and anybody while the store is rebuilt, may do: nothing that is written.
import { expect, test } from '@jest/globals';
import { sessionIn } from '../../test/support/sessions.ts';
import { fencedStore, preparedStore } from './fenced.ts';
import { memorySessionStore } from './session-store.ts';

const session = sessionIn('paused');
const claim = { sessionId: session.id, generation: 1, lastActivityAt: 0 };
const { runtime } = session;
const sandbox = { id: 'other', name: 'other', entryPoints: [] };

const writes: readonly [string, (store: ReturnType<typeof memorySessionStore>) => Promise<unknown>][] = [
  ['create', (store) => store.create(sessionIn('creating', { id: 'new' }), null)],
  ['save', (store) => store.save({ ...session, version: 2 }, null)],
  ['saveIfUnleased', (store) => store.saveIfUnleased({ ...session, version: 2 }, null, 0, Infinity)],
  ['saveLeased', (store) => store.saveLeased({ ...session, version: 2 }, null, 'a', 1)],
  ['forget', (store) => store.forget(session.id)],
  ['postpone', (store) => store.postpone(session.id, 1, 7)],
  ['touch', (store) => store.touch(session.id, Number.MAX_SAFE_INTEGER)],
  ['acquire', (store) => store.acquire(session.id, 'me', 9, 0)],
  ['renew', (store) => store.renew([claim], 'me', 9)],
  ['release', (store) => store.release([claim], 'me')],
  ['offer', (store) => store.offer({ sandbox, runtime, revision: 'r1', readyAt: 0 })],
  ['claim', (store) => store.claim(runtime, 'r1', () => ({ session, dueAt: null }))],
  ['withdraw', (store) => store.withdraw('other')],
];
const reads: typeof writes = [
  ['get', (store) => store.get(session.id)],
  ['list', (store) => store.list({ limit: 1 })],
  ['due', (store) => store.due(0, 1)],
  ['bySandbox', (store) => store.bySandbox('other')],
  ['entries', (store) => store.entries()],
];

async function contents(store: ReturnType<typeof memorySessionStore>): Promise<unknown> {
  return [await store.list({ limit: 10 }), await store.due(Infinity, 10), await store.entries()];
}

test.each(writes)('%s of an older term changes nothing', async (_, write) => {
  const store = memorySessionStore();
  await store.create(session, 5);
  const before = await contents(store);
  await expect(write(fencedStore(store, () => false))).rejects.toMatchObject({ code: 'NOT_LEADER' });
  expect(await contents(store)).toEqual(before);
  await write(fencedStore(store, () => true));
});

test.each(reads)('%s of an older term answers', async (_, read) => {
  const store = memorySessionStore();
  await store.create(session, null);
  expect(await read(fencedStore(store, () => false))).toEqual(await read(store));
});

test.each([...writes, ...reads])('%s waits until the store is prepared', async (_, operation) => {
  const store = memorySessionStore();
  await store.create(session, 5);
  const before = await contents(store);
  const unprepared = preparedStore(store, () => false);
  await expect(operation(unprepared)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  expect(await contents(store)).toEqual(before);
  await operation(preparedStore(store, () => true));
});
