// `agentcube pack`: checks an agent's folder and writes down what it is: agent_metadata.yaml, and a Dockerfile where it has none.
import { cpSync, existsSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import type { App, Run } from '../app.ts';
import { misused } from '../failure.ts';
import { examples } from '../flags.ts';
import { checkedMetadata, findMetadata, metadataFile, writeMetadata, type Metadata } from '../metadata.ts';
import { checkWorkspace, dockerfileOf, entrypointIn, languageIn, nameOf } from '../workspace.ts';

interface Flags {
  readonly workspace: string;
  readonly agentName?: string;
  readonly language?: string;
  readonly entrypoint?: string;
  readonly port?: string;
  readonly buildMode?: string;
  readonly description?: string;
  readonly output?: string;
}

/** What the flags say, over what the file says, over what the folder looks like. */
async function metadataOf(folder: string, flags: Flags): Promise<Metadata> {
  const before = await findMetadata(folder);
  const said = {
    agent_name: flags.agentName,
    language: flags.language,
    entrypoint: flags.entrypoint,
    port: flags.port === undefined ? undefined : Number(flags.port),
    build_mode: flags.buildMode,
    description: flags.description,
  };
  const given = Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined));
  const language = flags.language ?? before?.language ?? languageIn(folder);
  if (language === undefined)
    throw misused(`${folder}: no agent is to be seen in it`, 'say it with --language and --entrypoint');
  const entrypoint = entrypointIn(folder, language as Metadata['language']);
  const looks = { agent_name: nameOf(folder), language, ...(entrypoint !== undefined && { entrypoint }) };
  return checkedMetadata(metadataFile, { ...looks, ...before, ...given });
}

function workspaceOf({ io, flags }: Run<Flags>): string {
  const folder = path.resolve(io.cwd, flags.workspace);
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory())
    throw misused(`${flags.workspace}: there is no such folder`);
  return folder;
}

async function pack(run: Run<Flags>): Promise<void> {
  const { io, out, flags } = run;
  const workspace = workspaceOf(run);
  const metadata = await metadataOf(workspace, flags);
  checkWorkspace(workspace, metadata);
  const folder = flags.output === undefined ? workspace : path.resolve(io.cwd, flags.output);
  if (folder !== workspace)
    cpSync(workspace, folder, { recursive: true, filter: (source) => path.basename(source) !== '.git' });
  await writeMetadata(folder, metadata);
  const dockerfile = path.join(folder, 'Dockerfile');
  if (!existsSync(dockerfile)) writeFileSync(dockerfile, dockerfileOf(folder, metadata));
  await out.line(
    `${metadata.agent_name} packed: ${path.relative(io.cwd, path.join(folder, metadataFile)) || metadataFile}`,
  );
  out.note(
    `${metadata.language}, ${metadata.entrypoint}, port ${metadata.port}; next: agentcube build -f ${flags.output ?? flags.workspace}`,
  );
}

export function define(command: Command, app: App): void {
  command
    .option('-f, --workspace <folder>', "the agent's folder", '.')
    .option('--agent-name <name>', "the folder's name when absent")
    .option('--language <name>', 'python, node or java; by its files when absent')
    .option('--entrypoint <command>', "how it is started, such as 'python main.py'")
    .option('--port <number>', 'where it listens; 8080 when absent')
    .option('--build-mode <mode>', 'local or cloud, as AgentCube has it')
    .option('--description <text>', 'what it is for')
    .option('--output <folder>', 'write a copy there and leave the folder as it is');
  examples(command, [
    'agentcube pack -f my-agent',
    "agentcube pack --agent-name triage --entrypoint 'python agent.py'",
  ]);
  app.act<Flags>(command, pack);
}
