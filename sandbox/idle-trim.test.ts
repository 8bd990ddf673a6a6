import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { trimWhenIdle } from './idle-trim.ts';

describe('memory is given back once after each time of activity', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  test('after a request, once', () => {
    let count = 0;
    const active = trimWhenIdle(
      () => (count += 1),
      () => Date.now(),
    );
    jest.advanceTimersByTime(60_000);
    expect(count).toBe(0);
    active();
    jest.advanceTimersByTime(1500);
    active();
    jest.advanceTimersByTime(1500);
    expect(count).toBe(0);
    jest.advanceTimersByTime(60_000);
    expect(count).toBe(1);
  });

  test('not at once after a pause: a request is probably waiting', () => {
    let count = 0;
    let pausedMs = 0;
    trimWhenIdle(
      () => (count += 1),
      () => Date.now() + pausedMs,
    )();
    jest.advanceTimersByTime(100);
    pausedMs = 60_000;
    jest.advanceTimersByTime(1950);
    expect(count).toBe(0);
    jest.advanceTimersByTime(2050);
    expect(count).toBe(1);
  });
});
