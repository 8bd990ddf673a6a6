// What no sequence of events can break: seeded random walks through the machine (session.md: S1, S4, S6, S7).
import { describe, expect, test } from '@jest/globals';
import { changedBy, eventOf } from '../test/support/session-events.ts';
import { sessionIn, stateOf, t0 } from '../test/support/sessions.ts';
import {
  actionOf,
  eventKinds,
  stateKinds,
  step,
  type Session,
  type SessionEvent,
  type SessionState,
} from './session.ts';

/** Mulberry32: the same seed gives the same numbers in [0, 1). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const idsOf = (state: SessionState): string[] =>
  ['sandbox' in state ? state.sandbox.id : undefined, 'files' in state ? state.files?.id : undefined].filter(
    (id) => id !== undefined,
  );

const endReasonOf = (state: SessionState) => ('reason' in state ? state.reason : undefined);

function holdsAfter(before: Session, event: SessionEvent, after: Session): void {
  expect(after.version).toBe(before.version + 1);
  expect(after.generation - before.generation).toBe(
    after.state.kind === 'restarting' && before.state.kind !== 'restarting' ? 1 : 0,
  );
  if ('generation' in event) expect(event.generation).toBe(before.generation);
  expect(before.state.kind).not.toBe('ended');
  if (before.state.kind === 'ending') expect(after.state.kind).toBe('ended');
  const reason = endReasonOf(before.state);
  if (reason) expect(endReasonOf(after.state)).toEqual(reason);
  if (after.state.kind === 'ended') expect(after.state.reason.kind).toMatch(/\w/);
  expect(idsOf(after.state).filter((id) => id !== 'sandbox-of-session-1')).toEqual([]);
  expect(idsOf(after.state).length).toBeLessThanOrEqual(1);
  if (after.state.kind !== 'ended') expect(idsOf(after.state)).toHaveLength(1);
  expect(after.wokenAt ?? 0).toBeGreaterThanOrEqual(before.wokenAt ?? 0);
  expect(after.policy).toBe(before.policy);
}

describe('any sequence of events', () => {
  const pick = <T>(list: readonly T[], random: () => number): T =>
    list[Math.floor(random() * list.length)] as T;

  test.each(Array.from({ length: 40 }, (_, seed) => seed + 1))('seed %i keeps S1, S4, S6 and S7', (seed) => {
    const random = numbers(seed);
    let session = sessionIn(pick(['creating', 'paused'] as const, random));
    for (let turn = 0; turn < 500; turn += 1) {
      const generation = session.generation + pick([-1, 0, 0, 0, 0, 1], random);
      // `end` is drawn seldom, so that the walks are long.
      const kinds = random() < 0.02 ? eventKinds : eventKinds.filter((kind) => kind !== 'end');
      const event = eventOf(pick(kinds, random), generation, 'sandbox-of-session-1');
      const frozen = structuredClone(session);
      const next = step(session, event, t0 + turn);
      expect(session).toEqual(frozen);
      if ('generation' in event && event.generation !== session.generation)
        expect(next).toHaveProperty('ignored');
      if ('ignored' in next) continue;
      holdsAfter(session, event, next.changed);
      session = next.changed;
    }
  });

  test('from every state a request leads to running, or the session is at its end (S4)', () => {
    const answers = {
      start: 'started',
      pause: 'paused',
      resume: 'resumed',
      suspend: 'suspended',
      stop: 'stopped',
    } as const;
    for (const kind of stateKinds) {
      let session = sessionIn(stateOf(kind));
      for (
        let turn = 0;
        turn < 6 && session.state.kind !== 'running' && session.state.kind !== 'ended';
        turn += 1
      ) {
        const wanted = step(session, eventOf('wanted'), t0);
        if ('changed' in wanted) session = wanted.changed;
        const action = actionOf(session.state);
        if (action) session = changedBy(session, eventOf(answers[action], session.generation));
      }
      expect(session.state.kind).toBe(kind === 'ending' || kind === 'ended' ? 'ended' : 'running');
    }
  });
});
