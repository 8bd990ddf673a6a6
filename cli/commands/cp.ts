// `agentcube cp`: files and folders between this machine and a session of a code interpreter. `SESSION:PATH` is there; `:PATH` is
// in the session that the folder keeps, which is made when there is none.
import { mkdirSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import type { CodeInterpreter } from '../../sdk/index.ts';
import type { App, Run } from '../app.ts';
import { CliError, misused } from '../failure.ts';
import { examples } from '../flags.ts';
import { withInterpreter, type SessionFlags } from '../interpreters.ts';

interface Flags {
  readonly interpreter?: string;
}

interface Place {
  /** Absent: here. Empty: the folder's own. */
  readonly session?: string;
  readonly path: string;
}

/** A colon behind what may be an id makes it one there; `./a:b` is a file here. */
function placeOf(word: string): Place {
  const [, session, within] = /^([\w-]*):([^]*)$/.exec(word) ?? [];
  return session === undefined || within === undefined
    ? { path: word }
    : { session, path: within === '' ? '.' : within };
}

interface Copied {
  count: number;
}

interface Copying {
  readonly run: Run<Flags>;
  readonly interpreter: CodeInterpreter;
  readonly copied: Copied;
}

async function send(copying: Copying, from: string, to: string): Promise<void> {
  const { interpreter, run, copied } = copying;
  if (statSync(from).isDirectory()) {
    for (const name of readdirSync(from).sort())
      await send(copying, path.join(from, name), path.posix.join(to, name));
    return;
  }
  const mode = (statSync(from).mode & 0o777).toString(8).padStart(4, '0');
  await interpreter.files.upload(from, to, { signal: run.io.signal, mode });
  run.out.trace(`${from} -> ${to}`);
  copied.count += 1;
}

/** Undefined where it is no folder. */
async function entriesOf({ interpreter, run }: Copying, at: string) {
  try {
    return await interpreter.files.list(at, { signal: run.io.signal });
  } catch {
    return undefined;
  }
}

/** A name from a sandbox is one name: nothing of it leads elsewhere. */
function checkedName(name: string): string {
  if (name === '' || name === '.' || name === '..' || /[/\\\0]/.test(name))
    throw new CliError(
      'refused',
      `the session names a file ${JSON.stringify(name)}`,
      'it is not copied, for it may lead out of the folder',
    );
  return name;
}

async function fetchAll(copying: Copying, from: string, to: string): Promise<void> {
  const { interpreter, run, copied } = copying;
  const entries = await entriesOf(copying, from);
  if (!entries) {
    await interpreter.files.download(from, to, { signal: run.io.signal });
    run.out.trace(`${from} -> ${to}`);
    copied.count += 1;
    return;
  }
  mkdirSync(to, { recursive: true });
  for (const { name } of entries)
    await fetchAll(copying, path.posix.join(from, name), path.join(to, checkedName(name)));
}

const isFolderHere = (name: string): boolean =>
  statSync(name, { throwIfNoEntry: false })?.isDirectory() === true;

/** Into a folder that is there, or that a slash says; else under the new name. */
async function targetThere(copying: Copying, { path: to }: Place, from: string): Promise<string> {
  const into = to.endsWith('/') || to === '.' || (await entriesOf(copying, to)) !== undefined;
  return into ? path.posix.join(to, path.basename(path.resolve(from))) : to;
}

function targetHere({ path: to }: Place, from: string, cwd: string): string {
  const whole = path.resolve(cwd, to);
  const name = path.posix.basename(path.posix.normalize(from));
  const into = (to.endsWith('/') || isFolderHere(whole)) && name !== '.' && name !== '';
  return into ? path.join(whole, name) : whole;
}

async function copy(copying: Copying, from: Place, to: Place): Promise<void> {
  const { cwd } = copying.run.io;
  if (to.session !== undefined) {
    const source = path.resolve(cwd, from.path);
    return send(copying, source, await targetThere(copying, to, source));
  }
  const whole = targetHere(to, from.path, cwd);
  mkdirSync(path.dirname(whole), { recursive: true });
  await fetchAll(copying, from.path, whole);
}

function checkSources(run: Run<Flags>, sources: readonly Place[], to: Place): void {
  const there = sources.filter(({ session }) => session !== undefined);
  if (there.length > 0 && to.session !== undefined)
    throw misused('from one session to another is two steps', 'copy to this machine first');
  if (there.length === 0 && to.session === undefined)
    throw misused(
      'one side is a session: SESSION:PATH, or :PATH for the one of this folder',
      'such as: agentcube cp data.csv :data.csv',
    );
  if (there.length > 0 && there.length < sources.length) throw misused('sources are all here, or all there');
  if (new Set(there.map(({ session }) => session)).size > 1) throw misused('sources are of one session');
  for (const { path: name } of to.session === undefined ? [] : sources)
    if (!statSync(path.resolve(run.io.cwd, name), { throwIfNoEntry: false }))
      throw misused(`${name}: there is no such file or folder`);
}

async function cp(run: Run<Flags>): Promise<void> {
  const places = run.words.map(placeOf);
  const to = places.at(-1) as Place;
  const sources = places.slice(0, -1);
  if (sources.length === 0) throw misused('say what and whereto: SOURCE… TARGET');
  checkSources(run, sources, to);
  const session = to.session ?? sources[0]?.session ?? '';
  const flags: SessionFlags = { ...run.flags, ...(session !== '' && { session }) };
  const copied: Copied = { count: 0 };
  await withInterpreter({ ...run, flags }, true, async (interpreter) => {
    const copying = { run, interpreter, copied };
    for (const from of sources) await run.out.during(`copying ${from.path}`, () => copy(copying, from, to));
  });
  run.out.note(`${copied.count} file${copied.count === 1 ? '' : 's'} copied`);
}

export function define(command: Command, app: App): void {
  command
    .argument(
      '<path...>',
      'SOURCE… TARGET; one side is SESSION:PATH, or :PATH for the session of this folder',
    )
    .option('-i, --interpreter <name>', 'CodeInterpreter of a new session; the only one when absent');
  examples(command, [
    'agentcube cp data.csv :data.csv',
    'agentcube cp :results ./results',
    'agentcube cp src 0faa7b47:/',
  ]);
  app.act<Flags>(command, cp);
}
