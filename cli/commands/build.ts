// `agentcube build`: an image of an agent's folder. For the platform of this machine without Docker; with --docker a real one.
import path from 'node:path';
import type { Command } from 'commander';
import type { App, Run } from '../app.ts';
import { runChild } from '../children.ts';
import { CliError, misused } from '../failure.ts';
import { examples } from '../flags.ts';
import { buildLocalImage, ownTable } from '../images.ts';
import { readMetadata, writeMetadata, type Metadata } from '../metadata.ts';
import { checkWorkspace, dockerfileOf, nextVersion } from '../workspace.ts';
import { existsSync, writeFileSync } from 'node:fs';

interface Flags {
  readonly workspace: string;
  readonly docker?: boolean;
  readonly table?: string;
  readonly proxy?: string;
}

const dockerMissing = 'install Docker, or leave --docker away: the platform of this machine needs none';

async function withDocker(
  { io, out, flags }: Run<Flags>,
  workspace: string,
  metadata: Metadata,
  name: string,
): Promise<void> {
  const dockerfile = path.join(workspace, 'Dockerfile');
  if (!existsSync(dockerfile)) writeFileSync(dockerfile, dockerfileOf(workspace, metadata));
  const { proxy } = flags;
  const proxied =
    proxy === undefined ? [] : ['--build-arg', `HTTP_PROXY=${proxy}`, '--build-arg', `HTTPS_PROXY=${proxy}`];
  const onOutput = (text: string): void => out.trace(text.trimEnd());
  await runChild(io, {
    program: 'docker',
    args: ['build', '-t', name, ...proxied, workspace],
    missing: dockerMissing,
    onOutput,
  });
}

/** A cluster has no use for a folder of this machine. */
async function checkTarget(run: Run<Flags>): Promise<void> {
  if (run.flags.docker === true || run.flags.table !== undefined) return;
  const target = await run.target().catch((fault: unknown) => {
    if (fault instanceof CliError && fault.ending === 'unreachable') return undefined;
    throw fault;
  });
  if (target?.where === 'cluster')
    throw misused(
      `${target.name} is a cluster, which takes images of a registry`,
      'add --docker, and push with: agentcube publish --image-url',
    );
}

async function build(run: Run<Flags>): Promise<void> {
  const { io, out, flags } = run;
  if (flags.docker === true && flags.table !== undefined)
    throw misused('--docker and --table contradict each other');
  const workspace = path.resolve(io.cwd, flags.workspace);
  const metadata = await readMetadata(workspace);
  checkWorkspace(workspace, metadata);
  await checkTarget(run);
  const version = nextVersion(metadata.version);
  const name = `${metadata.agent_name}:${version}`;
  const onOutput = (text: string): void => out.trace(text.trimEnd());
  const table = flags.table === undefined ? ownTable(io) : path.resolve(io.cwd, flags.table);
  const { proxy } = flags;
  const work = { io, metadata, workspace, onOutput, ...(proxy !== undefined && { proxy }) };
  await out.during(`building ${name}`, async () => {
    if (flags.docker === true) await withDocker(run, workspace, metadata, name);
    else await buildLocalImage(work, name, table);
  });
  const image = { repository_url: metadata.agent_name, tag: version, local: flags.docker !== true };
  await writeMetadata(workspace, { ...metadata, version, image });
  await out.line(`${name} built`);
  out.note(
    `${flags.docker === true ? 'a Docker image' : `in ${table}`}; next: agentcube publish -f ${flags.workspace}`,
  );
}

export function define(command: Command, app: App): void {
  command
    .option('-f, --workspace <folder>', "the agent's folder, packed", '.')
    .option('--docker', 'make a real image with Docker')
    .option('--table <file>', "an images.yaml of one's own; that of the platform here when absent")
    .option('-p, --proxy <url>', 'proxy for what is installed');
  examples(command, [
    'agentcube build -f my-agent',
    'agentcube build -f my-agent --docker',
    'agentcube build --table ../my-agents/images.yaml',
  ]);
  app.act<Flags>(command, build);
}
