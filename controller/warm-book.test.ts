// S5: a warm sandbox that died leaves nothing, whenever it died. S4: nothing follows from what a lost store does not know.
import { expect, test } from '@jest/globals';
import { memorySessionStore } from '../adapters/memory/session-store.ts';
import { PlatformError } from '../model/errors.ts';
import type { WarmSandbox } from '../model/session-store.ts';
import { helloKey } from '../test/support/controller-lab.ts';
import { manualClock } from '../test/support/manual-clock.ts';
import { refOf, ScriptedDriver } from '../test/support/scripted-driver.ts';
import { WarmBook } from './warm-book.ts';

const warm = (id: string): WarmSandbox => ({
  sandbox: refOf({ id, name: id }),
  runtime: helloKey,
  revision: 'r1',
  readyAt: 1,
});

function start() {
  const driver = new ScriptedDriver();
  const memory = memorySessionStore();
  const refusing: { fault?: PlatformError } = {};
  const store = {
    ...memory,
    withdraw: async (id: string) => {
      if (refusing.fault) throw refusing.fault;
      return memory.withdraw(id);
    },
  };
  const deps = { store, driver, clock: manualClock(), onClaimed: () => undefined, log: () => undefined };
  return { driver, store, refusing, book: new WarmBook(deps) };
}

test('a sandbox that died before it was offered is not offered, and goes', async () => {
  const { book, driver, store } = start();
  await book.died('x');
  await book.offer(warm('x'));
  expect(await store.entries()).toEqual([]);
  await book.compare();
  expect(driver.calls).toEqual(['stop x']);
});

test('one that died after its withdrawal was done and not answered goes', async () => {
  const { book, driver, store } = start();
  await book.offer(warm('x'));
  await store.withdraw('x');
  await book.died('x');
  await book.compare();
  await book.compare();
  expect(driver.calls).toEqual(['stop x']);
});

test('one that the book never knew is left alone: it may be a session’s that a lost store does not know', async () => {
  const { book, driver } = start();
  await book.died('x');
  await book.compare();
  expect(driver.calls).toEqual([]);
});

test('none goes while another leads, and none because of a store that was lost', async () => {
  const { book, driver, refusing } = start();
  await book.offer(warm('x'));
  refusing.fault = new PlatformError('NOT_LEADER', 'another leads');
  await expect(book.died('x')).rejects.toMatchObject({ code: 'NOT_LEADER' });
  await expect(book.compare()).rejects.toMatchObject({ code: 'NOT_LEADER' });
  expect(driver.calls).toEqual([]);
});

test('an offer that arrives after its sandbox was taken out and stopped does not stay', async () => {
  const { book, store } = start();
  await book.offer(warm('x'));
  await book.retire(warm('x'));
  await store.offer(warm('x'));
  await book.compare();
  expect(await store.entries()).toEqual([]);
  expect(book.waiting(helloKey)).toEqual([]);
});
