// One driver action for one session state, and the event that tells what came of it.
// A failed action is an event too: it never rejects, so a session cannot hang in a transitional state (S4).
import { asPlatformError, type ErrorCode } from '../model/errors.ts';
import { markOf } from '../model/rebuilt-session.ts';
import type { Session, SessionEvent, SessionState } from '../model/session.ts';
import type { Deployments } from './deployments.ts';
import type { Freezer, SandboxLifecycle } from './driver.ts';
import type { MarkBook } from './marks.ts';
import type { Perform } from './session-runner.ts';

export interface PerformDeps {
  readonly driver: SandboxLifecycle & Freezer;
  readonly deployments: Pick<Deployments, 'find'>;
  readonly marks: MarkBook;
  /** Work that the sandbox itself reports counts as use of the session (S2). */
  readonly touch: (sessionId: string) => Promise<void>;
  readonly log: (message: string, fields: Readonly<Record<string, unknown>>) => void;
}

type Outcome = Awaited<ReturnType<Perform>>;
type In<K extends SessionState['kind']> = Extract<SessionState, { kind: K }>;

const retryStopMs = 1_000;
const retryTouchMs = 500;

/** Why it failed, in words for the session's record. */
const whyOf = (fault: unknown): string => {
  const error = asPlatformError(fault);
  return error.details.reason ?? error.message;
};

/**
 * Nothing is known against the sandbox: whoever would have done it was not reached, or says that the sandbox is not this session's.
 * Its end, if that is why, is told by the driver.
 */
const mayLive: ReadonlySet<ErrorCode> = new Set(['NODE_UNREACHABLE', 'CLUSTER_UNAVAILABLE', 'SESSION_STATE']);

/** S5: what could not be paused, resumed or marked may still run, and a lost session must not have a sandbox that does. */
async function failed(deps: PerformDeps, session: Session, fault: unknown): Promise<Outcome> {
  const { state, generation } = session;
  const why = whyOf(fault);
  if (state.kind === 'creating') return { kind: 'start-failed', generation, why };
  if (state.kind !== 'pausing' && state.kind !== 'resuming' && state.kind !== 'restarting')
    return { againInMs: retryStopMs };
  if (state.kind !== 'restarting' && mayLive.has(asPlatformError(fault).code))
    return { againInMs: retryStopMs };
  // Not this session's to stop; whose it is, is settled when a leader next brings store and sandboxes together.
  if (deps.marks.isOthers(state.sandbox.id, session)) return { againInMs: retryStopMs };
  try {
    await deps.driver.stop(state.sandbox.id, 'keep-files');
  } catch {
    return { againInMs: retryStopMs };
  }
  return state.kind === 'restarting'
    ? { kind: 'start-failed', generation, why }
    : { kind: 'lost', generation, why };
}

async function start(deps: PerformDeps, session: Session, state: In<'creating'>): Promise<SessionEvent> {
  const { generation } = session;
  const found = deps.deployments.find(session.runtime);
  if (!found) return { kind: 'start-failed', generation, why: 'the runtime was deleted' };
  const { workload, runtime } = found;
  const spec = {
    ...state.sandbox,
    generation,
    workload,
    revision: runtime.revision,
    session: markOf(session),
  };
  deps.marks.begun(spec.id, session);
  return { kind: 'started', generation, sandbox: await deps.driver.start(spec) };
}

/** A sandbox that crashed before it was ever resumed has files but no mark yet. */
async function restart(deps: PerformDeps, session: Session, state: In<'restarting'>): Promise<SessionEvent> {
  const { generation } = session;
  const sandbox = await deps.driver.restart(state.sandbox.id, generation);
  await deps.marks.mark(sandbox.id, session);
  return { kind: 'started', generation, sandbox };
}

/** Marked first: what has no mark never ran for anybody. */
async function resume(deps: PerformDeps, session: Session, state: In<'resuming'>): Promise<SessionEvent> {
  await deps.marks.mark(state.sandbox.id, session);
  const sandbox = await deps.driver.resume(state.sandbox.id, session.version);
  return { kind: 'resumed', generation: session.generation, sandbox };
}

/** A store that cannot be told of work is no reason to stop the work. */
async function pause(deps: PerformDeps, session: Session, state: In<'pausing'>): Promise<Outcome> {
  const { generation } = session;
  const outcome = await deps.driver.pause(state.sandbox.id, session.version);
  if ('paused' in outcome) return { kind: 'paused', generation };
  // It goes on running, and an earlier order of this pause that arrives late must find that it does.
  await deps.driver.resume(state.sandbox.id, session.version + 1);
  try {
    await deps.touch(session.id);
  } catch {
    return { againInMs: retryTouchMs };
  }
  return { kind: 'busy', generation };
}

async function act(deps: PerformDeps, session: Session): Promise<Outcome> {
  const { driver } = deps;
  const { state, generation } = session;
  switch (state.kind) {
    case 'creating':
      return start(deps, session, state);
    case 'restarting':
      return restart(deps, session, state);
    case 'pausing':
      return pause(deps, session, state);
    case 'resuming':
      return resume(deps, session, state);
    case 'suspending':
      await driver.stop(state.sandbox.id, 'keep-files');
      return { kind: 'suspended', generation };
    case 'ending':
      if (state.files) await remove(deps, session, state.files.id);
      return { kind: 'stopped', generation };
    case 'running':
    case 'paused':
    case 'suspended':
    case 'ended':
      throw new Error(`no action is due in state ${state.kind}`);
  }
}

/** S1: a session that was given another's sandbox leaves it alone when it ends. */
async function remove({ driver, marks }: PerformDeps, session: Session, sandboxId: string): Promise<void> {
  if (marks.isOthers(sandboxId, session)) return;
  await driver.stop(sandboxId, 'remove');
  marks.forget(sandboxId);
}

/** The performer over one driver. */
export const createPerform =
  (deps: PerformDeps): Perform =>
  (session) =>
    act(deps, session).catch((fault: unknown) => {
      deps.log('a driver action failed', {
        sessionId: session.id,
        state: session.state.kind,
        why: whyOf(fault),
        fault,
      });
      return failed(deps, session, fault);
    });
