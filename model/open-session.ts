// How a new session begins, the same for the activator and the control API: claim a warm sandbox, or start one cold.
// Decides only; the store is a port, ids come from outside.
import { dueAt } from './due.ts';
import { PlatformError } from './errors.ts';
import type { DeployedRuntime, Runtimes } from './platform.ts';
import type { RuntimeKey, SandboxRef } from './sandbox.ts';
import type { SessionWrites, WarmPool } from './session-store.ts';
import type { Session, SessionState } from './session.ts';

/** Fresh identifiers: a UUID v4, and 8 characters of [a-z0-9]. */
export interface Ids {
  uuid(): string;
  suffix(): string;
}

export interface OpenSessionDeps {
  readonly store: Pick<SessionWrites, 'create'> & Pick<WarmPool, 'claim'>;
  readonly runtimes: Runtimes;
  readonly ids: Ids;
}

export interface OpenRequest {
  readonly runtime: RuntimeKey;
  readonly ownerId?: string;
  readonly now: number;
}

/** `claim`: bound to a warm sandbox. `cold`: stored as `creating`; somebody must ask for its wake. */
export interface OpenedSession {
  readonly session: Session;
  readonly how: 'claim' | 'cold';
}

function newSession(
  runtime: DeployedRuntime,
  request: OpenRequest,
  id: string,
  state: SessionState,
): Session {
  return {
    id,
    runtime: runtime.key,
    revision: runtime.revision,
    labels: runtime.labels,
    ...(request.ownerId !== undefined && { ownerId: request.ownerId }),
    policy: runtime.policy,
    createdAt: request.now,
    stateAt: request.now,
    generation: 1,
    version: 1,
    state,
  };
}

const withDue = (session: Session): { session: Session; dueAt: number | null } => ({
  session,
  dueAt: dueAt(session, session.createdAt),
});

/**
 * Opens a session of that id: one atomic store operation when a warm sandbox is there, one more when it is not. `exists`: there is
 * one already, and nothing was changed; of several who ask for one id at once, one opens it.
 * Rejects with RUNTIME_NOT_FOUND, or STORE_UNAVAILABLE.
 */
export async function openSessionOnce(
  deps: OpenSessionDeps,
  request: OpenRequest & { readonly id: string },
): Promise<OpenedSession | 'exists'> {
  const { id } = request;
  const runtime = deps.runtimes.find(request.runtime);
  if (!runtime) throw new PlatformError('RUNTIME_NOT_FOUND', `no such runtime: ${request.runtime.name}`);
  const bind = (sandbox: SandboxRef) =>
    withDue(newSession(runtime, request, id, { kind: 'paused', sandbox, claimed: true }));
  // Whatever its warmPoolSize says, the autoscaler may have filled its pool.
  const claimed = await deps.store.claim(runtime.key, runtime.revision, bind);
  if (claimed === 'exists') return 'exists';
  if (claimed !== 'empty') return { session: claimed, how: 'claim' };
  const files = { id: deps.ids.uuid(), name: `${runtime.key.name}-${deps.ids.suffix()}` };
  const cold = withDue(newSession(runtime, request, id, { kind: 'creating', sandbox: files }));
  const created = await deps.store.create(cold.session, cold.dueAt);
  return created === 'exists' ? 'exists' : { session: cold.session, how: 'cold' };
}

/** Opens a session with a fresh id. Rejects as `openSessionOnce` does. */
export async function openSession(deps: OpenSessionDeps, request: OpenRequest): Promise<OpenedSession> {
  const opened = await openSessionOnce(deps, { ...request, id: deps.ids.uuid() });
  if (opened === 'exists') throw new Error('a fresh id was given to a session before');
  return opened;
}
