import { describe, expect, test } from '@jest/globals';
import type { FoundSandbox } from '../../model/sandbox-spec.ts';
import type { SandboxRef } from '../../model/sandbox.ts';
import type { WarmSandbox } from '../../model/session-store.ts';
import type { Session, SessionState } from '../../model/session.ts';
import type { Workload } from '../../model/workload.ts';
import { planRecovery, type RecoveryFacts } from './recovery-plan.ts';

const runtime = { kind: 'AgentRuntime', namespace: 'default', name: 'hello' } as const;
const ref = (id: string): SandboxRef => ({ id, name: id, entryPoints: [] });

type Made = 'made' | 'half-made';

/** A sandbox without a mark. */
function unmarked(id: string, state: FoundSandbox['state'], made: Made = 'made'): FoundSandbox {
  const spec = { id, name: id, generation: 1, workload: { ...runtime } as Workload, revision: 'r1' };
  return { spec, state, ...(made === 'made' && { ref: ref(id) }) };
}

const policy = { pauseAfterMs: 1, suspendAfterMs: null, sessionTimeoutMs: 1, maxSessionDurationMs: 1 };
const markOfId = (id: string) => ({
  id,
  runtime,
  labels: { team: 'a' },
  ownerId: 'ada',
  policy,
  createdAt: 7,
});

/** A sandbox that says whose it is. */
function marked(
  id: string,
  sessionId: string,
  state: FoundSandbox['state'],
  change: { readonly generation?: number; readonly made?: Made; readonly why?: string } = {},
): FoundSandbox {
  const { generation = 1, made = 'made', why } = change;
  const plain = unmarked(id, state, made);
  const spec = { ...plain.spec, generation, session: markOfId(sessionId) };
  return { ...plain, spec, ...(why !== undefined && { why }) };
}

function session(id: string, state: SessionState): Session {
  const facts = { id, runtime, revision: 'r1', labels: {}, policy, createdAt: 0, stateAt: 0 };
  return { ...facts, generation: 1, version: 1, state };
}

const warm = (id: string): WarmSandbox => ({ sandbox: ref(id), runtime, revision: 'r1', readyAt: 0 });
const now = 5_000;
const plan = (facts: Partial<RecoveryFacts>) =>
  planRecovery({
    ...{ found: [], sessions: [], pool: [], ended: new Set<string>(), revisions: new Map(), now },
    ...facts,
  });
const nothing = {
  ...{ remove: [], withdraw: [], warm: [], giveBack: [], resume: [], rebuild: [], catchUp: [] },
  ...{ displaced: [], mark: [], events: [], carryOn: [] },
};

const planOf = (found: FoundSandbox[], ...sessions: Session[]) => plan({ found, sessions });

describe('what lives and is remembered goes on', () => {
  test('a running and a paused session, and a warm sandbox', () => {
    const sessions = [
      session('s1', { kind: 'running', sandbox: ref('a') }),
      session('s2', { kind: 'paused', sandbox: ref('b'), claimed: false }),
    ];
    const found = [marked('a', 's1', 'running'), marked('b', 's2', 'paused'), unmarked('c', 'paused')];
    const pool = [warm('c')];
    expect(plan({ found, sessions, pool })).toEqual({ ...nothing, warm: pool });
  });

  test('a session in the middle of a change is carried on', () => {
    const one = session('s1', { kind: 'pausing', sandbox: ref('a'), wanted: false });
    expect(planOf([marked('a', 's1', 'paused')], one)).toEqual({ ...nothing, carryOn: ['s1'] });
  });

  test('a running session whose sandbox is frozen is thawed', () => {
    const one = session('s1', { kind: 'running', sandbox: ref('a') });
    expect(planOf([marked('a', 's1', 'paused')], one)).toEqual({
      ...nothing,
      resume: [{ sandboxId: 'a', version: one.version }],
    });
  });

  test.each(['nothing of it', 'half-made', 'made'] as const)(
    'S4: a session that was being started is started, when there is %s',
    (there) => {
      const one = session('s1', { kind: 'creating', sandbox: ref('a') });
      const found = there === 'nothing of it' ? [] : [marked('a', 's1', 'running', { made: there })];
      expect(planOf(found, one)).toEqual({ ...nothing, carryOn: ['s1'] });
    },
  );

  test('a claim that nobody had marked yet is marked', () => {
    const one = session('s1', { kind: 'paused', sandbox: ref('a'), claimed: true });
    expect(planOf([unmarked('a', 'paused')], one)).toEqual({ ...nothing, mark: [one] });
  });
});

describe('S5: what nobody knows is removed', () => {
  test.each([
    ['an orphan', { found: [unmarked('x', 'running')] }, { remove: ['x'] }],
    ['a half-made one', { found: [unmarked('x', 'running', 'half-made')] }, { remove: ['x'] }],
    [
      'a paused one of a runtime that is not deployed',
      { found: [unmarked('x', 'paused')] },
      { remove: ['x'] },
    ],
    [
      'a warm one that is not whole',
      { found: [unmarked('w', 'running')], pool: [warm('w')] },
      { remove: ['w'], withdraw: ['w'] },
    ],
    ['a pool entry without a sandbox', { pool: [warm('gone')] }, { withdraw: ['gone'] }],
    [
      'one whose session has ended',
      { found: [marked('x', 's1', 'paused')], ended: new Set(['s1']) },
      { remove: ['x'] },
    ],
  ])('%s', (_, facts, expected) => expect(plan(facts)).toEqual({ ...nothing, ...expected }));

  test('S1: a sandbox that a session has is not also in the pool', () => {
    const sessions = [session('s1', { kind: 'paused', sandbox: ref('a'), claimed: true })];
    const facts = { found: [marked('a', 's1', 'paused')], sessions, pool: [warm('a')] };
    expect(plan(facts)).toEqual({ ...nothing, withdraw: ['a'] });
  });

  test('S1: a second sandbox of a session that has one', () => {
    const one = session('s1', { kind: 'running', sandbox: ref('a') });
    const found = [marked('a', 's1', 'running'), marked('b', 's1', 'running')];
    expect(planOf(found, one)).toEqual({ ...nothing, remove: ['b'] });
  });

  test('a paused one that never ran for anybody goes into its pool', () => {
    const revisions = new Map([['AgentRuntime/default/hello', 'r1']]);
    const entry = { ...warm('x'), readyAt: now };
    expect(plan({ found: [unmarked('x', 'paused')], revisions })).toEqual({ ...nothing, giveBack: [entry] });
    const place = { agent: 'http://10.0.0.7:8090', pod: '7d0f' };
    const elsewhere = { ...unmarked('x', 'paused'), ref: { ...ref('x'), place } };
    // An activator may be about to thaw it for a session that went with the store.
    expect(plan({ found: [elsewhere], revisions })).toEqual({ ...nothing, remove: ['x'] });
  });

  test('one of an older revision does not', () => {
    const revisions = new Map([['AgentRuntime/default/hello', 'r2']]);
    expect(plan({ found: [unmarked('x', 'paused')], revisions })).toEqual({ ...nothing, remove: ['x'] });
  });
});

describe('S4: what was lost is told', () => {
  test('a sandbox that died meanwhile, with its reason', () => {
    const one = session('s1', { kind: 'paused', sandbox: ref('a'), claimed: false });
    const event = { kind: 'lost', generation: 1, why: 'out of memory' };
    const dead = marked('a', 's1', 'stopped', { why: 'out of memory' });
    expect(planOf([dead], one)).toEqual({ ...nothing, events: [{ sessionId: 's1', event }] });
  });

  test('one that died before its session was told that it had started: its files are kept', () => {
    const one = session('s1', { kind: 'creating', sandbox: ref('a') });
    const { events, remove } = planOf([marked('a', 's1', 'stopped')], one);
    expect(events.map(({ event }) => event.kind)).toEqual(['started', 'lost']);
    expect(remove).toEqual([]);
  });

  test('one whose files are gone ends its session', () => {
    const one = session('s1', { kind: 'suspended', files: { id: 'a', name: 'a' } });
    expect(planOf([], one).events).toMatchObject([{ event: { kind: 'end', reason: { kind: 'failed' } } }]);
  });

  test('a suspended session with its files has lost nothing', () => {
    const one = session('s1', { kind: 'suspended', files: { id: 'a', name: 'a' } });
    expect(planOf([marked('a', 's1', 'stopped')], one)).toEqual(nothing);
  });
});

describe('a store that was lost learns its sessions from the sandboxes', () => {
  const rebuilt = (found: FoundSandbox) => planOf([found]).rebuild[0];

  test('the same session, woken just now, above every version that was seen of it', () => {
    expect(planOf([marked('a', 's1', 'running', { generation: 3 })])).toEqual({
      ...nothing,
      rebuild: [
        {
          ...markOfId('s1'),
          ...{ revision: 'r1', generation: 3, stateAt: now, wokenAt: now, version: now },
          state: { kind: 'running', sandbox: ref('a') },
        },
      ],
    });
  });

  test('also one that slept, or was lost, with what is known of why', () => {
    expect(rebuilt(marked('a', 's1', 'paused'))?.state).toEqual({
      ...{ kind: 'paused', sandbox: ref('a'), claimed: false },
    });
    expect(rebuilt(marked('a', 's1', 'stopped', { why: 'exit code 1' }))?.state).toEqual({
      ...{ kind: 'suspended', files: { id: 'a', name: 'a' }, lost: 'exit code 1' },
    });
  });

  test.each([
    ['running', 'resuming'],
    ['paused', 'pausing'],
  ] as const)('one on a node that is %s is %s: older orders then come too late', (state, kind) => {
    const place = { agent: 'http://10.0.0.7:8090', pod: '7d0f' };
    const found = { ...marked('a', 's1', state), ref: { ...ref('a'), place } };
    const { rebuild, carryOn } = planOf([found]);
    expect(rebuild).toMatchObject([{ version: now, state: { kind, sandbox: found.ref } }]);
    expect(carryOn).toEqual(['s1']);
  });

  test.each([
    ['its first start', 'running', 1, 'creating'],
    ['a first start that failed', 'stopped', 1, 'creating'],
    ['a later start, over its files', 'running', 2, 'restarting'],
  ] as const)('%s is carried on', (_, state, generation, kind) => {
    const { rebuild, carryOn, remove } = planOf([
      marked('a', 's1', state, { generation, made: 'half-made' }),
    ]);
    expect(rebuild.map((one) => one.state)).toEqual([{ kind, sandbox: { id: 'a', name: 'a' } }]);
    expect(carryOn).toEqual(['s1']);
    expect(remove).toEqual([]);
  });

  test('a later start that failed leaves the files, to be started from again', () => {
    const { rebuild, carryOn } = planOf([marked('a', 's1', 'stopped', { generation: 2, made: 'half-made' })]);
    expect(rebuild[0]?.state).toEqual({ kind: 'suspended', files: { id: 'a', name: 'a' } });
    expect(carryOn).toEqual([]);
  });
});

describe('a store that went back in time', () => {
  test('takes the generation and the state of the sandbox', () => {
    const one = session('s1', { kind: 'suspended', files: { id: 'a', name: 'a' } });
    const { catchUp, events } = planOf([marked('a', 's1', 'running', { generation: 2 })], one);
    expect(catchUp).toEqual([
      {
        ...one,
        ...{ generation: 2, version: 2, stateAt: now, wokenAt: now },
        state: { kind: 'running', sandbox: ref('a') },
      },
    ]);
    expect(events).toEqual([]);
  });

  test('S2: a session that runs although it should be paused goes on', () => {
    const one = session('s1', { kind: 'paused', sandbox: ref('a'), claimed: false });
    expect(planOf([marked('a', 's1', 'running')], one).events).toEqual([
      { sessionId: 's1', event: { kind: 'wanted' } },
    ]);
  });

  test('S1: gives nobody a sandbox that is marked as another’s', () => {
    const late = session('s2', { kind: 'paused', sandbox: ref('a'), claimed: true });
    const { displaced, rebuild, remove, events } = planOf([marked('a', 's1', 'paused')], late);
    expect(displaced).toEqual([late]);
    expect(rebuild.map((one) => one.id)).toEqual(['s1']);
    expect([...remove, ...events]).toEqual([]);
  });

  test('S1: a sandbox that was claimed since is no longer warm', () => {
    const facts = { found: [marked('a', 's1', 'paused')], pool: [warm('a')] };
    const { withdraw, rebuild } = plan(facts);
    expect(withdraw).toEqual(['a']);
    expect(rebuild.map((one) => one.id)).toEqual(['s1']);
  });

  test('a session that was ending goes on ending', () => {
    const one = session('s1', { kind: 'ending', files: { id: 'a', name: 'a' }, reason: { kind: 'idle' } });
    expect(planOf([marked('a', 's1', 'running', { generation: 2 })], one)).toEqual({
      ...nothing,
      carryOn: ['s1'],
    });
  });
});
