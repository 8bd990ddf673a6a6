// A session as the control API tells of it: names and times for people, no internals.
import { restingSince } from '../../model/due.ts';
import type { SessionRecord } from '../../model/session-store.ts';
import type { Session } from '../../model/session.ts';
import { endReasonText } from '../session-commands.ts';
import type { SessionView } from './schemas.ts';

const time = (at: number): string => new Date(at).toISOString();

function sandboxOf({ state }: Session): { id: string; name: string } | undefined {
  const kept = 'sandbox' in state ? state.sandbox : 'files' in state ? state.files : undefined;
  return kept && { id: kept.id, name: kept.name };
}

/** When it ends if nobody uses it from now on; undefined once it ends. A living lease counts as use (S2). */
function expiresAt({ session, lastActivityAt, leasedUntil }: SessionRecord): number | undefined {
  const { state, policy, createdAt } = session;
  if (state.kind === 'ending' || state.kind === 'ended') return undefined;
  const used = Math.max(restingSince(session, lastActivityAt), leasedUntil);
  return Math.min(createdAt + policy.maxSessionDurationMs, used + policy.sessionTimeoutMs);
}

/** The record as it is told. `awake`: what keeps it from being paused, where that was asked. */
export function sessionView(record: SessionRecord, awake?: readonly string[]): SessionView {
  const { session, lastActivityAt } = record;
  const { state } = session;
  const expires = expiresAt(record);
  const sandbox = sandboxOf(session);
  return {
    sessionId: session.id,
    runtime: { ...session.runtime },
    revision: session.revision,
    labels: { ...session.labels },
    ...(session.ownerId !== undefined && { ownerId: session.ownerId }),
    state: state.kind,
    stateSince: time(session.stateAt),
    ...('reason' in state && { reason: endReasonText(state.reason) }),
    ...('lost' in state && { lost: state.lost }),
    createdAt: time(session.createdAt),
    lastActivityAt: time(lastActivityAt),
    ...(expires !== undefined && { expiresAt: time(expires) }),
    generation: session.generation,
    ...(sandbox && { sandbox }),
    ...(awake && { awake: [...awake] }),
  };
}
