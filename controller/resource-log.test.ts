// What a watch may rely on: nothing is missed in silence, and versions only grow.
import { describe, expect, test } from '@jest/globals';
import { validTrigger } from '../test/support/triggers.ts';
import { manualClock } from '../test/support/manual-clock.ts';
import type { Trigger } from '../model/trigger.ts';
import { ResourceLog } from './resource-log.ts';

const begun = 1_000_000;
const open = () => new ResourceLog<Trigger>(manualClock(begun));
const at = (resourceVersion: string): Trigger => validTrigger({}, { resourceVersion });

describe('versions', () => {
  test('grow with each change, and the object has that of its last', () => {
    const log = open();
    const first = log.put(validTrigger(), undefined);
    const second = log.put(first, first);
    expect(Number(second.metadata.resourceVersion)).toBeGreaterThan(Number(first.metadata.resourceVersion));
    expect(second.metadata.resourceVersion).toBe(log.version);
  });

  test('a reserved one is had, unless something came between', () => {
    const log = open();
    const early = log.reserve();
    expect(log.put(validTrigger(), undefined, early).metadata.resourceVersion).toBe(early);
    const late = log.reserve();
    log.put(validTrigger(), undefined);
    expect(Number(log.put(validTrigger(), undefined, late).metadata.resourceVersion)).toBeGreaterThan(
      Number(late),
    );
  });

  test('count on above those that were stored before, also where the clock went back', () => {
    const log = open();
    const stored = String(begun + 500);
    expect(log.known(at(stored)).metadata.resourceVersion).toBe(stored);
    expect(Number(log.reserve())).toBeGreaterThan(begun + 500);
  });
});

describe('going on from a version', () => {
  test('tells every change after it, in order', () => {
    const log = open();
    const from = log.version;
    const first = log.put(validTrigger(), undefined);
    log.removed(log.put(first, first));
    const told = log.since(from);
    expect(told).toMatchObject([{ type: 'ADDED' }, { type: 'MODIFIED' }, { type: 'DELETED' }]);
    expect(log.since(log.version)).toEqual([]);
  });

  test('of before the log, or of what was forgotten, or of nobody yet, is said to be so', () => {
    const log = open();
    const from = log.version;
    expect(log.since('1')).toBe('past');
    expect(log.since(String(begun + 1))).toBe('future');
    for (let change = 0; change <= 1_000; change += 1) log.put(validTrigger(), undefined);
    expect(log.since(from)).toBe('past');
    expect(log.since(String(begun + 1))).toHaveLength(1_000);
  });
});
