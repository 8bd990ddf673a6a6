import { expect, test } from '@jest/globals';
import { diceFrom } from '../../test/support/crowd.ts';
import { Heap } from './heap.ts';

const smaller = (a: { at: number }, b: { at: number }): boolean => a.at < b.at;

function drained(heap: Heap<{ at: number }>): number[] {
  const all: number[] = [];
  for (let top = heap.top; top; top = heap.top) {
    all.push(top.at);
    heap.pop();
  }
  return all;
}

const numbers = (seed: number, count: number): number[] => {
  const dice = diceFrom(seed);
  return Array.from({ length: count }, () => dice.roll(0, 20));
};

test.each([0, 1, 2, 3, 7, 8, 50])('%d items come out in order', (count) => {
  const given = numbers(count + 1, count);
  const heap = new Heap(
    given.map((at) => ({ at })),
    smaller,
  );
  expect(drained(heap)).toEqual(given.toSorted((a, b) => a - b));
});

test('a top that has changed finds its place', () => {
  const items = numbers(3, 30).map((at) => ({ at }));
  const heap = new Heap(items, smaller);
  for (const by of numbers(4, 200)) {
    const { top } = heap;
    if (top) top.at += by;
    heap.sink();
    expect(heap.top?.at).toBe(Math.min(...items.map(({ at }) => at)));
  }
  expect(drained(heap)).toEqual(items.map(({ at }) => at).sort((a, b) => a - b));
});

test('an empty heap has no top, and nothing happens to it', () => {
  const heap = new Heap([], smaller);
  heap.pop();
  heap.sink();
  expect(heap.top).toBeUndefined();
});
