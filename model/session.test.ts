// The machine's specification: what each state answers to each event. Sequences of events are in session-sequences.test.ts.
// The invariants cited are those of session.md.
import { describe, expect, test } from '@jest/globals';
import { allEvents, changedBy, eventOf, why } from '../test/support/session-events.ts';
import { sandboxOf, sessionIn, stateOf, t0 } from '../test/support/sessions.ts';
import {
  actionOf,
  eventKinds,
  mustOutlivePower,
  stateKinds,
  step,
  type EventKind,
  type Session,
  type StateKind,
} from './session.ts';

const ignored = null;
type Expected = StateKind | null;

/** Every state and every event; a cell that is missing does not compile. */
const expectations: Record<StateKind, Record<EventKind, Expected>> = {
  creating: {
    wanted: ignored,
    idle: ignored,
    older: ignored,
    started: 'running',
    'start-failed': 'ending',
    paused: ignored,
    busy: ignored,
    resumed: ignored,
    suspended: ignored,
    lost: 'ending',
    end: 'ending',
    stopped: ignored,
  },
  running: {
    wanted: ignored,
    idle: 'pausing',
    older: ignored,
    started: ignored,
    'start-failed': ignored,
    paused: ignored,
    busy: ignored,
    resumed: ignored,
    suspended: ignored,
    lost: 'suspended',
    end: 'ending',
    stopped: ignored,
  },
  pausing: {
    wanted: 'pausing',
    idle: ignored,
    older: ignored,
    started: ignored,
    'start-failed': ignored,
    paused: 'paused',
    busy: 'running',
    resumed: ignored,
    suspended: ignored,
    lost: 'suspended',
    end: 'ending',
    stopped: ignored,
  },
  paused: {
    wanted: 'resuming',
    idle: ignored,
    older: 'suspending',
    started: ignored,
    'start-failed': ignored,
    paused: ignored,
    busy: ignored,
    resumed: ignored,
    suspended: ignored,
    lost: 'suspended',
    end: 'ending',
    stopped: ignored,
  },
  resuming: {
    wanted: ignored,
    idle: ignored,
    older: ignored,
    started: ignored,
    'start-failed': ignored,
    paused: ignored,
    busy: ignored,
    resumed: 'running',
    suspended: ignored,
    lost: 'suspended',
    end: 'ending',
    stopped: ignored,
  },
  suspending: {
    wanted: 'suspending',
    idle: ignored,
    older: ignored,
    started: ignored,
    'start-failed': ignored,
    paused: ignored,
    busy: ignored,
    resumed: ignored,
    suspended: 'suspended',
    lost: ignored,
    end: 'ending',
    stopped: ignored,
  },
  suspended: {
    wanted: 'restarting',
    idle: ignored,
    older: ignored,
    started: ignored,
    'start-failed': ignored,
    paused: ignored,
    busy: ignored,
    resumed: ignored,
    suspended: ignored,
    lost: ignored,
    end: 'ending',
    stopped: ignored,
  },
  restarting: {
    wanted: ignored,
    idle: ignored,
    older: ignored,
    started: 'running',
    'start-failed': 'suspended',
    paused: ignored,
    busy: ignored,
    resumed: ignored,
    suspended: ignored,
    lost: 'suspended',
    end: 'ending',
    stopped: ignored,
  },
  ending: {
    wanted: ignored,
    idle: ignored,
    older: ignored,
    started: ignored,
    'start-failed': ignored,
    paused: ignored,
    busy: ignored,
    resumed: ignored,
    suspended: ignored,
    lost: ignored,
    end: ignored,
    stopped: 'ended',
  },
  ended: {
    wanted: ignored,
    idle: ignored,
    older: ignored,
    started: ignored,
    'start-failed': ignored,
    paused: ignored,
    busy: ignored,
    resumed: ignored,
    suspended: ignored,
    lost: ignored,
    end: ignored,
    stopped: ignored,
  },
};

describe('the table (S6)', () => {
  test('holds every state and every event, and nothing else', () => {
    expect(Object.keys(expectations).sort()).toEqual([...stateKinds].sort());
    for (const row of Object.values(expectations))
      expect(Object.keys(row).sort()).toEqual([...eventKinds].sort());
  });

  const cells = stateKinds.flatMap((state) => eventKinds.map((event) => ({ state, event })));
  test.each(cells)('$state, $event', ({ state, event }) => {
    const before = sessionIn(stateOf(state));
    const answer = step(before, eventOf(event), t0 + 7);
    const expected = expectations[state][event];
    if (expected === ignored) {
      expect(answer).toEqual({ ignored: expect.stringMatching(/\w/) });
      return;
    }
    const { changed } = answer as { changed: Session };
    expect(changed.state.kind).toBe(expected);
    expect(changed.version).toBe(2);
    expect(changed.stateAt).toBe(expected === state ? t0 : t0 + 7);
  });

  test('in each state one driver action is due, or none', () => {
    const due = Object.fromEntries(stateKinds.map((kind) => [kind, actionOf(stateOf(kind))]));
    expect(due).toEqual({
      creating: 'start',
      running: null,
      pausing: 'pause',
      paused: null,
      resuming: 'resume',
      suspending: 'suspend',
      suspended: null,
      restarting: 'start',
      ending: 'stop',
      ended: null,
    });
  });
});

describe('what a state remembers', () => {
  test('a request during a pause is not forgotten: once paused it is resumed', () => {
    const wanted = changedBy(sessionIn(stateOf('pausing')), eventOf('wanted'));
    expect(changedBy(wanted, eventOf('paused')).state).toEqual(stateOf('resuming'));
    expect(step(wanted, eventOf('wanted'), t0)).toEqual({ ignored: 'already wanted' });
  });

  test('a request during a suspend is not forgotten: once suspended it is started again', () => {
    const wanted = changedBy(sessionIn(stateOf('suspending')), eventOf('wanted'));
    const after = changedBy(wanted, eventOf('suspended'));
    expect(after.state).toEqual(stateOf('restarting'));
    expect(after.generation).toBe(2);
    expect(step(wanted, eventOf('wanted'), t0)).toEqual({ ignored: 'already wanted' });
  });

  test('a busy sandbox goes on running although it was asked to pause (S2)', () => {
    const after = changedBy(sessionIn(stateOf('pausing')), eventOf('busy'));
    expect(after.state).toEqual(stateOf('running'));
  });

  test('a claimed sandbox is known as claimed until it first runs', () => {
    const claimed = sessionIn({ kind: 'paused', sandbox: sandboxOf('sandbox-1'), claimed: true });
    const resuming = changedBy(claimed, eventOf('wanted'));
    expect(resuming.state).toMatchObject({ kind: 'resuming', claimed: true });
    const slept = changedBy(resuming, eventOf('resumed'), eventOf('idle'), eventOf('paused'));
    expect(slept.state).toMatchObject({ kind: 'paused', claimed: false });
  });

  test.each(['running', 'pausing', 'paused', 'resuming', 'restarting'] as const)(
    'a sandbox lost while %s leaves its files and the reason (S4)',
    (kind) => {
      const after = changedBy(sessionIn(stateOf(kind)), eventOf('lost'));
      expect(after.state).toEqual({
        kind: 'suspended',
        files: { id: 'sandbox-1', name: 'python-sandbox-1' },
        lost: why,
      });
    },
  );

  test('a first start that fails ends the session with the reason (S4)', () => {
    const after = changedBy(sessionIn(stateOf('creating')), eventOf('start-failed'), eventOf('stopped'));
    expect(after.state).toEqual({ kind: 'ended', reason: { kind: 'failed', why } });
  });

  test.each(stateKinds.filter((kind) => kind !== 'ended' && kind !== 'ending'))(
    'ending while %s knows what there is to stop (S5)',
    (kind) => {
      const after = changedBy(sessionIn(stateOf(kind)), eventOf('end'));
      const files = { id: 'sandbox-1', name: 'python-sandbox-1' };
      expect(after.state).toEqual({ kind: 'ending', files, reason: { kind: 'idle' } });
    },
  );
});

describe('algebra', () => {
  const running = sessionIn(stateOf('running'));

  test('pause then resume is the same sandbox in the same generation', () => {
    const back = changedBy(
      running,
      eventOf('idle'),
      eventOf('paused'),
      eventOf('wanted'),
      eventOf('resumed'),
    );
    expect(back.state).toEqual(running.state);
    expect(back.generation).toBe(running.generation);
  });

  test('suspend then restart is the same sandbox id in the next generation', () => {
    const asleep = changedBy(
      running,
      eventOf('idle'),
      eventOf('paused'),
      eventOf('older'),
      eventOf('suspended'),
    );
    const back = changedBy(asleep, eventOf('wanted'), eventOf('started', 2));
    expect(back.state).toEqual(running.state);
    expect(back.generation).toBe(2);
  });

  test('each failed start is a generation of its own', () => {
    const failed = changedBy(
      sessionIn(stateOf('suspended')),
      eventOf('wanted'),
      eventOf('start-failed', 2),
      eventOf('wanted'),
    );
    expect(failed.generation).toBe(3);
  });

  test('waking is remembered while it sleeps (S7)', () => {
    const woken = step(sessionIn(stateOf('resuming')), eventOf('resumed'), t0 + 100) as { changed: Session };
    const slept = changedBy(woken.changed, eventOf('idle'), eventOf('paused'));
    expect(slept.wokenAt).toBe(t0 + 100);
  });

  test('policy, runtime, owner and labels are never touched (S7)', () => {
    const { state, stateAt, version, generation, wokenAt, ...before } = running;
    for (const event of allEvents(1)) {
      const next = step(running, event, t0);
      if ('changed' in next) expect(next.changed).toMatchObject(before);
    }
    expect([state, stateAt, version, generation, wokenAt]).toHaveLength(5);
  });
});

describe('what must be on disk before it counts', () => {
  test.each([
    ['paused', 'resuming', false],
    ['resuming', 'running', false],
    ['running', 'pausing', false],
    ['pausing', 'paused', false],
    ['creating', 'running', true],
    ['restarting', 'running', true],
    ['paused', 'suspending', true],
    ['running', 'suspended', true],
    ['running', 'ending', true],
    ['ending', 'ended', true],
  ] as const)('%s to %s: %s', (before, after, expected) =>
    expect(mustOutlivePower(sessionIn(before), sessionIn(after))).toBe(expected),
  );
});
