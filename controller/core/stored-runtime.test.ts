import { describe, expect, test } from '@jest/globals';
import type { Runtime } from '../../model/runtime.ts';
import { agent } from '../../test/support/runtimes.ts';
import { asCreated, asUpdated, sameJson } from './stored-runtime.ts';

describe('sameJson', () => {
  test.each([
    [{ a: 1, b: [1, { c: null }] }, { b: [1, { c: null }], a: 1 }, true],
    [{ a: 1 }, { a: 1, b: 2 }, false],
    [{ a: 1, b: 2 }, { a: 1, c: 2 }, false],
    [[1, 2], [2, 1], false],
    [[], {}, false],
    [null, {}, false],
    ['1', 1, false],
  ])('%j and %j: %j', (one, other, same) => {
    expect(sameJson(one, other)).toBe(same);
    expect(sameJson(other, one)).toBe(same);
  });
});

describe('what is stored', () => {
  const created = asCreated(agent(), 'uid-1', Date.UTC(2026, 0, 1));

  test('the first time has the server’s fields and no status', () => {
    const boasting: Runtime = { ...agent(), status: { ready: true } };
    expect(asCreated(boasting, 'uid-1', Date.UTC(2026, 0, 1))).toEqual(created);
    expect(created).not.toHaveProperty('status');
    expect(created.metadata).toMatchObject({ uid: 'uid-1', generation: 1 });
  });

  test('does not keep metadata that nothing here honours', () => {
    const owned = { ...agent(), metadata: { ...agent().metadata, finalizers: ['x/y'], managedFields: [{}] } };
    expect(Object.keys(asCreated(owned, 'u', 0).metadata)).toEqual([
      'name',
      'namespace',
      'uid',
      'generation',
      'creationTimestamp',
    ]);
  });

  test('later has a new generation only for a new spec, and the status it had', () => {
    const current: Runtime = { ...created, status: { ready: true } };
    expect(asUpdated(current, agent())).toBe('unchanged');
    expect(
      asUpdated(current, { ...agent('hello', { sessionTimeout: '1m' }), status: { ready: false } }),
    ).toMatchObject({
      metadata: { uid: 'uid-1', generation: 2 },
      status: { ready: true },
    });
  });
});
