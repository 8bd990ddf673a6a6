import { expect, test } from '@jest/globals';
import type { RuntimeDemand } from '../model/demand.ts';
import { keyOf } from '../test/support/scaler-lab.ts';
import { DemandBook } from './demand-book.ts';

const a = 'AgentRuntime/default/a';
const of = (name: string, seen: Partial<RuntimeDemand>): RuntimeDemand => ({
  ...{ runtime: keyOf(name), arrivals: 0, coldStarts: 0, waitedMs: 0, served: 0, inFlight: 0 },
  ...seen,
});
const everything = { has: () => true };

test('what several programs saw adds up, and is drawn once', () => {
  const book = new DemandBook();
  book.take({ from: 'x', demands: [of('a', { arrivals: 2, coldStarts: 1 }), of('b', { arrivals: 7 })] }, 0);
  book.take({ from: 'y', demands: [of('a', { arrivals: 3 })] }, 100);
  expect(book.waiting(a)).toMatchObject({ arrivals: 5, coldStarts: 1 });
  expect(book.draw(a, 1_000)).toEqual({ arrivals: 5, coldStarts: 1, inFlight: 0 });
  expect(book.draw(a, 2_000)).toEqual({ arrivals: 0, coldStarts: 0, inFlight: 0 });
});

test('requests in hand are those of all programs, on average over the time since they were drawn', () => {
  const book = new DemandBook();
  book.take({ from: 'x', demands: [of('a', { inFlight: 2 })] }, 0);
  book.take({ from: 'y', demands: [of('a', { inFlight: 4 })] }, 500);
  expect(book.draw(a, 1_000).inFlight).toBe(4);
  expect(book.draw(a, 2_000).inFlight).toBe(6);
  book.take({ from: 'x', demands: [of('a', { inFlight: 0 })] }, 2_500);
  expect(book.draw(a, 3_000).inFlight).toBe(5);
  expect(book.draw(a, 4_000).inFlight).toBe(4);
});

test('a program that died has nothing in hand any more after fifteen seconds; one that says so again has', () => {
  const book = new DemandBook();
  book.take({ from: 'dead', demands: [of('a', { inFlight: 2 })] }, 0);
  book.take({ from: 'lives', demands: [of('a', { inFlight: 3 })] }, 0);
  book.take({ from: 'lives', demands: [of('a', { inFlight: 3 })] }, 10_000);
  book.tidy(everything, 14_999);
  book.draw(a, 15_000);
  expect(book.draw(a, 15_000).inFlight).toBe(5);
  book.tidy(everything, 15_000);
  expect(book.draw(a, 15_000).inFlight).toBe(3);
});

test('what is not deployed is not kept', () => {
  const book = new DemandBook();
  book.take({ from: 'x', demands: [of('a', { arrivals: 1, inFlight: 1 })] }, 0);
  book.tidy(new Set<string>(), 1);
  expect(book.draw(a, 2)).toEqual({ arrivals: 0, coldStarts: 0, inFlight: 0 });
});
