// Events of the session machine for tests: the plainest of each kind.
import { eventKinds, step, type EventKind, type Session, type SessionEvent } from '../../model/session.ts';
import { sandboxOf, t0 } from './sessions.ts';

/** Why sandboxes are lost in tests. */
export const why = 'exit code 1';

/** The plainest event of each kind, of `generation`, about `sandboxId`. */
export function eventOf(kind: EventKind, generation = 1, sandboxId = 'sandbox-1'): SessionEvent {
  const sandbox = sandboxOf(sandboxId);
  const events: { readonly [K in EventKind]: Extract<SessionEvent, { kind: K }> } = {
    wanted: { kind: 'wanted' },
    idle: { kind: 'idle' },
    older: { kind: 'older' },
    started: { kind: 'started', generation, sandbox },
    'start-failed': { kind: 'start-failed', generation, why },
    paused: { kind: 'paused', generation },
    busy: { kind: 'busy', generation },
    resumed: { kind: 'resumed', generation, sandbox },
    suspended: { kind: 'suspended', generation },
    lost: { kind: 'lost', generation, why },
    end: { kind: 'end', reason: { kind: 'idle' } },
    stopped: { kind: 'stopped', generation },
  };
  return events[kind];
}

/** One event of each kind, about the sandbox of `sessionIn`. */
export const allEvents = (generation: number): SessionEvent[] =>
  eventKinds.map((kind) => eventOf(kind, generation, 'sandbox-of-session-1'));

/** The session after the events; throws when one is ignored. */
export const changedBy = (session: Session, ...events: SessionEvent[]): Session =>
  events.reduce((current, event) => {
    const next = step(current, event, t0);
    if ('ignored' in next) throw new Error(`${event.kind} was ignored: ${next.ignored}`);
    return next.changed;
  }, session);
