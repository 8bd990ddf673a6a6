// Owns: what AgentCube's own store entry says of one of our sessions, so that its router can read them during a migration.
// Does not own when it is written (scripts/compat.ts). AgentCube never writes these entries back to us.
import { formatDuration } from '../../model/duration.ts';
import type { SandboxRef } from '../../model/sandbox.ts';
import type { KeptFiles, Session, SessionState } from '../../model/session.ts';

export interface ForeignEntry {
  /** SandboxInfo; empty when AgentCube is to know of no such session. */
  readonly json: string;
  /** When AgentCube would end it at the latest (ms since the epoch). */
  readonly expiresAt: number;
}

/** The members of a sandbox, in this order also where Lua puts them in. */
export const sandboxMembers = ({ id, name, entryPoints }: SandboxRef): string =>
  JSON.stringify({ sandboxId: id, name, entryPoints }).slice(1, -1);

const isStarted = (sandbox: KeptFiles | SandboxRef): sandbox is SandboxRef => 'entryPoints' in sandbox;

function membersOf(state: SessionState): string | undefined {
  if (state.kind === 'ending' || state.kind === 'ended') return undefined;
  const kept = 'sandbox' in state ? state.sandbox : state.files;
  if (isStarted(kept)) return sandboxMembers(kept);
  return JSON.stringify({ sandboxId: kept.id, name: kept.name, entryPoints: null }).slice(1, -1);
}

const statusOf = ({ kind }: SessionState): string => {
  if (kind === 'running') return 'ready';
  return kind === 'creating' || kind === 'restarting' ? 'creating' : 'not-ready';
};

/** AgentCube's entry of a session. `kind` comes first: Lua looks for it there. */
export function foreignEntry(session: Session, kind: 'Sandbox' | 'SandboxClaim'): ForeignEntry {
  const expiresAt = session.createdAt + session.policy.maxSessionDurationMs;
  const members = membersOf(session.state);
  if (members === undefined) return { json: '', expiresAt };
  const rest = JSON.stringify({
    sandboxNamespace: session.runtime.namespace,
    sessionId: session.id,
    ...(session.ownerId && { ownerId: session.ownerId }),
    createdAt: new Date(session.createdAt).toISOString(),
    expiresAt: new Date(expiresAt).toISOString(),
    idleTimeout: formatDuration(session.policy.sessionTimeoutMs),
    status: statusOf(session.state),
  });
  return { json: `{"kind":"${kind}",${members},${rest.slice(1)}`, expiresAt };
}
