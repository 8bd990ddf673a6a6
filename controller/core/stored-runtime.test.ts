import { describe, expect, test } from '@jest/globals';
import type { Runtime } from '../../model/runtime.ts';
import { agent } from '../../test/support/runtimes.ts';
import { asCreated, asLeaving, asUpdated, isGone, sameJson } from './stored-runtime.ts';

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

  test("keeps what its writer says in metadata, and none of what is the server's", () => {
    const given = { finalizers: ['x/y'], managedFields: [{}], selfLink: '/x', deletionTimestamp: 'now' };
    const owned = { ...agent(), metadata: { ...agent().metadata, ...given } };
    expect(Object.keys(asCreated(owned, 'u', 0).metadata)).toEqual([
      'name',
      'namespace',
      'finalizers',
      'managedFields',
      'uid',
      'generation',
      'creationTimestamp',
    ]);
  });

  test('is unchanged by other times of the same owners', () => {
    const owners = (time: string) => ({ managedFields: [{ manager: 'x', time }] });
    const with1 = { ...created, metadata: { ...created.metadata, ...owners('1') } };
    const with2 = { ...created, metadata: { ...created.metadata, ...owners('2') } };
    expect(asUpdated(with1, with2)).toBe('unchanged');
  });

  test('that is deleted goes at once, unless finalizers keep it; then it says since when', () => {
    expect(asLeaving(created, 0)).toBeUndefined();
    const held = { ...created, metadata: { ...created.metadata, finalizers: ['x/y'] } };
    const leaving = asLeaving(held, 0);
    expect(leaving?.metadata).toMatchObject({
      deletionTimestamp: '1970-01-01T00:00:00Z',
      deletionGracePeriodSeconds: 0,
      generation: 2,
      finalizers: ['x/y'],
    });
    expect(asLeaving(leaving ?? created, 1_000_000)).toBe(leaving);
  });

  test('that is being deleted stays so, and is gone with its last finalizer', () => {
    const held = { ...created, metadata: { ...created.metadata, finalizers: ['x/y'] } };
    const leaving = asLeaving(held, 0) ?? held;
    const freed = asUpdated(leaving, agent());
    expect(freed).toMatchObject({ metadata: { deletionTimestamp: '1970-01-01T00:00:00Z' } });
    expect([isGone(leaving), freed !== 'unchanged' && isGone(freed), isGone(created)]).toEqual([
      false,
      true,
      false,
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
