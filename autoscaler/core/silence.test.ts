import { expect, test } from '@jest/globals';
import { Silence, type Waiting } from './silence.ts';

const waiting = (seconds: number): Waiting => ({
  whole: seconds * 1_000,
  rest: seconds * 1_000,
  horizon: 2_000,
  round: 1_000,
});

/** One that has seen silences of these lengths (s). */
function after(...seconds: readonly number[]): Silence {
  const silence = new Silence();
  for (const length of seconds) silence.ended(waiting(length));
  return silence;
}

test('nothing known: the longer it was silent, the less likely it ends now, and never is it impossible', () => {
  const chances = [1, 10, 100, 1_000, 100_000].map((seconds) => new Silence().ending(waiting(seconds)));
  expect(chances).toEqual(chances.toSorted((a, b) => b - a));
  expect(chances.at(-1)).toBeGreaterThan(0);
});

test('a timer is expected when it strikes and hardly before, and it may miss a strike', () => {
  const silence = after(60, 60, 60, 60, 60, 60);
  expect(silence.ending(waiting(59))).toBeGreaterThan(0.5);
  expect(silence.ending(waiting(30))).toBeLessThan(0.002);
  const missing = after(60, 120, 60, 60, 120, 60, 60, 120);
  expect(missing.ending(waiting(118))).toBeGreaterThan(0.3);
});

test('silences of about a length are expected from before to after it', () => {
  const silence = after(50, 70, 40, 60, 85, 45, 55);
  expect(silence.ending(waiting(60))).toBeGreaterThan(10 * silence.ending(waiting(5)));
  expect(silence.ending(waiting(60))).toBeGreaterThan(10 * silence.ending(waiting(600)));
});

test('what it knows is its state', () => {
  const silence = after(60, 60, 13);
  const again = new Silence(JSON.parse(JSON.stringify(silence.state())) as ReturnType<Silence['state']>);
  for (const seconds of [1, 12, 58])
    expect(again.ending(waiting(seconds))).toBe(silence.ending(waiting(seconds)));
});
