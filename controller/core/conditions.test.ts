import { describe, expect, test } from '@jest/globals';
import { timeText, withCondition } from './conditions.ts';

const ready = { type: 'Ready', reason: 'PoolFilling', message: '0 of 2', observedGeneration: 1 };
const t0 = Date.UTC(2026, 0, 1, 12, 0, 0, 999);

test('times are RFC 3339 in whole seconds', () => {
  expect(timeText(t0)).toBe('2026-01-01T12:00:00Z');
});

describe('a condition', () => {
  const first = withCondition([], { ...ready, status: 'False' }, t0);

  test('begins at the time when it is first told', () => {
    expect(first).toEqual([{ ...ready, status: 'False', lastTransitionTime: timeText(t0) }]);
  });

  test('keeps its time while its status stays, whatever its reason says', () => {
    const [later] = withCondition(first, { ...ready, status: 'False', reason: 'PoolShort' }, t0 + 60_000);
    expect(later).toMatchObject({ reason: 'PoolShort', lastTransitionTime: timeText(t0) });
  });

  test('moves its time when its status changes', () => {
    const [later] = withCondition(first, { ...ready, status: 'True' }, t0 + 60_000);
    expect(later?.lastTransitionTime).toBe(timeText(t0 + 60_000));
  });

  test('stays in its place among the others', () => {
    const both = withCondition(first, { ...ready, type: 'Accepted', status: 'True' }, t0);
    const again = withCondition(both, { ...ready, status: 'True' }, t0);
    expect(again.map(({ type }) => type)).toEqual(['Ready', 'Accepted']);
  });
});
