// When a session must be looked at again, and what for. Answers both "is it time?" and "when to ask again?".
// S2: only rest counts as idle; S7: nothing here shortens a time once promised.
import { actionOf, type EndReason, type Session } from './session.ts';

export type Due =
  | { readonly kind: 'end'; readonly reason: EndReason }
  | { readonly kind: 'pause' }
  | { readonly kind: 'suspend' }
  | { readonly kind: 'forget' }
  /** A driver action is due since long: see that somebody does it. */
  | { readonly kind: 'carry-on' }
  | { readonly kind: 'wait'; readonly until: number };

/** How long an ended session is remembered with its reason (ms): one hour. */
export const rememberEndedMs = 3_600_000;

/**
 * After how long somebody looks whether a driver action that is due is under way (ms). It is, unless whoever stored the state
 * never heard that it was stored.
 */
export const overdueMs = 10_000;

/** Since when nothing was done in the session (ms since the epoch): the later of its last work and its last wake. */
export const restingSince = (session: Session, lastActivityAt: number): number =>
  Math.max(lastActivityAt, session.wokenAt ?? session.createdAt);

const after = (start: number, delayMs: number | null): number =>
  delayMs === null ? Infinity : start + delayMs;

interface Deadlines {
  readonly end: number;
  readonly idle: number;
  readonly pause: number;
  readonly suspend: number;
  readonly overdue: number;
}

/** The session's deadlines in ms since the epoch; Infinity for those that its state does not have. */
function deadlines(session: Session, lastActivityAt: number): Deadlines {
  const { policy, state, createdAt, stateAt } = session;
  const resting = restingSince(session, lastActivityAt);
  const atRest = state.kind === 'running' || state.kind === 'paused' || state.kind === 'suspended';
  return {
    end: createdAt + policy.maxSessionDurationMs,
    idle: atRest ? resting + policy.sessionTimeoutMs : Infinity,
    pause: state.kind === 'running' ? after(resting, policy.pauseAfterMs) : Infinity,
    suspend: state.kind === 'paused' ? after(stateAt, policy.suspendAfterMs) : Infinity,
    overdue: actionOf(state) === null ? Infinity : stateAt + overdueMs,
  };
}

/** What is due for a session at `now` (ms since the epoch). */
export function dueOf(session: Session, lastActivityAt: number, now: number): Due {
  if (session.state.kind === 'ended') {
    const until = session.stateAt + rememberEndedMs;
    return now >= until ? { kind: 'forget' } : { kind: 'wait', until };
  }
  const { end, idle, pause, suspend, overdue } = deadlines(session, lastActivityAt);
  const ending = session.state.kind === 'ending';
  if (now >= end && !ending) return { kind: 'end', reason: { kind: 'max-duration' } };
  if (now >= idle) return { kind: 'end', reason: { kind: 'idle' } };
  if (now >= pause) return { kind: 'pause' };
  if (now >= suspend) return { kind: 'suspend' };
  if (now >= overdue) return { kind: 'carry-on' };
  return { kind: 'wait', until: Math.min(ending ? Infinity : end, idle, pause, suspend, overdue) };
}

/** `dueAt` for the store: the first time that something will be due; null when never. */
export function dueAt(session: Session, lastActivityAt: number): number | null {
  const due = dueOf(session, lastActivityAt, -Infinity);
  return due.kind === 'wait' && Number.isFinite(due.until) ? due.until : null;
}
