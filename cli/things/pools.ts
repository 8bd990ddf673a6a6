// Warm pools as the control API tells them: how many sandboxes wait, how many are to, and why.
import type { Target } from '../contexts/target.ts';
import { CliError, misused } from '../failure.ts';
import type { Listing, Query, Row, Things } from './thing.ts';

export interface Pool {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly class: string;
  readonly target: number;
  readonly wanted: number;
  readonly ready: number;
  readonly starting: number;
  readonly text: string;
  readonly trouble?: string;
}

export async function listPools(
  { control }: Target,
  { namespace, selector }: Query,
): Promise<readonly Pool[]> {
  if (selector !== undefined) throw misused('pools have no labels', 'choose runtimes with -l instead');
  return (await control.json<{ readonly items: readonly Pool[] }>('/v1/pools', { query: { namespace } }))
    .items;
}

const rowOf = (pool: Pool): Row => ({
  namespace: pool.namespace,
  name: pool.name,
  cells: [pool.name, pool.kind, pool.class, `${pool.ready}/${pool.target}`, String(pool.starting)],
  more: [String(pool.wanted), pool.trouble ?? pool.text],
});

export const poolListing = (pools: readonly Pool[]): Listing => ({
  columns: ['Name', 'Kind', 'Class', 'Ready', 'Starting'],
  moreColumns: ['Wanted', 'Why'],
  rows: pools.map(rowOf),
});

export class PoolThings implements Things {
  readonly word = 'pool';

  async rows(target: Target, query: Query): Promise<Listing> {
    return poolListing(await listPools(target, query));
  }

  objects(target: Target, query: Query): Promise<readonly Pool[]> {
    return listPools(target, query);
  }

  /** Runtimes of both kinds may have the same name: then it is the pools of both. */
  async #named(target: Target, namespace: string, name: string): Promise<readonly Pool[]> {
    const found = (await listPools(target, { namespace })).filter((pool) => pool.name === name);
    if (found.length === 0)
      throw new CliError(
        'notFound',
        `there is no runtime ${namespace}/${name}, so no pool of it`,
        'agentcube get pools lists those that there are',
      );
    return found;
  }

  async row(target: Target, namespace: string, name: string): Promise<Listing> {
    return poolListing(await this.#named(target, namespace, name));
  }

  async object(target: Target, namespace: string, name: string): Promise<object> {
    const found = await this.#named(target, namespace, name);
    return found.length === 1 && found[0] ? found[0] : { apiVersion: 'v1', kind: 'List', items: found };
  }
}
