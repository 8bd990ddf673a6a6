// Runtimes and triggers, as the API server tells them: the same requests on a laptop and on a cluster, tables of its making.
// Does not own writing them (apply.ts, delete).
import type { IncomingMessage } from 'node:http';
import type { Target } from '../contexts/target.ts';
import type { Deployable } from '../kinds.ts';
import { age } from '../output/age.ts';
import { linesOf } from '../http/lines.ts';
import { CliError, textOf } from '../failure.ts';
import type { Change, Listing, Query, Things } from './thing.ts';

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastTransitionTime?: string;
}

/** As the API server has it. */
export interface Deployed {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly creationTimestamp?: string;
    readonly resourceVersion?: string;
    readonly generation?: number;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec?: unknown;
  readonly status?: { readonly conditions?: readonly Condition[] } & Readonly<Record<string, unknown>>;
}

interface ServedTable {
  readonly kind: 'Table';
  readonly metadata?: { readonly resourceVersion?: string };
  readonly columnDefinitions?:
    | null
    | readonly {
        readonly name: string;
        readonly priority?: number;
        readonly type?: string;
      }[];
  readonly rows?: readonly {
    readonly cells: readonly unknown[];
    readonly object?: { readonly metadata?: { readonly name?: string; readonly namespace?: string } };
  }[];
}

interface ServedList {
  readonly kind: string;
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string };
  readonly items: readonly Deployed[];
}

const asTable = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' };
const asObjects = { accept: 'application/json' };
/** Lists come in pages of this many. */
const pageSize = 500;

/** The address of a kind, of a namespace or all, or of one. */
export function pathOf({ group, version, plural }: Deployable, namespace?: string, name?: string): string {
  const place = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  const one = name === undefined ? '' : `/${encodeURIComponent(name)}`;
  return `/apis/${group}/${version}${place}/${plural}${one}`;
}

function cellOf(cell: unknown): string {
  if (typeof cell === 'string') return cell;
  return cell === null || cell === undefined ? '' : JSON.stringify(cell);
}

const readyOf = ({ status }: Deployed): string =>
  status?.conditions?.find(({ type }) => type === 'Ready')?.status ?? '';

/** Of a server that makes no tables. */
const ofObjects = (items: readonly Deployed[]): Listing => ({
  columns: ['Name', 'Ready', 'Age'],
  moreColumns: [],
  rows: items.map((item) => ({
    namespace: item.metadata.namespace ?? '',
    name: item.metadata.name,
    cells: [item.metadata.name, readyOf(item), age(item.metadata.creationTimestamp)],
    more: [],
  })),
});

function ofTable({ columnDefinitions: told, rows: given }: ServedTable): Listing {
  const columnDefinitions = told ?? [];
  const rows = given ?? [];
  const first = columnDefinitions.flatMap(({ priority = 0 }, at) => (priority === 0 ? [at] : []));
  const behind = columnDefinitions.flatMap(({ priority = 0 }, at) => (priority === 0 ? [] : [at]));
  const names = (at: readonly number[]): string[] => at.map((one) => columnDefinitions[one]?.name ?? '');
  return {
    columns: names(first),
    moreColumns: names(behind),
    rows: rows.map(({ cells, object }) => ({
      namespace: object?.metadata?.namespace ?? '',
      name: object?.metadata?.name ?? cellOf(cells[0]),
      cells: first.map((at) => cellOf(cells[at])),
      more: behind.map((at) => cellOf(cells[at])),
    })),
  };
}

const listingOf = (answer: ServedTable | ServedList | Deployed): Listing => {
  if (answer.kind === 'Table') return ofTable(answer as ServedTable);
  return ofObjects('items' in answer ? answer.items : [answer as Deployed]);
};

const together = (pages: readonly Listing[]): Listing => ({
  columns: pages[0]?.columns ?? [],
  moreColumns: pages[0]?.moreColumns ?? [],
  rows: pages.flatMap(({ rows }) => rows),
});

const changes = ['ADDED', 'MODIFIED', 'DELETED'] as const;

type Watched = ServedTable | Deployed | { readonly kind: 'Status'; readonly message?: string };

async function* changesIn(stream: IncomingMessage): AsyncGenerator<Change> {
  // A server tells the columns with the first row alone.
  let columns: ServedTable['columnDefinitions'];
  for await (const line of linesOf(stream)) {
    const { type, object } = JSON.parse(line) as { readonly type: string; readonly object: Watched };
    if (type === 'ERROR')
      throw new CliError(
        'refused',
        `the watch ended: ${textOf((object as { message?: string }).message)}`,
        'start it again',
      );
    const known = changes.find((one) => one === type);
    if (!known) continue;
    if (object.kind === 'Table') columns = (object as ServedTable).columnDefinitions ?? columns;
    const whole = object.kind === 'Table' ? { ...object, columnDefinitions: columns } : object;
    yield { type: known, listing: listingOf(whole as ServedTable | Deployed), object };
  }
}

export class DeployedThings implements Things {
  readonly word: string;
  readonly #kind: Deployable;

  constructor(kind: Deployable) {
    this.#kind = kind;
    this.word = `${kind.kind.toLowerCase()}.${kind.group}`;
  }

  async #pages<T extends ServedTable | ServedList>(
    { api }: Target,
    { namespace, selector }: Query,
    headers: Readonly<Record<string, string>>,
  ): Promise<readonly T[]> {
    const pages: T[] = [];
    let next: string | undefined;
    do {
      const query = { limit: pageSize, continue: next, labelSelector: selector };
      const page: T = await api.json<T>(pathOf(this.#kind, namespace), { query, headers });
      pages.push(page);
      next = (page as ServedList).metadata?.continue || undefined;
    } while (next !== undefined);
    return pages;
  }

  async rows(target: Target, query: Query): Promise<Listing> {
    return together((await this.#pages<ServedTable | ServedList>(target, query, asTable)).map(listingOf));
  }

  async objects(target: Target, query: Query): Promise<readonly Deployed[]> {
    const pages = await this.#pages<ServedList>(target, query, asObjects);
    const { kind, group, version } = this.#kind;
    const items = pages.flatMap((page) => page.items);
    return items.map((item) => ({ ...item, apiVersion: `${group}/${version}`, kind }));
  }

  async row({ api }: Target, namespace: string, name: string): Promise<Listing> {
    const headers = asTable;
    return listingOf(
      await api.json<ServedTable | Deployed>(pathOf(this.#kind, namespace, name), { headers }),
    );
  }

  object({ api }: Target, namespace: string, name: string): Promise<Deployed> {
    return api.json<Deployed>(pathOf(this.#kind, namespace, name), { headers: asObjects });
  }

  async *watch(
    { api }: Target,
    query: Query,
    name: string | undefined,
    form: 'rows' | 'objects',
  ): AsyncGenerator<Change> {
    const headers = form === 'rows' ? asTable : asObjects;
    const field = name === undefined ? undefined : `metadata.name=${name}`;
    const asked = { labelSelector: query.selector, fieldSelector: field, watch: 1 };
    const path = pathOf(this.#kind, query.namespace);
    yield* changesIn(await api.stream(path, { query: asked, headers, timeoutMs: 0 }));
  }
}
