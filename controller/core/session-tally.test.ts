import { describe, expect, test } from '@jest/globals';
import { runtimeKeyText, type RuntimeKey } from '../../model/sandbox.ts';
import { stateKinds, type Session, type SessionState } from '../../model/session.ts';
import { countedStates, SessionTally } from './session-tally.ts';

const hello: RuntimeKey = { kind: 'AgentRuntime', namespace: 'default', name: 'hello' };
const other: RuntimeKey = { ...hello, name: 'other' };
const session = (id: string, kind: SessionState['kind'], version = 1, runtime = hello): Session =>
  ({ id, runtime, version, state: { kind } }) as Session;
const countOf = (tally: SessionTally, runtime = hello) => tally.of(runtimeKeyText(runtime));

describe('counting sessions', () => {
  test('those that have a processor, and those that sleep', () => {
    const tally = new SessionTally();
    for (const kind of stateKinds) tally.see(session(kind, kind));
    expect(countOf(tally)).toEqual({ active: 5, asleep: 3 });
    expect(countedStates).not.toContain('ending');
    expect(countedStates).not.toContain('ended');
  });

  test('by runtime', () => {
    const tally = new SessionTally();
    tally.see(session('a', 'running'));
    tally.see(session('b', 'paused', 1, other));
    expect([countOf(tally), countOf(tally, other)]).toEqual([
      { active: 1, asleep: 0 },
      { active: 0, asleep: 1 },
    ]);
  });

  test('a change moves it, and says so; one that moves nothing does not', () => {
    const tally = new SessionTally();
    expect(tally.see(session('a', 'paused', 1))).toBe(true);
    expect(tally.see(session('a', 'resuming', 2))).toBe(true);
    expect(tally.see(session('a', 'running', 3))).toBe(false);
    expect(countOf(tally)).toEqual({ active: 1, asleep: 0 });
  });

  test('an end takes it out', () => {
    const tally = new SessionTally();
    tally.see(session('a', 'running', 1));
    expect(tally.see(session('a', 'ending', 2))).toBe(true);
    expect(tally.see(session('a', 'ended', 3))).toBe(false);
    expect([countOf(tally), tally.size]).toEqual([{ active: 0, asleep: 0 }, 0]);
  });

  test('a late message of an earlier change counts nothing', () => {
    const tally = new SessionTally();
    tally.see(session('a', 'paused', 5));
    expect(tally.see(session('a', 'running', 4))).toBe(false);
    expect(countOf(tally)).toEqual({ active: 0, asleep: 1 });
  });
});
