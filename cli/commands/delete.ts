// `agentcube delete`: takes runtimes and triggers away, and ends sessions. Nothing is deleted before every name was looked up.
import type { Command } from 'commander';
import type { App, Run } from '../app.ts';
import type { Target } from '../contexts/target.ts';
import { CliError, misused } from '../failure.ts';
import { collect, examples } from '../flags.ts';
import { KeptSessions } from '../kept.ts';
import { deployables, isDeployable, readNames, type Kind } from '../kinds.ts';
import { readManifests } from '../manifests.ts';
import { sessionNamed } from '../session-names.ts';
import { DeployedThings, pathOf } from '../things/deployed.ts';
import { thingsOf } from '../things/index.ts';
import { sessionPath } from '../things/sessions.ts';

interface Flags {
  readonly filename?: readonly string[];
  readonly all?: boolean;
  readonly selector?: string;
  readonly ignoreNotFound?: boolean;
  readonly dryRun?: boolean;
}

interface Doomed {
  readonly kind: Kind;
  readonly namespace: string;
  readonly name: string;
}

function refusePools(kinds: readonly Kind[]): void {
  if (kinds.some(({ plural }) => plural === 'pools'))
    throw misused('a pool goes with its runtime', 'to keep none waiting, set warmPoolSize: 0 in the runtime');
}

async function fromFiles(run: Run<Flags>, files: readonly string[]): Promise<Doomed[]> {
  if (run.words.length > 0) throw misused('either names or -f, not both');
  const target = await run.target();
  return (await readManifests(run.io, files)).map(({ resource, value }) => ({
    kind: deployables.find(({ kind }) => kind === resource.kind) as Kind,
    namespace: (value['metadata'] as { readonly namespace?: string }).namespace ?? target.namespace,
    name: resource.metadata.name,
  }));
}

async function fromNames(run: Run<Flags>): Promise<Doomed[]> {
  const { flags, words } = run;
  const { kinds, names } = readNames(words);
  refusePools(kinds);
  const many = flags.all === true || flags.selector !== undefined;
  if (names.length > 0 && many) throw misused('names go with neither --all nor --selector');
  if (names.length === 0 && !many) throw misused('say which ones: names, --selector, or --all');
  const target = await run.target();
  const { namespace } = target;
  if (names.length > 0) return names.map(({ kind, name }) => ({ kind, namespace, name }));
  const query = { namespace, ...(flags.selector !== undefined && { selector: flags.selector }) };
  const found = await Promise.all(
    kinds.map(async (kind) =>
      (await thingsOf(kind).rows(target, query)).rows
        .filter((row) => row.cells[2] !== 'ended')
        .map(({ name }) => ({ kind, namespace, name })),
    ),
  );
  return found.flat();
}

/** The same with whole ids; undefined where it is not there and need not be. */
async function lookedUp(target: Target, doomed: Doomed, may: boolean): Promise<Doomed | undefined> {
  const { kind, namespace, name } = doomed;
  try {
    if (!isDeployable(kind)) return { ...doomed, name: (await sessionNamed(target, name)).sessionId };
    await new DeployedThings(kind).object(target, namespace, name);
    return doomed;
  } catch (fault) {
    if (may && fault instanceof CliError && fault.ending === 'notFound') return undefined;
    throw fault;
  }
}

async function remove(run: Run<Flags>, { kind, namespace, name }: Doomed): Promise<void> {
  const { api, control } = await run.target();
  if (isDeployable(kind)) return void (await api.json(pathOf(kind, namespace, name), { method: 'DELETE' }));
  await control.json(sessionPath(name), { method: 'DELETE' });
  new KeptSessions(run.io).forget(name);
}

export function define(command: Command, app: App): void {
  command
    .argument('[what...]', 'KIND NAME…, or KIND/NAME…')
    .option(
      '-f, --filename <file>',
      'what a file, a folder, or - for standard input names; may be repeated',
      collect,
    )
    .option('--all', 'all of the kind in the namespace')
    .option('-l, --selector <labels>', 'those with these labels')
    .option('--ignore-not-found', 'what is not there is no error')
    .option('--dry-run', 'tell what would be deleted and delete nothing');
  examples(command, [
    'agentcube delete ar/my-agent',
    'agentcube delete -f my-agents/',
    'agentcube delete sessions 0faa7b47 91c2',
  ]);
  app.act<Flags>(command, async (run) => {
    const { flags, out } = run;
    const named = flags.filename ? await fromFiles(run, flags.filename) : await fromNames(run);
    const target = await run.target();
    const all = await Promise.all(named.map((one) => lookedUp(target, one, flags.ignoreNotFound === true)));
    for (const doomed of all.filter((one) => one !== undefined)) {
      if (flags.dryRun !== true) await remove(run, doomed);
      await out.line(
        `${thingsOf(doomed.kind).word}/${doomed.name} deleted${flags.dryRun === true ? ' (dry run)' : ''}`,
      );
    }
  });
}
