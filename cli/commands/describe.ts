// `agentcube describe`: all that is known of a runtime, a trigger, a session or a pool, for people.
import type { Command } from 'commander';
import type { App, Run } from '../app.ts';
import { misused } from '../failure.ts';
import { examples } from '../flags.ts';
import { isDeployable, readNames, type Kind } from '../kinds.ts';
import { age } from '../output/age.ts';
import { outline } from '../output/outline.ts';
import { sessionNamed } from '../session-names.ts';
import { DeployedThings, type Deployed } from '../things/deployed.ts';
import { PoolThings } from '../things/pools.ts';
import { listSessions, type Session } from '../things/sessions.ts';

/** Sessions that are told of; the rest are counted. */
const mostSessions = 10;

const withoutStatus = ({ metadata, spec }: Deployed): object => ({
  Name: metadata.name,
  Namespace: metadata.namespace,
  Labels: metadata.labels,
  Annotations: metadata.annotations,
  Created: `${metadata.creationTimestamp ?? ''} (${age(metadata.creationTimestamp)} ago)`,
  Generation: metadata.generation,
  Spec: spec,
});

const conditionsOf = ({ status }: Deployed): Record<string, string> =>
  Object.fromEntries(
    (status?.conditions ?? []).map(({ type, status: is, reason, message }) => [
      type,
      [is, reason, message].filter((part) => part !== undefined && part !== '').join('  '),
    ]),
  );

function statusOf({ status = {} }: Deployed): object {
  const { conditions: _, ...rest } = status;
  return rest;
}

const briefly = ({ sessionId, state, lastActivityAt }: Session): string =>
  `${sessionId}  ${state}, last used ${age(lastActivityAt)} ago`;

/** What the platform knows beside the object; nothing where its control API cannot be reached. */
async function besides(run: Run<object>, kind: Kind, { metadata }: Deployed): Promise<object> {
  if (!isDeployable(kind) || kind.kind === 'Trigger') return {};
  const target = await run.target();
  const { namespace = target.namespace, name } = metadata;
  try {
    const filter = { namespace, kind: kind.kind, runtime: name };
    const sessions = (await listSessions(target, filter)).filter(({ state }) => state !== 'ended');
    const pool = await new PoolThings().object(target, namespace, name);
    const more = sessions.length > mostSessions ? [`and ${sessions.length - mostSessions} more`] : [];
    return {
      Pool: 'text' in pool ? pool.text : pool,
      Sessions: sessions.length === 0 ? 'none' : [...sessions.slice(0, mostSessions).map(briefly), ...more],
    };
  } catch {
    return { Sessions: 'not known: the control API of the platform is not reachable' };
  }
}

async function describeOne(run: Run<object>, kind: Kind, name: string): Promise<string[]> {
  const target = await run.target();
  if (isDeployable(kind)) {
    const object = await new DeployedThings(kind).object(target, target.namespace, name);
    const status = { Status: statusOf(object), Conditions: conditionsOf(object) };
    return outline({ ...withoutStatus(object), ...status, ...(await besides(run, kind, object)) });
  }
  if (kind.plural === 'sessions') return outline(await sessionNamed(target, name));
  return outline(await new PoolThings().object(target, target.namespace, name));
}

export function define(command: Command, app: App): void {
  command.argument('<what...>', 'KIND NAME…, or KIND/NAME…');
  examples(command, ['agentcube describe ar/hello-agent', 'agentcube describe session 0faa7b47']);
  app.act<object>(command, async (run) => {
    const { names } = readNames(run.words);
    if (names.length === 0) throw misused('say which one: KIND NAME, or KIND/NAME');
    for (const [index, { kind, name }] of names.entries()) {
      if (index > 0) await run.out.line('');
      await run.out.lines(await describeOne(run, kind, name));
    }
  });
}
