// When a session must be looked at again: every deadline just before, at and after its moment.
import { describe, expect, test } from '@jest/globals';
import { hour, minute, second, sessionIn, stateOf, t0 } from '../test/support/sessions.ts';
import { dueAt, dueOf, overdueMs, rememberEndedMs, restingSince } from './due.ts';
import { stateKinds, step, type Session, type SessionEvent, type StateKind } from './session.ts';

const policy = {
  pauseAfterMs: 30 * second,
  suspendAfterMs: 5 * minute,
  sessionTimeoutMs: 15 * minute,
  maxSessionDurationMs: 8 * hour,
};
const inState = (kind: StateKind, change: Partial<Session> = {}): Session =>
  sessionIn(stateOf(kind), { policy, ...change });

const apply = (session: Session, event: SessionEvent, now: number): Session => {
  const next = step(session, event, now);
  if ('ignored' in next) throw new Error(next.ignored);
  return next.changed;
};

interface Moment {
  readonly state: StateKind;
  readonly afterMs: number;
  readonly due: string;
}

const never = 'wait';

describe('what is due, counted from the last work', () => {
  const moments: readonly Moment[] = [
    { state: 'running', afterMs: 30 * second - 1, due: never },
    { state: 'running', afterMs: 30 * second, due: 'pause' },
    { state: 'paused', afterMs: 5 * minute - 1, due: never },
    { state: 'paused', afterMs: 5 * minute, due: 'suspend' },
    { state: 'suspended', afterMs: 15 * minute - 1, due: never },
    { state: 'running', afterMs: 15 * minute, due: 'end idle' },
    { state: 'paused', afterMs: 15 * minute, due: 'end idle' },
    { state: 'suspended', afterMs: 15 * minute, due: 'end idle' },
    { state: 'creating', afterMs: overdueMs - 1, due: never },
    { state: 'creating', afterMs: overdueMs, due: 'carry-on' },
    { state: 'pausing', afterMs: overdueMs - 1, due: never },
    { state: 'pausing', afterMs: overdueMs, due: 'carry-on' },
    { state: 'resuming', afterMs: overdueMs - 1, due: never },
    { state: 'resuming', afterMs: overdueMs, due: 'carry-on' },
    { state: 'suspending', afterMs: overdueMs - 1, due: never },
    { state: 'suspending', afterMs: overdueMs, due: 'carry-on' },
    { state: 'restarting', afterMs: overdueMs - 1, due: never },
    { state: 'restarting', afterMs: overdueMs, due: 'carry-on' },
    { state: 'creating', afterMs: 8 * hour, due: 'end max-duration' },
    { state: 'running', afterMs: 8 * hour, due: 'end max-duration' },
    { state: 'pausing', afterMs: 8 * hour, due: 'end max-duration' },
    { state: 'paused', afterMs: 8 * hour, due: 'end max-duration' },
    { state: 'resuming', afterMs: 8 * hour, due: 'end max-duration' },
    { state: 'suspending', afterMs: 8 * hour, due: 'end max-duration' },
    { state: 'suspended', afterMs: 8 * hour, due: 'end max-duration' },
    { state: 'restarting', afterMs: 8 * hour, due: 'end max-duration' },
    { state: 'ending', afterMs: overdueMs - 1, due: never },
    { state: 'ending', afterMs: 8 * hour, due: 'carry-on' },
    { state: 'ended', afterMs: rememberEndedMs - 1, due: never },
    { state: 'ended', afterMs: rememberEndedMs, due: 'forget' },
  ];
  test.each(moments)('$state for $afterMs ms: $due', ({ state, afterMs, due }) => {
    const found = dueOf(inState(state), t0, t0 + afterMs);
    expect(found.kind === 'end' ? `end ${found.reason.kind}` : found.kind).toBe(due);
  });

  test('maxSessionDuration ends a session that is at work (S2)', () => {
    const end = t0 + 8 * hour;
    expect(dueOf(inState('running'), end - 1, end)).toEqual({
      kind: 'end',
      reason: { kind: 'max-duration' },
    });
  });

  test('null means never', () => {
    const policyOfNever = { ...policy, pauseAfterMs: null, suspendAfterMs: null };
    const idle = t0 + 15 * minute;
    for (const kind of ['running', 'paused'] as const) {
      expect(dueOf(inState(kind, { policy: policyOfNever }), t0, idle - 1)).toEqual({
        kind: 'wait',
        until: idle,
      });
    }
  });
});

describe('timeouts are not shortened (S7)', () => {
  test('work moves pause and idle, and not the end', () => {
    const worked = t0 + hour;
    expect(dueOf(inState('running'), worked, worked)).toEqual({ kind: 'wait', until: worked + 30 * second });
    expect(dueOf(inState('suspended'), worked, worked)).toEqual({
      kind: 'wait',
      until: worked + 15 * minute,
    });
    expect(dueOf(inState('suspended'), t0 + 8 * hour, t0)).toEqual({ kind: 'wait', until: t0 + 8 * hour });
  });

  test('a wake counts as use, also after the session sleeps again', () => {
    const woken = t0 + 14 * minute;
    const running = apply(
      inState('resuming'),
      { kind: 'resumed', generation: 1, sandbox: stateSandbox },
      woken,
    );
    expect(restingSince(running, t0)).toBe(woken);
    const pausing = apply(running, { kind: 'idle' }, woken + 30 * second);
    const paused = apply(pausing, { kind: 'paused', generation: 1 }, woken + 31 * second);
    expect(restingSince(paused, t0)).toBe(woken);
    expect(dueOf({ ...paused, policy: { ...policy, suspendAfterMs: null } }, t0, t0 + 15 * minute)).toEqual({
      kind: 'wait',
      until: woken + 15 * minute,
    });
  });

  test('a sandbox that said it was busy gets its whole pauseAfter again', () => {
    const busy = apply(inState('pausing'), { kind: 'busy', generation: 1 }, t0 + hour);
    expect(dueOf(busy, t0, t0 + hour)).toEqual({ kind: 'wait', until: t0 + hour + 30 * second });
  });

  const stateSandbox = { id: 'sandbox-1', name: 'python-sandbox-1', entryPoints: [] };
});

describe('dueAt', () => {
  test.each(stateKinds)('of %s is the first moment at which something is due', (kind) => {
    const session = inState(kind);
    const at = dueAt(session, t0) ?? Infinity;
    expect(dueOf(session, t0, at - 1)).toEqual({ kind: 'wait', until: at });
    expect(dueOf(session, t0, at).kind).not.toBe('wait');
  });
});
