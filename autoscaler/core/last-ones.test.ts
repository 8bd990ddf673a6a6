// Knative Serving's bounds and its way from and to zero (pkg/reconciler/autoscaling/kpa/scaler.go).
import { describe, expect, test } from '@jest/globals';
import { kpaDefaults, type KpaPolicy } from '../../model/scaling.ts';
import { LastOnes, type Applied } from './last-ones.ts';

const second = 1_000;
const policy: KpaPolicy = { ...kpaDefaults, target: 1 };

/** Applies `desired` at a second; the pool has what was applied before. */
class Pool {
  readonly #lastOnes: LastOnes;
  #have = 0;

  constructor(more: Partial<KpaPolicy> = {}, lastOnes = new LastOnes({ ...policy, ...more })) {
    this.#lastOnes = lastOnes;
  }

  at(seconds: number, desired: number | undefined, ready = this.#have): Applied {
    const applied = this.#lastOnes.apply({ elapsed: seconds * second, desired, ready, have: this.#have });
    this.#have = applied.size;
    return applied;
  }
}

describe('bounds', () => {
  test('min and max, and which of them it was', () => {
    const pool = new Pool({ min: 2, max: 5 });
    expect(pool.at(0, 1)).toEqual({ size: 2, rule: 'initial scale' });
    expect(pool.at(1, 1)).toEqual({ size: 2, rule: 'min' });
    expect(pool.at(2, 9)).toEqual({ size: 5, rule: 'max' });
    expect(pool.at(3, 4)).toEqual({ size: 4 });
  });

  test('max holds for the initial scale too', () => {
    expect(new Pool({ initialScale: 8, max: 3 }).at(0, 0).size).toBe(3);
  });

  test('before anything is known what is there stays', () => {
    const lastOnes = new LastOnes(policy);
    expect(lastOnes.apply({ elapsed: 0, desired: undefined, ready: 4, have: 7 }).size).toBe(7);
  });
});

describe('the initial scale', () => {
  test('is a minimum until it was reached once', () => {
    const pool = new Pool({ initialScale: 3 });
    expect(pool.at(0, undefined, 0).size).toBe(3);
    expect(pool.at(1, 0, 2)).toEqual({ size: 3, rule: 'initial scale' });
    expect(pool.at(2, 2, 3).size).toBe(2);
    expect(pool.at(3, 1, 1).size).toBe(1);
  });

  test('is given up when it was not reached for ten minutes', () => {
    const pool = new Pool({ initialScale: 3 });
    for (let at = 0; at < 610; at += 1) expect(pool.at(at, 0, 0).size).toBe(3);
    expect(pool.at(610, 0, 0).size).toBe(3);
    expect(pool.at(640, 0, 0).size).toBe(0);
  });

  test('of 0 starts nothing', () => {
    expect(new Pool({ initialScale: 0 }).at(0, 0).size).toBe(0);
  });
});

describe('to zero', () => {
  test('what became active stays at one until a stable window has passed since, then for the grace period', () => {
    const pool = new Pool({ initialScale: 0 });
    pool.at(0, 4);
    expect(pool.at(10, 0)).toEqual({ size: 1, rule: 'active for less than a window' });
    expect(pool.at(59, 0).size).toBe(1);
    expect(pool.at(60, 0)).toEqual({ size: 1, rule: 'the last one stays' });
    expect(pool.at(89, 0).size).toBe(1);
    expect(pool.at(90, 0)).toEqual({ size: 0 });
  });

  test('the retention period counts where it is longer than the grace period', () => {
    const pool = new Pool({ initialScale: 0, scaleToZeroPodRetentionMs: 120 * second });
    pool.at(0, 1);
    pool.at(100, 0);
    expect(pool.at(219, 0).size).toBe(1);
    expect(pool.at(220, 0).size).toBe(0);
  });

  test('whatever is wanted meanwhile begins it anew', () => {
    const pool = new Pool({ initialScale: 0 });
    pool.at(0, 1);
    pool.at(100, 0);
    expect(pool.at(120, 2).size).toBe(2);
    expect(pool.at(135, 0).size).toBe(1);
    expect(pool.at(179, 0).size).toBe(1);
    expect(pool.at(180, 0).rule).toBe('the last one stays');
    expect(pool.at(210, 0).size).toBe(0);
  });

  test('does not happen above a minimum', () => {
    const pool = new Pool({ min: 2 });
    pool.at(0, 5);
    expect(pool.at(1_000, 0)).toEqual({ size: 2, rule: 'min' });
  });
});

test('a state goes on where it was', () => {
  const first = new LastOnes(policy);
  first.apply({ elapsed: 0, desired: 3, ready: 3, have: 3 });
  first.apply({ elapsed: 70 * second, desired: 0, ready: 1, have: 1 });
  const state = JSON.parse(JSON.stringify(first.state())) as ReturnType<LastOnes['state']>;
  const pool = new Pool({}, new LastOnes(policy, state));
  expect(pool.at(99, 0, 0)).toEqual({ size: 3, rule: 'the last one stays' });
  expect(pool.at(100, 0, 0).size).toBe(0);
});
