// A session as an object of Kubernetes: names, times and durations as people read them there, nothing internal.
// Does not own which sessions are shown (selection.ts) nor how a list or a table of them looks (table.ts).
// Invariant: what never changes of a session is `spec`, everything else is `status`.
import { formatDuration } from '../../../model/duration.ts';
import { restingSince } from '../../../model/due.ts';
import type { SessionRecord } from '../../../model/session-store.ts';
import type { EndReason, Session } from '../../../model/session.ts';
import { sessionsApiVersion, sessionsKind, type SessionObject } from './schema.ts';

/** A session, and what is known of its use; the feed tells only of the session. */
export interface Shown {
  readonly session: Session;
  readonly use?: Pick<SessionRecord, 'lastActivityAt' | 'leasedUntil'>;
}

const time = (at: number): string => new Date(at).toISOString();
/** Kubernetes' own times have no fraction. */
const wholeSeconds = (at: number): string => time(at).replace(/\.\d+Z$/, 'Z');

/** An end's reason in words; the empty text for one that goes on. */
export function reasonOf({ state }: Session): string {
  if ('lost' in state && state.lost !== undefined) return state.lost;
  return 'reason' in state ? textOf(state.reason) : '';
}

const textOf = (reason: EndReason): string =>
  reason.kind === 'failed' ? `failed: ${reason.why}` : reason.kind;

const sandboxOf = ({ state }: Session): { id: string; name: string } | undefined => {
  const kept = 'sandbox' in state ? state.sandbox : 'files' in state ? state.files : undefined;
  return kept && { id: kept.id, name: kept.name };
};

const isOver = ({ state }: Session): boolean => state.kind === 'ending' || state.kind === 'ended';

/** When it ends if nobody uses it from now on; undefined once it ends, and where its use is not known. */
function expiresAt({ session, use }: Shown): number | undefined {
  if (!use || isOver(session)) return undefined;
  const { policy, createdAt } = session;
  const used = Math.max(restingSince(session, use.lastActivityAt), use.leasedUntil);
  return Math.min(createdAt + policy.maxSessionDurationMs, used + policy.sessionTimeoutMs);
}

/** AgentCube's labels of a session's sandbox beside the session's own, so that one selector finds both. */
export const labelsOf = ({ id, labels, runtime }: Session): Readonly<Record<string, string>> => ({
  ...labels,
  'runtime.agentcube.io/session-id': id,
  'runtime.agentcube.io/workload-name': runtime.name,
});

function specOf({ runtime, revision, ownerId, policy }: Session): SessionObject['spec'] {
  const { pauseAfterMs, suspendAfterMs, sessionTimeoutMs, maxSessionDurationMs } = policy;
  return {
    runtime: { kind: runtime.kind, name: runtime.name },
    revision,
    ...(ownerId !== undefined && { owner: ownerId }),
    ...(pauseAfterMs !== null && { pauseAfter: formatDuration(pauseAfterMs) }),
    ...(suspendAfterMs !== null && { suspendAfter: formatDuration(suspendAfterMs) }),
    sessionTimeout: formatDuration(sessionTimeoutMs),
    maxSessionDuration: formatDuration(maxSessionDurationMs),
  };
}

function statusOf(shown: Shown): SessionObject['status'] {
  const { session, use } = shown;
  const reason = reasonOf(session);
  const sandbox = sandboxOf(session);
  const expires = expiresAt(shown);
  return {
    state: session.state.kind,
    stateSince: time(session.stateAt),
    ...(reason !== '' && { reason }),
    generation: session.generation,
    ...(sandbox && { sandbox }),
    ...(use && { lastActivityAt: time(use.lastActivityAt) }),
    ...(expires !== undefined && { expiresAt: time(expires) }),
  };
}

/** The object of one session as of `resourceVersion`. It is in the namespace of its runtime and named by its id. */
export const sessionObject = (shown: Shown, resourceVersion: string): SessionObject => ({
  apiVersion: sessionsApiVersion,
  kind: sessionsKind,
  metadata: {
    name: shown.session.id,
    namespace: shown.session.runtime.namespace,
    uid: shown.session.id,
    resourceVersion,
    creationTimestamp: wholeSeconds(shown.session.createdAt),
    ...(isOver(shown.session) && { deletionTimestamp: wholeSeconds(shown.session.stateAt) }),
    labels: { ...labelsOf(shown.session) },
  },
  spec: specOf(shown.session),
  status: statusOf(shown),
});
