import { expect, test } from '@jest/globals';
import { createSerial } from './serial.ts';

test('work follows in order, and a failure does not stop what comes after', async () => {
  const serial = createSerial();
  const done: number[] = [];
  const step = (number: number, waitMs: number) => async () => {
    await new Promise((resolve) => setTimeout(resolve, waitMs));
    done.push(number);
    if (number === 2) throw new Error('two');
  };
  const all = await Promise.allSettled([
    serial.run(step(1, 10)),
    serial.run(step(2, 5)),
    serial.run(step(3, 0)),
  ]);
  expect(done).toEqual([1, 2, 3]);
  expect(all.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
});

test('what comes while nothing is under way begins before the call returns', async () => {
  const serial = createSerial();
  await serial.run(async () => undefined);
  await new Promise((resolve) => setImmediate(resolve));
  let begun = false;
  const work = serial.run(async () => {
    begun = true;
  });
  expect(begun).toBe(true);
  await work;
});
