// Local images: a folder made of an agent's own, with what it needs installed, and its line in a table of images that a platform on this
// machine reads. No Docker. Does not own what a table means (docs: README, "Your own agent").
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { runChild } from './children.ts';
import { dataDirs, localPlatform } from './contexts/local.ts';
import { installing } from './doctor/machine.ts';
import { CliError, misused, textOf } from './failure.ts';
import type { Io } from './io.ts';
import type { Metadata } from './metadata.ts';

const skipped = new Set([
  '.git',
  '__pycache__',
  'node_modules',
  '.venv',
  'venv',
  '.agentcube',
  'agent_metadata.yaml',
  'Dockerfile',
]);
/** Inside a sandbox the folder is /app. */
const packages = '.packages';

export interface LocalImage {
  readonly name: string;
  readonly folder: string;
  readonly command: readonly string[];
  readonly environment?: readonly { readonly name: string; readonly value: string }[];
}

/** The table that the platform of this machine reads besides those in its folder. */
export const ownTable = (io: Io): string =>
  path.join(localPlatform(io)?.dataDir ?? dataDirs(io)[0] ?? '/var/lib/agentcube', 'images.yaml');

/** As a shell splits simple words; quotes keep blanks. */
export const wordsOf = (line: string): string[] =>
  [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, bare]) => double ?? single ?? bare ?? '',
  );

/** The entry point as it is run in a sandbox: its file lies in /app, and the working directory is elsewhere. */
export function commandOf({ entrypoint }: Pick<Metadata, 'entrypoint'>, folder: string): string[] {
  const [program = '', ...args] = wordsOf(entrypoint);
  const named = program === 'python' ? 'python3' : program;
  const inApp = (word: string): string =>
    !word.startsWith('-') && existsSync(path.join(folder, word))
      ? `/app/${path.posix.normalize(word)}`
      : word;
  return [inApp(named), ...args.map(inApp)];
}

/** The Python that sandboxes run, which need not be the first in this person's PATH. */
const sandboxPython = (): string =>
  ['/usr/local/bin/python3', '/usr/bin/python3', '/bin/python3'].find((file) => existsSync(file)) ??
  'python3';

export interface Build {
  readonly io: Io;
  readonly metadata: Metadata;
  /** The agent's. */
  readonly workspace: string;
  readonly proxy?: string;
  readonly onOutput: (text: string) => void;
}

async function installPython(
  { io, metadata, workspace, proxy, onOutput }: Build,
  folder: string,
): Promise<void> {
  const file = metadata.requirements_file ?? 'requirements.txt';
  if (!existsSync(path.join(workspace, file))) return;
  const args = [
    '-m',
    'pip',
    '--python',
    sandboxPython(),
    'install',
    '--no-input',
    '--disable-pip-version-check',
  ];
  const proxied = proxy === undefined ? [] : ['--proxy', proxy];
  await runChild(io, {
    program: 'python3',
    args: [...args, ...proxied, '--target', path.join(folder, packages), '-r', path.join(workspace, file)],
    missing: installing('python3 python3-pip'),
    onOutput,
  });
}

async function installNode({ io, proxy, onOutput }: Build, folder: string): Promise<void> {
  if (!existsSync(path.join(folder, 'package.json'))) return;
  const locked = existsSync(path.join(folder, 'package-lock.json'));
  const proxied = proxy === undefined ? [] : ['--proxy', proxy, '--https-proxy', proxy];
  await runChild(io, {
    program: 'npm',
    args: [locked ? 'ci' : 'install', '--omit=dev', '--no-audit', '--no-fund', ...proxied],
    cwd: folder,
    missing: installing('npm'),
    onOutput,
  });
}

function writeEntry(table: string, text: string): void {
  const draft = `${table}.${process.pid}.new`;
  writeFileSync(draft, text);
  renameSync(draft, table);
}

/** The table with this entry in it, whatever else it says and however it says it. */
async function withEntry(table: string, entry: LocalImage): Promise<string> {
  const { parseDocument } = await import('yaml');
  const doc = parseDocument(existsSync(table) ? readFileSync(table, 'utf8') : 'images:\n');
  const { images: listed } = (doc.toJS() ?? {}) as {
    readonly images?: readonly { readonly name?: string }[] | null;
  };
  const images = listed ?? [];
  if (doc.errors.length > 0 || !Array.isArray(images))
    throw misused(`${table}: this is no table of images`, 'correct it, or name another with --table');
  const at = images.findIndex(({ name }) => name === entry.name);
  const relative = { ...entry, folder: path.relative(path.dirname(table), entry.folder) };
  if (images.length === 0) doc.set('images', doc.createNode([relative]));
  else doc.setIn(['images', at < 0 ? images.length : at], doc.createNode(relative));
  return doc.toString({ lineWidth: 0 });
}

function unusable(table: string, fault: unknown): CliError {
  return new CliError(
    'refused',
    `${path.dirname(table)} cannot be written: ${textOf(fault)}`,
    'run it as the user who runs the platform, or name a table of your own with --table FILE',
  );
}

/** Makes the folder beside the table and writes the entry, whole or not at all. */
export async function buildLocalImage(build: Build, name: string, table: string): Promise<LocalImage> {
  const { metadata, workspace } = build;
  if (metadata.language === 'java')
    throw misused('local images are of Python and Node', 'add --docker for Java');
  const folder = path.join(path.dirname(table), '.agentcube', name.replace(/[^\w.-]+/g, '-'));
  const draft = `${folder}.new`;
  try {
    rmSync(draft, { recursive: true, force: true });
    mkdirSync(path.dirname(draft), { recursive: true });
    const filter = (source: string): boolean => source === workspace || !skipped.has(path.basename(source));
    cpSync(workspace, draft, { recursive: true, filter });
  } catch (fault) {
    throw unusable(table, fault);
  }
  await (metadata.language === 'python' ? installPython(build, draft) : installNode(build, draft));
  rmSync(folder, { recursive: true, force: true });
  renameSync(draft, folder);
  const hasPackages = existsSync(path.join(folder, packages));
  const environment = hasPackages ? [{ name: 'PYTHONPATH', value: `/app/${packages}` }] : undefined;
  const entry = { name, folder, command: commandOf(metadata, folder), ...(environment && { environment }) };
  writeEntry(table, await withEntry(table, entry));
  return entry;
}
