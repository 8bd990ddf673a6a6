// How close together wakes may come, by how late timers are.
import { expect, test } from '@jest/globals';
import type { Clock } from '../../model/clock.ts';
import { WakePace } from './wake-pace.ts';

/** Its timers come so late; nobody waits for them. */
class LateClock implements Clock {
  lateMs = 0;
  #now = 0;
  readonly now = (): number => this.#now;
  readonly monotonic = (): number => this.#now;
  readonly every = () => () => undefined;
  readonly after: Clock['after'] = (delayMs, run) => {
    queueMicrotask(() => {
      this.#now += delayMs + this.lateMs;
      run();
    });
    return () => undefined;
  };
}

/** What passed before each of so many turns (ms). */
async function pauses(clock: LateClock, pace: WakePace, count: number): Promise<number[]> {
  const found: number[] = [];
  let last = clock.now();
  for (let turn = 0; turn < count; turn += 1) {
    await pace.turn();
    found.push(clock.now() - last);
    last = clock.now();
  }
  return found;
}

test('the first begins at once, and the next a moment later where the machine has time', async () => {
  const clock = new LateClock();
  const pace = new WakePace(clock);
  await pace.turn();
  expect(clock.now()).toBe(0);
  expect(await pauses(clock, pace, 3)).toEqual([1, 1, 1]);
});

test('they are further and further apart while it is late, but not without end, and come closer again', async () => {
  const clock = new LateClock();
  const pace = new WakePace(clock);
  await pace.turn();
  clock.lateMs = 3;
  expect(await pauses(clock, pace, 7)).toEqual([1, 2, 4, 8, 16, 20, 20].map((pause) => pause + 3));
  clock.lateMs = 0;
  // The first is over already.
  const [, ...shorter] = await pauses(clock, pace, 60);
  expect(shorter).toEqual([...shorter].sort((a, b) => b - a));
  expect(shorter.at(-1)).toBe(1);
});

test('turns come in the order in which they were asked for', async () => {
  const pace = new WakePace(new LateClock());
  const order: number[] = [];
  await Promise.all([0, 1, 2, 3].map((n) => pace.turn().then(() => order.push(n))));
  expect(order).toEqual([0, 1, 2, 3]);
});
