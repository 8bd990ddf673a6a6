import { expect, test } from '@jest/globals';
import type { DeployedRuntime } from '../../model/platform.ts';
import { decide, sameTargets } from './decide.ts';

const deployed = (name: string, warmPoolSize: number): DeployedRuntime => ({
  key: { kind: 'AgentRuntime', namespace: 'default', name },
  revision: 'r1',
  labels: {},
  policy: { pauseAfterMs: null, suspendAfterMs: null, sessionTimeoutMs: 1_000, maxSessionDurationMs: 1_000 },
  warmPoolSize,
});

test('fixed: each runtime keeps the size that it asks for', () => {
  expect(decide([deployed('b', 2), deployed('a', 0)])).toEqual([
    { runtime: { kind: 'AgentRuntime', namespace: 'default', name: 'a' }, size: 0 },
    { runtime: { kind: 'AgentRuntime', namespace: 'default', name: 'b' }, size: 2 },
  ]);
  expect(decide([])).toEqual([]);
});

test('the order in which runtimes are listed changes nothing; a size, a name more or less does', () => {
  const targets = decide([deployed('a', 1), deployed('b', 2)]);
  expect(sameTargets(targets, decide([deployed('b', 2), deployed('a', 1)]))).toBe(true);
  expect(sameTargets(targets, decide([deployed('a', 1), deployed('b', 3)]))).toBe(false);
  expect(sameTargets(targets, decide([deployed('a', 1), deployed('c', 2)]))).toBe(false);
  expect(sameTargets(targets, decide([deployed('a', 1)]))).toBe(false);
});
