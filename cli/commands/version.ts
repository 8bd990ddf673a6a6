// `agentcube version`: this command, and the platform that it would speak to.
import type { Command } from 'commander';
import type { App } from '../app.ts';
import { formatOf, written } from '../output/format.ts';
import { examples, outputFlag } from '../flags.ts';
import { ownVersion } from '../version.ts';

interface Flags {
  readonly output?: string;
  readonly client?: boolean;
}

interface Document {
  readonly info?: { readonly version?: string };
}

export function define(command: Command, app: App): void {
  command.option('--client', 'ask no platform').addOption(outputFlag());
  examples(command, ['agentcube version', 'agentcube version --client -o json']);
  app.act<Flags>(command, async ({ io, out, flags, target }) => {
    const format = formatOf(io, flags.output);
    const client = { version: ownVersion(), node: process.version };
    const asked = async () => {
      const { control, name } = await target();
      const { info } = await control.json<Document>('/openapi.json');
      return { context: name, version: info?.version ?? 'unknown' };
    };
    const platform = flags.client === true ? undefined : await asked();
    if (format === 'json' || format === 'yaml')
      return void (await out.raw(await written({ client, ...(platform && { platform }) }, format)));
    await out.line(`agentcube ${client.version} (Node ${client.node.slice(1)})`);
    if (platform) await out.line(`platform  ${platform.version} (${platform.context})`);
  });
}
