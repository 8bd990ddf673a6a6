import { describe, expect, test } from '@jest/globals';
import type { FoundSandbox } from '../../model/sandbox-spec.ts';
import type { SandboxRef } from '../../model/sandbox.ts';
import type { WarmSandbox } from '../../model/session-store.ts';
import type { Session, SessionState } from '../../model/session.ts';
import type { Workload } from '../../model/workload.ts';
import { planRecovery, type RecoveryFacts } from './recovery-plan.ts';

const runtime = { kind: 'AgentRuntime', namespace: 'default', name: 'hello' } as const;
const ref = (id: string): SandboxRef => ({ id, name: id, entryPoints: [] });

function found(id: string, state: FoundSandbox['state'], made: 'made' | 'half-made' = 'made'): FoundSandbox {
  const spec = { id, name: id, generation: 1, workload: {} as Workload, revision: 'r1' };
  return { spec, state, ...(made === 'made' && { ref: ref(id) }) };
}

function session(id: string, state: SessionState): Session {
  const policy = { pauseAfterMs: 1, suspendAfterMs: null, sessionTimeoutMs: 1, maxSessionDurationMs: 1 };
  const facts = { id, runtime, revision: 'r1', labels: {}, policy, createdAt: 0, stateAt: 0 };
  return { ...facts, generation: 1, version: 1, state };
}

const warm = (id: string): WarmSandbox => ({ sandbox: ref(id), runtime, revision: 'r1', readyAt: 0 });
const plan = (facts: Partial<RecoveryFacts>) => planRecovery({ found: [], sessions: [], pool: [], ...facts });
const nothing = { remove: [], withdraw: [], resume: [], events: [], carryOn: [] };

describe('what lives and is remembered goes on', () => {
  test('a running and a paused session, and a warm sandbox', () => {
    const sessions = [
      session('s1', { kind: 'running', sandbox: ref('a') }),
      session('s2', { kind: 'paused', sandbox: ref('b'), claimed: false }),
    ];
    const all = [found('a', 'running'), found('b', 'paused'), found('c', 'paused')];
    expect(plan({ found: all, sessions, pool: [warm('c')] })).toEqual(nothing);
  });

  test('a session in the middle of a change is carried on', () => {
    const sessions = [session('s1', { kind: 'pausing', sandbox: ref('a'), wanted: false })];
    expect(plan({ found: [found('a', 'paused')], sessions })).toEqual({ ...nothing, carryOn: ['s1'] });
  });

  test('a running session whose sandbox is frozen is thawed', () => {
    const sessions = [session('s1', { kind: 'running', sandbox: ref('a') })];
    expect(plan({ found: [found('a', 'paused')], sessions })).toEqual({ ...nothing, resume: ['a'] });
  });
});

describe('S5: what nobody knows is removed', () => {
  test.each([
    ['an orphan', { found: [found('x', 'running')] }, { remove: ['x'] }],
    ['a half-made one', { found: [found('x', 'running', 'half-made')] }, { remove: ['x'] }],
    [
      'a warm one that is not whole',
      { found: [found('w', 'running')], pool: [warm('w')] },
      { remove: ['w'], withdraw: ['w'] },
    ],
    ['a pool entry without a sandbox', { pool: [warm('gone')] }, { withdraw: ['gone'] }],
  ])('%s', (_, facts, expected) => expect(plan(facts)).toEqual({ ...nothing, ...expected }));

  test('S1: a sandbox that a session has is not also in the pool', () => {
    const sessions = [session('s1', { kind: 'paused', sandbox: ref('a'), claimed: true })];
    const facts = { found: [found('a', 'paused')], sessions, pool: [warm('a')] };
    expect(plan(facts)).toEqual({ ...nothing, withdraw: ['a'] });
  });
});

describe('S4: what was lost is told', () => {
  test('a sandbox that died meanwhile, with its reason', () => {
    const sessions = [session('s1', { kind: 'paused', sandbox: ref('a'), claimed: false })];
    const dead = { ...found('a', 'stopped'), why: 'out of memory' };
    const event = { kind: 'lost', generation: 1, why: 'out of memory' };
    expect(plan({ found: [dead], sessions })).toEqual({ ...nothing, events: [{ sessionId: 's1', event }] });
  });

  test('one that was being made', () => {
    const sessions = [session('s1', { kind: 'creating', sandbox: ref('a') })];
    const { events, remove } = plan({ found: [found('a', 'running', 'half-made')], sessions });
    expect(events).toMatchObject([{ sessionId: 's1', event: { kind: 'start-failed' } }]);
    expect(remove).toEqual(['a']);
  });

  test('one whose files are gone ends its session', () => {
    const sessions = [session('s1', { kind: 'suspended', files: { id: 'a', name: 'a' } })];
    expect(plan({ sessions }).events).toMatchObject([{ event: { kind: 'end', reason: { kind: 'failed' } } }]);
  });

  test('a suspended session with its files has lost nothing', () => {
    const sessions = [session('s1', { kind: 'suspended', files: { id: 'a', name: 'a' } })];
    expect(plan({ found: [found('a', 'stopped')], sessions })).toEqual(nothing);
  });
});
