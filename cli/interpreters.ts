// A session of a code interpreter for a command: which interpreter, whose session, and what becomes of it afterwards.
// A session that a command made is ended with it, also at Ctrl-C, unless it is to be kept for the folder.
import type { CodeInterpreter } from '../sdk/index.ts';
import type { Run } from './app.ts';
import type { Target } from './contexts/target.ts';
import { CliError, misused } from './failure.ts';
import { variable } from './io.ts';
import { KeptSessions, type SessionKey } from './kept.ts';
import { deployables } from './kinds.ts';
import { sessionNamed } from './session-names.ts';
import { DeployedThings } from './things/deployed.ts';
import { readSession } from './things/sessions.ts';

export interface SessionFlags {
  readonly interpreter?: string;
  readonly session?: string;
  readonly new?: boolean;
  readonly keep?: boolean;
}

/** A session that is at hand. */
export interface Held {
  readonly interpreter: CodeInterpreter;
  /** Whether this command made it. */
  readonly made: boolean;
}

/** For the SDK: each address with what lets one in there. */
export function connection({ control, router }: Target) {
  const fetching: typeof fetch = (input, init) => {
    const url = input instanceof Request ? input.url : String(input);
    return (url.startsWith(router.url) ? router : control).fetch(input, init);
  };
  return { controlUrl: control.url, routerUrl: router.url, fetch: fetching };
}

/** The interpreter that is meant: by flag, by variable, or the only one that is deployed. */
async function interpreterName(run: Run<SessionFlags>): Promise<string> {
  const said = run.flags.interpreter ?? variable(run.io, 'AGENTCUBE_INTERPRETER');
  if (said !== undefined) return said;
  const target = await run.target();
  const found = await new DeployedThings(deployables[1]).objects(target, { namespace: target.namespace });
  const names = found.map(({ metadata }) => metadata.name);
  if (names.length === 1 && names[0] !== undefined) return names[0];
  if (names.length > 1)
    throw misused(
      'several code interpreters are deployed: say which with --interpreter',
      `there are: ${names.join(', ')}`,
    );
  throw new CliError(
    'notFound',
    `no code interpreter is deployed in namespace ${target.namespace}`,
    'deploy one: agentcube apply -f examples/my-codeinterpreter',
  );
}

/** Whether a session can still be used. A platform that has no such route is believed. */
export async function stillThere(target: Target, id: string): Promise<boolean> {
  try {
    const { state } = await readSession(target, id);
    return state !== 'ended' && state !== 'ending';
  } catch (fault) {
    if (fault instanceof CliError && fault.ending === 'notFound') return false;
    if (fault instanceof CliError && fault.ending === 'refused') return true;
    throw fault;
  }
}

/** The kept session, if it lives; one that does not is forgotten. */
export async function keptSession(
  target: Target,
  kept: KeptSessions,
  key: SessionKey,
): Promise<string | undefined> {
  const id = kept.get(key);
  if (id === undefined || (await stillThere(target, id))) return id;
  kept.forget(id);
  return undefined;
}

function contradictions({ flags }: Run<SessionFlags>): void {
  if (flags.session !== undefined && flags.new === true)
    throw misused('--session and --new contradict each other');
  if (flags.session !== undefined && flags.interpreter !== undefined)
    throw misused('--session and --interpreter contradict each other', 'a session knows its interpreter');
}

async function given(target: Target, word: string) {
  const { sessionId, runtime } = await sessionNamed(target, word);
  if (runtime.kind !== 'CodeInterpreter')
    throw misused(
      `session ${sessionId} is one of ${runtime.kind} ${runtime.name}`,
      'agentcube invoke calls agents',
    );
  return { sessionId, name: runtime.name, namespace: runtime.namespace };
}

/** Opens, or goes on with, a session. `keep`: a new one is kept for the folder. */
async function hold(run: Run<SessionFlags>, keep: boolean): Promise<Held> {
  contradictions(run);
  const { flags, io, out } = run;
  const target = await run.target();
  const { CodeInterpreter } = await import('../sdk/index.ts');
  const common = { ...connection(target), onDispose: 'keep' as const, signal: io.signal };
  if (flags.session !== undefined)
    return {
      interpreter: await CodeInterpreter.open({ ...common, ...(await given(target, flags.session)) }),
      made: false,
    };
  const name = await interpreterName(run);
  const key = { context: target.name, kind: 'CodeInterpreter', namespace: target.namespace, name } as const;
  const kept = new KeptSessions(io);
  const sessionId = flags.new === true ? undefined : await keptSession(target, kept, key);
  const opening = { ...common, name, namespace: target.namespace, sessionId };
  const interpreter = await out.during(`${name} starts`, () => CodeInterpreter.open(opening));
  if (keep) kept.set(key, interpreter.sessionId);
  out.trace(`session ${interpreter.sessionId}${sessionId === undefined ? '' : ' (kept for this folder)'}`);
  return { interpreter, made: sessionId === undefined };
}

/** Does the work in a session, and ends one that it made unless that is to be kept. */
export async function withInterpreter<T>(
  run: Run<SessionFlags>,
  keep: boolean,
  work: (interpreter: CodeInterpreter) => Promise<T>,
): Promise<T> {
  const { interpreter, made } = await hold(run, keep);
  try {
    const result = await work(interpreter);
    if (made && keep)
      run.out.note(
        `session ${interpreter.sessionId} is kept for this folder; agentcube sessions rm ${interpreter.sessionId.slice(0, 8)} ends it`,
      );
    return result;
  } finally {
    if (made && (!keep || run.io.signal.aborted)) await end(run, interpreter);
  }
}

/** As little as possible keeps the command from ending. */
async function end({ out, io }: Run<SessionFlags>, interpreter: CodeInterpreter): Promise<void> {
  new KeptSessions(io).forget(interpreter.sessionId);
  await interpreter
    .stop({ timeoutMs: 10_000 })
    .catch(() =>
      out.warn(`session ${interpreter.sessionId} could not be ended; it ends by itself when nobody uses it`),
    );
}
