// `agentcube get`: runtimes, triggers, sessions and pools, as a table or as objects, once or as they change.
import type { Command } from 'commander';
import type { App, Run } from '../app.ts';
import { misused } from '../failure.ts';
import { examples, outputFlag } from '../flags.ts';
import { readNames, type Kind, type Named } from '../kinds.ts';
import { formatOf, written, type Format } from '../output/format.ts';
import { GrowingListing, listingLines, type Shape } from '../output/listing.ts';
import { thingsOf } from '../things/index.ts';
import type { Listing, Query } from '../things/thing.ts';
import { changesOf } from '../watching.ts';

interface Flags {
  readonly output?: string;
  readonly allNamespaces?: boolean;
  readonly selector?: string;
  readonly watch?: boolean;
  readonly headers: boolean;
}

interface Wanted {
  readonly kinds: readonly Kind[];
  readonly names: readonly Named[];
}

/** What is asked for, and how it is to be shown. */
interface Asked extends Wanted {
  readonly format: Format;
  readonly query: Query;
  readonly namespace: string;
  readonly shape: Shape;
}

async function asked(run: Run<Flags>, wanted: Wanted): Promise<Asked> {
  const { io, flags } = run;
  const format = formatOf(io, flags.output);
  if (wanted.names.length > 0 && flags.selector !== undefined)
    throw misused('a name and --selector contradict each other');
  if (wanted.names.length > 0 && flags.allNamespaces === true)
    throw misused('a name is of one namespace', 'leave -A away, or the name');
  if (flags.watch === true && (wanted.kinds.length > 1 || wanted.names.length > 1))
    throw misused('--watch looks at one kind, or one of it');
  const { namespace } = await run.target();
  const all = flags.allNamespaces === true;
  return {
    ...wanted,
    format,
    namespace,
    query: { ...(!all && { namespace }), ...(flags.selector !== undefined && { selector: flags.selector }) },
    shape: { wide: format === 'wide', namespaces: all, headings: flags.headers },
  };
}

async function objects(run: Run<Flags>, { kinds, names, query, namespace }: Asked): Promise<object> {
  const target = await run.target();
  const found =
    names.length > 0
      ? await Promise.all(names.map(({ kind, name }) => thingsOf(kind).object(target, namespace, name)))
      : (await Promise.all(kinds.map((kind) => thingsOf(kind).objects(target, query)))).flat();
  const [only] = found;
  if (names.length === 1 && only) return only;
  return { apiVersion: 'v1', kind: 'List', metadata: {}, items: found };
}

const joined = (listings: readonly Listing[]): Listing => ({
  columns: listings[0]?.columns ?? [],
  moreColumns: listings[0]?.moreColumns ?? [],
  rows: listings.flatMap(({ rows }) => rows),
});

/** One listing for each kind, as they were asked for. */
async function listings(
  run: Run<Flags>,
  { kinds, names, query, namespace }: Asked,
): Promise<[Kind, Listing][]> {
  const target = await run.target();
  return Promise.all(
    kinds.map(async (kind): Promise<[Kind, Listing]> => {
      const things = thingsOf(kind);
      const own = names.filter((one) => one.kind === kind);
      if (names.length === 0) return [kind, await things.rows(target, query)];
      return [kind, joined(await Promise.all(own.map(({ name }) => things.row(target, namespace, name))))];
    }),
  );
}

async function print(run: Run<Flags>, wanted: Asked): Promise<void> {
  const { out } = run;
  const { format, shape, kinds, query } = wanted;
  if (format === 'json' || format === 'yaml')
    return out.raw(await written(await objects(run, wanted), format));
  const found = (await listings(run, wanted)).filter(([, { rows }]) => rows.length > 0);
  if (format === 'name')
    return out.lines(
      found.flatMap(([kind, { rows }]) => rows.map(({ name }) => `${thingsOf(kind).word}/${name}`)),
    );
  for (const [index, [kind, listing]] of found.entries()) {
    const prefix = kinds.length > 1 ? { prefix: thingsOf(kind).word } : {};
    if (index > 0) await out.line('');
    await out.lines(listingLines(listing, { ...shape, ...prefix }));
  }
  if (found.length === 0)
    out.note(`There are none${query.namespace === undefined ? '' : ` in namespace ${query.namespace}`}.`);
}

async function watch(run: Run<Flags>, { kinds, names, query, format, shape }: Asked): Promise<void> {
  const { out, io } = run;
  const [kind] = kinds;
  if (!kind) return;
  const things = thingsOf(kind);
  const looked = { things, target: await run.target(), query, name: names[0]?.name };
  const growing = new GrowingListing(shape);
  const asObjects = format === 'json' || format === 'yaml';
  for await (const { type, listing, object } of changesOf(
    looked,
    asObjects ? 'objects' : 'rows',
    io.signal,
  )) {
    if (asObjects) await out.raw(`${format === 'yaml' ? '---\n' : ''}${await written(object, format)}`);
    else if (format === 'name') await out.lines(listing.rows.map(({ name }) => `${things.word}/${name}`));
    else await out.lines(growing.lines(type === 'DELETED' ? gone(listing) : listing));
  }
}

/** A row that is no more says so where its state was. */
const gone = (listing: Listing): Listing => ({
  ...listing,
  rows: listing.rows.map((row) => ({
    ...row,
    cells: [row.cells[0] ?? '', ...row.cells.slice(1, -1), '<deleted>'],
  })),
});

export function define(command: Command, app: App): void {
  command
    .argument('[what...]', 'KIND, KIND NAME…, KIND/NAME…; kinds with commas, all for what is deployed')
    .option('-A, --all-namespaces', 'of every namespace')
    .option('-l, --selector <labels>', 'with these labels: key=value,…')
    .option('-w, --watch', 'go on and tell each change')
    .option('--no-headers', 'without the headings')
    .addOption(outputFlag());
  examples(command, [
    'agentcube get agentruntimes',
    'agentcube get all -A -o wide',
    'agentcube get ci/my-codeinterpreter -o yaml',
    'agentcube get sessions --watch',
    'agentcube get pools',
  ]);
  app.act<Flags>(command, async (run) => {
    const wanted = await asked(run, readNames(run.words));
    await (run.flags.watch === true ? watch(run, wanted) : print(run, wanted));
  });
}
