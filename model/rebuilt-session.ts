// What is written on a session's sandbox, and what session a sandbox tells of when the store knows less than it does.
// Pure. Does not own what is done with either (controller/recovery.ts), nor where a mark is kept (drivers do).
import type { SandboxRef } from './sandbox.ts';
import type { KeptFiles, Session, SessionState } from './session.ts';
import type { FoundSandbox, SessionMark } from './sandbox-spec.ts';

/** Whose a sandbox is, as it is written on it. */
export const markOf = (session: Session): SessionMark => ({
  id: session.id,
  runtime: session.runtime,
  labels: session.labels,
  ...(session.ownerId !== undefined && { ownerId: session.ownerId }),
  policy: session.policy,
  createdAt: session.createdAt,
});

/**
 * What lies on a node is ordered anew to do what it does: orders from before the store was lost may still be on their way there,
 * and whoever gave them knows of nothing. From then on they come too late.
 */
const orderedAnew = (sandbox: SandboxRef, state: 'paused' | 'running'): SessionState =>
  state === 'paused'
    ? { kind: 'pausing', sandbox, wanted: false }
    : { kind: 'resuming', sandbox, claimed: false };

/** The state that a sandbox is in by itself: what was under way when the store was lost is not known any more. */
function stateOfFound({ spec, ref, state, why }: FoundSandbox): SessionState {
  const files: KeptFiles = { id: spec.id, name: spec.name };
  // From the second generation on there are files that a start from nothing would throw away.
  const hasFiles = spec.generation > 1;
  if (state === 'stopped' && (ref || hasFiles))
    return { kind: 'suspended', files, ...(why !== undefined && { lost: why }) };
  if (!ref) return { kind: hasFiles ? 'restarting' : 'creating', sandbox: files };
  // A stopped one was answered above.
  if (ref.place && state !== 'stopped') return orderedAnew(ref, state);
  return state === 'paused'
    ? { kind: 'paused', sandbox: ref, claimed: false }
    : { kind: 'running', sandbox: ref };
}

/**
 * The session that a marked sandbox belongs to, for a store that does not know it: same id, owner, policy and labels, and
 * the generation that the sandbox has. It counts as woken `now` (ms since the epoch), so that nothing of it is at rest
 * before its users could say otherwise (S2, S7); its version is `now` too, above any that was seen of it before.
 */
export const rebuiltSession = (mark: SessionMark, found: FoundSandbox, now: number): Session => ({
  ...mark,
  revision: found.spec.revision,
  stateAt: now,
  wokenAt: now,
  generation: found.spec.generation,
  version: now,
  state: stateOfFound(found),
});

/** A session that the store remembers from before its sandbox's generation, brought up to the sandbox: one change of it. */
export const caughtUp = (session: Session, found: FoundSandbox, now: number): Session => ({
  ...session,
  stateAt: now,
  wokenAt: now,
  generation: found.spec.generation,
  version: session.version + 1,
  state: stateOfFound(found),
});
