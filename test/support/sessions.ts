// Sessions, sandboxes and runtimes for tests: complete, valid, and alike except for what a test names.
import type { RuntimeKey, SandboxRef } from '../../model/sandbox.ts';
import type { Session, SessionState, StateKind } from '../../model/session.ts';
import type { WarmSandbox } from '../../model/session-store.ts';

export const t0 = 1_700_000_000_000;
export const second = 1000;
export const minute = 60 * second;
export const hour = 60 * minute;

export const interpreter: RuntimeKey = { kind: 'CodeInterpreter', namespace: 'default', name: 'python' };

export const sandboxOf = (id: string): SandboxRef => ({
  id,
  name: `python-${id}`,
  entryPoints: [{ path: '/', protocol: 'HTTP', endpoint: `unix:///sandboxes/${id}/8080.sock` }],
});

export const warm = (id: string, change: Partial<WarmSandbox> = {}): WarmSandbox => ({
  sandbox: sandboxOf(id),
  runtime: interpreter,
  revision: 'r1',
  readyAt: t0,
  ...change,
});

/** The plainest state of each kind around one sandbox. */
export function stateOf(kind: StateKind, sandboxId = 'sandbox-1'): SessionState {
  const sandbox = sandboxOf(sandboxId);
  const files = { id: sandbox.id, name: sandbox.name };
  const reason = { kind: 'deleted' } as const;
  const states: { readonly [K in StateKind]: Extract<SessionState, { kind: K }> } = {
    creating: { kind: 'creating', sandbox: files },
    running: { kind: 'running', sandbox },
    pausing: { kind: 'pausing', sandbox, wanted: false },
    paused: { kind: 'paused', sandbox, claimed: false },
    resuming: { kind: 'resuming', sandbox, claimed: false },
    suspending: { kind: 'suspending', sandbox, wanted: false },
    suspended: { kind: 'suspended', files },
    restarting: { kind: 'restarting', sandbox: files },
    ending: { kind: 'ending', files, reason },
    ended: { kind: 'ended', reason },
  };
  return states[kind];
}

/** A session of version 1 in `state`, made at `t0`; its sandbox is named after it. */
export function sessionIn(state: StateKind | SessionState, change: Partial<Session> = {}): Session {
  const id = change.id ?? 'session-1';
  return {
    id,
    runtime: interpreter,
    revision: 'r1',
    labels: {},
    policy: {
      pauseAfterMs: 30 * second,
      suspendAfterMs: null,
      sessionTimeoutMs: 15 * minute,
      maxSessionDurationMs: 8 * hour,
    },
    createdAt: t0,
    stateAt: t0,
    generation: 1,
    version: 1,
    state: typeof state === 'string' ? stateOf(state, `sandbox-of-${id}`) : state,
    ...change,
  };
}

/** The session's next version in another state. */
export const moved = (session: Session, kind: StateKind, change: Partial<Session> = {}): Session => ({
  ...session,
  state: stateOf(kind, `sandbox-of-${session.id}`),
  version: session.version + 1,
  ...change,
});
