// Limits from settings: what a node may hold counts for all nodes together, and the tighter limit holds.
import { describe, expect, test } from '@jest/globals';
import { limitRows, limitsOn } from './limits.ts';

describe('limits', () => {
  test('of nodes grow with their number, and the tighter one holds', () => {
    const settings = { platform: { idle: 50 }, perNode: { idle: 20, memoryBytes: 1_000 } };
    expect(limitsOn(settings, 2)?.platform).toMatchObject({ idle: 40, memoryBytes: 2_000 });
    expect(limitsOn(settings, 3)?.platform).toMatchObject({ idle: 50, memoryBytes: 3_000 });
  });

  test('none are none', () => {
    expect(limitsOn({}, 3)).toBeUndefined();
    expect(limitsOn({ platform: {}, perNamespace: {} }, 3)).toBeUndefined();
  });

  test('are shown as rows: of all together, of each namespace, of those that are named', () => {
    const namespaces = new Map([['team-a', { memoryBytes: 7 }]]);
    const limits = limitsOn({ platform: { idle: 50 }, perNamespace: { idle: 5 }, namespaces }, 1);
    expect(limitRows(limits)).toEqual([
      { sandboxes: 50 },
      { namespace: '*', sandboxes: 5 },
      { namespace: 'team-a', memoryBytes: 7 },
    ]);
    expect(limitRows(undefined)).toEqual([]);
  });
});
