// `agentcube logs`: what the sandbox of a session printed. On a laptop the platform keeps it; on a cluster the API server has the pod's.
import type { Command } from 'commander';
import type { App, Run } from '../app.ts';
import type { Target } from '../contexts/target.ts';
import { CliError, misused } from '../failure.ts';
import { examples } from '../flags.ts';
import { isDeployable, kindNamed } from '../kinds.ts';
import { sessionNamed } from '../session-names.ts';
import { listSessions, sessionPath, type Session } from '../things/sessions.ts';

interface Flags {
  readonly follow?: boolean;
  readonly tail?: string;
}

/** Of a runtime it is the session that was used last. */
async function latestOf(target: Target, word: string): Promise<Session> {
  const [kindWord = '', name = ''] = word.split('/');
  const kind = kindNamed(kindWord);
  if (!isDeployable(kind) || kind.kind === 'Trigger' || name === '')
    throw misused(
      `${word}: logs are of a session, or of the newest of a runtime`,
      'such as: agentcube logs ar/hello-agent',
    );
  const found = await listSessions(target, { namespace: target.namespace, kind: kind.kind, runtime: name });
  const living = found.filter(({ state }) => state !== 'ended' && state !== 'ending');
  const [latest] = living.sort((one, other) => (one.lastActivityAt < other.lastActivityAt ? 1 : -1));
  if (!latest)
    throw new CliError(
      'notFound',
      `${kind.kind} ${target.namespace}/${name} has no session`,
      `agentcube invoke ${name} makes one`,
    );
  return latest;
}

function linesOf({ tail }: Flags): number | undefined {
  if (tail === undefined || tail === 'all') return undefined;
  if (!/^\d+$/.test(tail)) throw misused(`--tail ${tail}: not a number of lines`);
  return Number(tail);
}

interface Pod {
  readonly metadata: {
    readonly name: string;
    readonly ownerReferences?: readonly { readonly name: string }[];
  };
  readonly spec: { readonly containers: readonly { readonly name: string }[] };
}

/** agent-sandbox calls the pod as its Sandbox, and owns it in any case. */
async function podOf({ api }: Target, { sandbox, runtime, sessionId }: Session): Promise<Pod> {
  if (!sandbox)
    throw new CliError(
      'conflict',
      `session ${sessionId} has no sandbox`,
      'it gets one with its next request',
    );
  const path = `/api/v1/namespaces/${encodeURIComponent(runtime.namespace)}/pods`;
  const { items } = await api.json<{ readonly items: readonly Pod[] }>(path);
  const found = items.find(
    ({ metadata }) =>
      metadata.name === sandbox.name ||
      metadata.ownerReferences?.some(({ name }) => name === sandbox.name) === true,
  );
  if (found) return found;
  throw new CliError(
    'notFound',
    `the pod of session ${sessionId} is gone`,
    'it sleeps without one; its next request starts another',
  );
}

async function stream(target: Target, session: Session, follow: boolean, lines: number | undefined) {
  const timeout = { timeoutMs: 0 };
  if (target.where === 'laptop') {
    const query = { ...(follow && { follow: 1 }), ...(lines !== undefined && { lines }) };
    return target.control.stream(`${sessionPath(session.sessionId)}/logs`, { query, ...timeout });
  }
  const { metadata, spec } = await podOf(target, session);
  const query = {
    container: spec.containers[0]?.name,
    ...(follow && { follow: true }),
    ...(lines !== undefined && { tailLines: lines }),
  };
  const path = `/api/v1/namespaces/${encodeURIComponent(session.runtime.namespace)}/pods/${encodeURIComponent(metadata.name)}/log`;
  return target.api.stream(path, { query, ...timeout });
}

async function logs(run: Run<Flags>): Promise<void> {
  const { flags, words, out } = run;
  const lines = linesOf(flags);
  const target = await run.target();
  const [word = ''] = words;
  const session = word.includes('/') ? await latestOf(target, word) : await sessionNamed(target, word);
  for await (const chunk of await stream(target, session, flags.follow === true, lines))
    await out.raw(chunk as Uint8Array);
}

export function define(command: Command, app: App): void {
  command
    .argument('<session>', "a session, or KIND/NAME for the one of a runtime's that was used last")
    .option('-f, --follow', 'go on with what comes')
    .option('--tail <lines>', 'so many of the last lines');
  examples(command, ['agentcube logs ar/hello-agent', 'agentcube logs 0faa7b47 -f --tail 20']);
  app.act<Flags>(command, logs);
}
