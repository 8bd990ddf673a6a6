// `agentcube config`: which platform a command line means and why, and which contexts there are. Changes nothing: kubectl config does.
import path from 'node:path';
import type { Command } from 'commander';
import type { App, Run } from '../app.ts';
import { readKubeconfig } from '../contexts/kubeconfig.ts';
import { localPlatform } from '../contexts/local.ts';
import { kubeconfigFiles, localContext } from '../contexts/target.ts';
import { examples, outputFlag } from '../flags.ts';
import { formatOf, written } from '../output/format.ts';
import { outline } from '../output/outline.ts';
import { tableLines } from '../output/table.ts';

interface Flags {
  readonly output?: string;
}

async function view({ io, out, flags, target }: Run<Flags>): Promise<void> {
  const format = formatOf(io, flags.output);
  const { name, namespace, where, chosen, api, control, router } = await target();
  const told = {
    context: name,
    chosen,
    namespace,
    where,
    api: api.url,
    control: control.url,
    router: router.url,
  };
  if (format === 'json' || format === 'yaml') return out.raw(await written(told, format));
  await (format === 'name' ? out.line(name) : out.lines(outline(told)));
}

async function contexts({ io, out, flags, target }: Run<Flags>): Promise<void> {
  const format = formatOf(io, flags.output);
  const { named, home } = kubeconfigFiles(io, (flags as { readonly kubeconfig?: string }).kubeconfig);
  const local = localPlatform(io);
  const files = [...(named.length > 0 ? named : [home]), ...(local ? [local.kubeconfig] : [])];
  const { contexts: found, clusters } = await readKubeconfig(files);
  const current = await target().then(
    ({ name }) => name,
    () => undefined,
  );
  const names = [...new Set([...found.keys(), ...(local ? [localContext] : [])])];
  if (format === 'json' || format === 'yaml')
    return out.raw(
      await written(
        names.map((name) => ({ name, current: name === current })),
        format,
      ),
    );
  if (format === 'name') return out.lines(names);
  if (names.length === 0)
    return out.note(
      `There are none in ${files.map((file) => path.relative(io.cwd, file) || file).join(', ')}.`,
    );
  const rows = names.map((name) => {
    const entry = found.get(name)?.value;
    const server = clusters.get(entry?.cluster ?? '')?.value.server ?? local?.controlUrl ?? '';
    return [name === current ? '*' : '', name, server, entry?.namespace ?? 'default'];
  });
  await out.lines(tableLines({ columns: ['Current', 'Name', 'Server', 'Namespace'], rows }));
}

export function define(command: Command, app: App): void {
  const viewed = command
    .command('view')
    .summary('tell which platform is meant')
    .description('Tell which platform a command line means, why, and its addresses.');
  viewed.addOption(outputFlag());
  examples(viewed, ['agentcube config view', 'agentcube config view --context my-cluster']);
  app.act<Flags>(viewed, view);
  const listed = command
    .command('contexts')
    .summary('list the contexts')
    .description('List the contexts of the kubeconfig, and the platform that runs here.');
  listed.addOption(outputFlag());
  examples(listed, ['agentcube config contexts', 'agentcube config contexts -o name']);
  app.act<Flags>(listed, contexts);
  examples(command, ['agentcube config view', 'agentcube config contexts']);
}
