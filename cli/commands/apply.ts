// `agentcube apply`: makes what is deployed as files say it. Everything is read, checked and tried without writing first, so that
// a mistake in the last file changes nothing. By server-side apply: what other programs set of an object stays.
import { json } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import type { App, Run } from '../app.ts';
import type { Target } from '../contexts/target.ts';
import { CliError, misused } from '../failure.ts';
import { collect, examples, outputFlag } from '../flags.ts';
import { deployables, type Deployable } from '../kinds.ts';
import { readManifests, type Manifest } from '../manifests.ts';
import { formatOf, written, type Format } from '../output/format.ts';
import { DeployedThings, pathOf, type Deployed } from '../things/deployed.ts';

interface Flags {
  readonly filename?: readonly string[];
  readonly dryRun?: boolean;
  readonly wait?: boolean;
  readonly output?: string;
}

/** Who wrote which field is remembered under this name. */
const manager = 'agentcube';

interface Placed extends Manifest {
  readonly kind: Deployable;
  readonly namespace: string;
  readonly name: string;
}

/** In which namespace each goes. Throws where the flag says another than the file. */
function placed(manifests: readonly Manifest[], { namespace }: Target, flag: string | undefined): Placed[] {
  return manifests.map((manifest) => {
    const { resource, value, where } = manifest;
    const { namespace: own } = value['metadata'] as { readonly namespace?: string };
    if (own !== undefined && flag !== undefined && own !== flag)
      throw misused(
        `${where}: its namespace is ${own}, and --namespace says ${flag}`,
        'leave one of them away',
      );
    const kind = deployables.find((one) => one.kind === resource.kind) as Deployable;
    return { ...manifest, kind, namespace: own ?? namespace, name: resource.metadata.name };
  });
}

async function send(run: Run<Flags>, { kind, namespace, name, value }: Placed, dryRun: boolean) {
  const { api } = await run.target();
  const { status: _, ...rest } = value;
  const response = await api.stream(pathOf(kind, namespace, name), {
    method: 'PATCH',
    query: {
      fieldManager: manager,
      force: true,
      fieldValidation: 'Strict',
      ...(dryRun && { dryRun: 'All' }),
    },
    headers: { 'content-type': 'application/apply-patch+yaml', accept: 'application/json' },
    body: JSON.stringify({ ...rest, metadata: { ...(value['metadata'] as object), namespace } }),
  });
  const object = (await json(response)) as Deployed;
  return { object, created: response.statusCode === 201, warnings: warningsIn(response.headers['warning']) };
}

/** The texts of Warning headers (RFC 7234): `299 - "text"`. */
const warningsIn = (header: string | string[] | undefined): string[] =>
  [header ?? []]
    .flat()
    .flatMap((line) =>
      [...line.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, text = '']) => text.replace(/\\(.)/g, '$1')),
    );

const versionBefore = async (
  target: Target,
  { kind, namespace, name }: Placed,
): Promise<string | undefined> => {
  try {
    const { metadata } = await new DeployedThings(kind).object(target, namespace, name);
    return metadata.resourceVersion;
  } catch (fault) {
    if (fault instanceof CliError && fault.ending === 'notFound') return undefined;
    throw fault;
  }
};

/** Refusals name the file that they are about. */
async function naming<T>({ where }: Placed, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (fault) {
    if (!(fault instanceof CliError)) throw fault;
    throw new CliError(fault.ending, `${where}: ${fault.message}`, fault.hint);
  }
}

async function applyOne(run: Run<Flags>, one: Placed, dryRun: boolean) {
  const target = await run.target();
  const before = await versionBefore(target, one);
  const { object, created, warnings } = await send(run, one, dryRun);
  const same = before === object.metadata.resourceVersion;
  const what = created || before === undefined ? 'created' : same ? 'unchanged' : 'configured';
  for (const warning of warnings) run.out.warn(`${one.where}: ${warning}`);
  return { object, what, word: `${new DeployedThings(one.kind).word}/${one.name}` };
}

const readyEveryMs = 500;
const waitsMs = 120_000;

/** Undefined when its newest version is ready, else what is told about it. */
async function lacks(target: Target, { kind, namespace, name }: Placed): Promise<string | undefined> {
  const { status, metadata } = await new DeployedThings(kind).object(target, namespace, name);
  const { generation = 0 } = metadata;
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  const seen = Number(status?.['observedGeneration'] ?? generation);
  return ready?.status === 'True' && seen >= generation
    ? undefined
    : (ready?.message ?? 'nothing is told about it');
}

/** Rejects as timed out with what the platform says about it. */
async function untilReady(run: Run<Flags>, one: Placed): Promise<void> {
  const target = await run.target();
  const { kind, namespace, name } = one;
  const deadline = performance.now() + (run.timeoutMs ?? waitsMs);
  for (let why = await lacks(target, one); why !== undefined; why = await lacks(target, one)) {
    if (performance.now() > deadline)
      throw new CliError(
        'timedOut',
        `${kind.kind} ${namespace}/${name} is not ready: ${why}`,
        `agentcube describe ${kind.short}/${name} tells more`,
      );
    await sleep(readyEveryMs, undefined, { signal: run.io.signal });
  }
}

/** Applies one after the other and tells of each; resolves to the objects as they are then. */
async function applyAll(
  run: Run<Flags>,
  all: readonly Placed[],
  format: Format,
): Promise<readonly Deployed[]> {
  const applied: Deployed[] = [];
  const trying = run.flags.dryRun === true;
  for (const one of all) {
    const { object, what, word } = await naming(one, () => applyOne(run, one, trying));
    applied.push(object);
    if (format === 'name') await run.out.line(word);
    if (format === 'table' || format === 'wide')
      await run.out.line(`${word} ${what}${trying ? ' (dry run)' : ''}`);
  }
  return applied;
}

async function apply(run: Run<Flags>): Promise<void> {
  const { io, out, flags } = run;
  const format = formatOf(io, flags.output);
  const manifests = await readManifests(io, flags.filename ?? []);
  const all = placed(manifests, await run.target(), flags.namespace);
  for (const one of all) await naming(one, () => send(run, one, true));
  const items = await applyAll(run, all, format);
  if (format === 'json' || format === 'yaml')
    await out.raw(
      await written(items.length === 1 ? items[0] : { apiVersion: 'v1', kind: 'List', items }, format),
    );
  if (flags.wait !== true || flags.dryRun === true) return;
  for (const one of all) await out.during(`${one.name} gets ready`, () => untilReady(run, one));
}

export function define(command: Command, app: App): void {
  command
    .option('-f, --filename <file>', 'a file, a folder, or - for standard input; may be repeated', collect)
    .option('--dry-run', 'let the platform check everything and change nothing')
    .option('--wait', 'until all of it is ready, as long as --timeout says (2m)')
    .addOption(outputFlag());
  examples(command, [
    'agentcube apply -f agent.yaml',
    'agentcube apply -f my-agents/ --wait',
    'cat agent.yaml | agentcube apply -f - --dry-run',
  ]);
  app.act<Flags>(command, apply);
}
