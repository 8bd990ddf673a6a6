// `agentcube status`: how the agent of a folder is on the platform.
import path from 'node:path';
import type { Command } from 'commander';
import type { App, Run } from '../app.ts';
import { CliError } from '../failure.ts';
import { examples, outputFlag } from '../flags.ts';
import { deployables } from '../kinds.ts';
import { readMetadata } from '../metadata.ts';
import { formatOf, written } from '../output/format.ts';
import { outline } from '../output/outline.ts';
import { DeployedThings, type Deployed } from '../things/deployed.ts';
import { listSessions } from '../things/sessions.ts';

interface Flags {
  readonly workspace: string;
  readonly output?: string;
}

function imageIn({ spec }: Deployed): string | undefined {
  const containers = (
    spec as { podTemplate?: { spec?: { containers?: readonly { readonly image?: string }[] } } }
  ).podTemplate?.spec?.containers;
  return containers?.[0]?.image;
}

async function status(run: Run<Flags>): Promise<void> {
  const { io, out, flags } = run;
  const format = formatOf(io, flags.output);
  const metadata = await readMetadata(path.resolve(io.cwd, flags.workspace));
  const target = await run.target();
  const { agent_name: name, version, session_id: session } = metadata;
  const found = await new DeployedThings(deployables[0])
    .object(target, target.namespace, name)
    .catch((fault: unknown) => {
      if (!(fault instanceof CliError) || fault.ending !== 'notFound') throw fault;
      throw new CliError(
        'notFound',
        `${name} is not published in namespace ${target.namespace}`,
        `agentcube publish -f ${flags.workspace}`,
      );
    });
  const ready = found.status?.conditions?.find(({ type }) => type === 'Ready');
  const filter = { namespace: target.namespace, kind: 'AgentRuntime', runtime: name };
  const sessions = (await listSessions(target, filter)).filter(({ state }) => state !== 'ended').length;
  const told = {
    agent: name,
    namespace: target.namespace,
    status: ready?.status === 'True' ? 'ready' : (ready?.message ?? 'unknown'),
    version,
    image: imageIn(found),
    endpoint: `${target.router.url}/v1/namespaces/${target.namespace}/agent-runtimes/${name}/invocations/`,
    sessions,
    session,
  };
  if (format === 'json' || format === 'yaml') return out.raw(await written(told, format));
  await (format === 'name' ? out.line(name) : out.lines(outline(told)));
}

export function define(command: Command, app: App): void {
  command.option('-f, --workspace <folder>', "the agent's folder, published", '.').addOption(outputFlag());
  examples(command, ['agentcube status -f my-agent', 'agentcube status -o json']);
  app.act<Flags>(command, status);
}
