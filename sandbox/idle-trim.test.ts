import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { trimWhenIdle } from './idle-trim.ts';

describe('memory is given back once after each time of activity', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  test('after the start, and again after a request, not in between', () => {
    let count = 0;
    const active = trimWhenIdle(
      () => (count += 1),
      () => Date.now(),
    );
    jest.advanceTimersByTime(300);
    active();
    jest.advanceTimersByTime(300);
    expect(count).toBe(0);
    jest.advanceTimersByTime(5000);
    expect(count).toBe(1);
    active();
    jest.advanceTimersByTime(5000);
    expect(count).toBe(2);
  });

  test('not at once after a pause: a request is probably waiting', () => {
    let count = 0;
    let pausedMs = 0;
    trimWhenIdle(
      () => (count += 1),
      () => Date.now() + pausedMs,
    );
    jest.advanceTimersByTime(100);
    pausedMs = 60_000;
    jest.advanceTimersByTime(350);
    expect(count).toBe(0);
    jest.advanceTimersByTime(450);
    expect(count).toBe(1);
  });
});
