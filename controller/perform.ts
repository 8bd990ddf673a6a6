// One driver action for one session state, and the event that tells what came of it.
// A failed action is an event too: it never rejects, so a session cannot hang in a transitional state (S4).
import { asPlatformError } from '../model/errors.ts';
import type { Session, SessionEvent, SessionState } from '../model/session.ts';
import type { Deployments } from './deployments.ts';
import type { Freezer, SandboxLifecycle } from './driver.ts';
import type { Perform } from './session-runner.ts';

export interface PerformDeps {
  readonly driver: SandboxLifecycle & Freezer;
  readonly deployments: Pick<Deployments, 'find'>;
  /** Work that the sandbox itself reports counts as use of the session (S2). */
  readonly touch: (sessionId: string) => Promise<void>;
  readonly log: (message: string, fields: Readonly<Record<string, unknown>>) => void;
}

type Outcome = Awaited<ReturnType<Perform>>;
type In<K extends SessionState['kind']> = Extract<SessionState, { kind: K }>;

const retryStopMs = 1_000;

/** Why it failed, in words for the session's record. */
const whyOf = (fault: unknown): string => {
  const error = asPlatformError(fault);
  return error.details.reason ?? error.message;
};

/** S5: what could not be paused or resumed may still run, and a lost session must not have a sandbox that does. */
async function failed(deps: PerformDeps, session: Session, fault: unknown): Promise<Outcome> {
  const { state, generation } = session;
  const why = whyOf(fault);
  if (state.kind === 'creating' || state.kind === 'restarting') {
    return { kind: 'start-failed', generation, why };
  }
  if (state.kind !== 'pausing' && state.kind !== 'resuming') return { againInMs: retryStopMs };
  try {
    await deps.driver.stop(state.sandbox.id, 'keep-files');
  } catch {
    return { againInMs: retryStopMs };
  }
  return { kind: 'lost', generation, why };
}

async function start(deps: PerformDeps, session: Session, state: In<'creating'>): Promise<SessionEvent> {
  const { generation } = session;
  const found = deps.deployments.find(session.runtime);
  if (!found) return { kind: 'start-failed', generation, why: 'the runtime was deleted' };
  const { workload, runtime } = found;
  const spec = { ...state.sandbox, generation, workload, revision: runtime.revision };
  return { kind: 'started', generation, sandbox: await deps.driver.start(spec) };
}

async function pause(deps: PerformDeps, session: Session, state: In<'pausing'>): Promise<SessionEvent> {
  const { generation } = session;
  const outcome = await deps.driver.pause(state.sandbox.id);
  if ('paused' in outcome) return { kind: 'paused', generation };
  await deps.touch(session.id);
  return { kind: 'busy', generation };
}

async function act(deps: PerformDeps, session: Session): Promise<SessionEvent> {
  const { driver } = deps;
  const { state, generation } = session;
  switch (state.kind) {
    case 'creating':
      return start(deps, session, state);
    case 'restarting':
      return { kind: 'started', generation, sandbox: await driver.restart(state.sandbox.id, generation) };
    case 'pausing':
      return pause(deps, session, state);
    case 'resuming':
      return { kind: 'resumed', generation, sandbox: await driver.resume(state.sandbox.id) };
    case 'suspending':
      await driver.stop(state.sandbox.id, 'keep-files');
      return { kind: 'suspended', generation };
    case 'ending':
      if (state.files) await driver.stop(state.files.id, 'remove');
      return { kind: 'stopped', generation };
    case 'running':
    case 'paused':
    case 'suspended':
    case 'ended':
      throw new Error(`no action is due in state ${state.kind}`);
  }
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
