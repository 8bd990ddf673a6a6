import { beforeEach, expect, test } from '@jest/globals';
import type { PoolSupply } from '../model/demand.ts';
import { keyOf } from '../test/support/scaler-lab.ts';
import { SupplyBook } from './supply-book.ts';

const a = 'AgentRuntime/default/a';
const b = 'AgentRuntime/default/b';
const of = (name: string, seen: Partial<PoolSupply>): PoolSupply => ({
  ...{ runtime: keyOf(name), ready: 0, starting: 0, startUps: [], failures: 0 },
  ...seen,
});

let book: SupplyBook;
beforeEach(() => {
  book = new SupplyBook();
});

const hear = (from: string, all: boolean, ...pools: readonly PoolSupply[]): void =>
  book.take({ from, nodes: 3, all, pools });

test('it is known how pools stand once somebody has told of all', () => {
  hear('one', false, of('a', { ready: 1 }));
  expect(book.known).toBe(false);
  hear('one', true, of('a', { ready: 2, starting: 1 }));
  expect([book.known, book.nodes, book.ready(a)]).toEqual([true, 3, 2]);
  expect(book.draw(a)).toEqual({ ready: 2, starting: 1, startUps: [], failures: 0 });
});

test('what is not among all pools is empty; otherwise what was not told stays', () => {
  hear('one', true, of('a', { ready: 2 }), of('b', { ready: 3 }));
  hear('one', false, of('b', { ready: 4 }));
  expect([book.ready(a), book.ready(b)]).toEqual([2, 4]);
  hear('one', true, of('b', { ready: 1 }));
  expect([book.ready(a), book.ready(b)]).toEqual([0, 1]);
});

test('start-ups and failures are drawn once, and those since then by themselves', () => {
  hear('one', true, of('a', { ready: 1, startUps: [900], failures: 1 }));
  hear('one', false, of('a', { ready: 2, startUps: [1_100] }));
  expect(book.draw(a)).toEqual({ ready: 2, starting: 0, startUps: [900, 1_100], failures: 1 });
  expect(book.draw(a)).toEqual({ ready: 2, starting: 0, startUps: [], failures: 0 });
  hear('one', false, of('a', { ready: 2, failures: 2 }));
  expect(book.draw(a).failures).toBe(2);
});

test('start-ups of an empty pool are drawn too', () => {
  hear('one', true, of('a', { startUps: [700] }));
  expect(book.draw(a).startUps).toEqual([700]);
  expect(book.draw(a).startUps).toEqual([]);
});

test('a late report of a leader that is none any more does not change how pools stand; its start-ups count', () => {
  hear('old', true, of('a', { ready: 5 }));
  hear('new', true, of('a', { ready: 1 }));
  hear('old', false, of('a', { ready: 9, startUps: [800] }));
  expect(book.draw(a)).toEqual({ ready: 1, starting: 0, startUps: [800], failures: 0 });
});

test('what is not deployed is not kept', () => {
  hear('one', true, of('a', { ready: 5 }));
  book.tidy(new Set([b]));
  expect(book.ready(a)).toBe(0);
});
