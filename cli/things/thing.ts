// What every kind of thing gives to `get`, `describe` and `--watch`: rows for tables, objects for programs.
// Does not own where a kind is kept (deployed.ts, sessions.ts, pools.ts).
import type { Target } from '../contexts/target.ts';

export interface Query {
  /** Absent: all namespaces. */
  readonly namespace?: string;
  /** Of labels, as Kubernetes writes it. */
  readonly selector?: string;
}

export interface Row {
  readonly namespace: string;
  readonly name: string;
  readonly cells: readonly string[];
  /** Behind `cells`, with -o wide. */
  readonly more: readonly string[];
}

export interface Listing {
  readonly columns: readonly string[];
  readonly moreColumns: readonly string[];
  readonly rows: readonly Row[];
}

/** A change that somebody watches. */
export interface Change {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly listing: Listing;
  readonly object: object;
}

export interface Things {
  /** How one is called with -o name: `agentruntime.runtime.agentcube.volcano.sh`. */
  readonly word: string;
  rows(target: Target, query: Query): Promise<Listing>;
  objects(target: Target, query: Query): Promise<readonly object[]>;
  /** Rejects as not found. */
  row(target: Target, namespace: string, name: string): Promise<Listing>;
  object(target: Target, namespace: string, name: string): Promise<object>;
  /** Absent where changes are not told: then they are looked for. */
  watch?(
    target: Target,
    query: Query,
    name: string | undefined,
    form: 'rows' | 'objects',
  ): AsyncIterable<Change>;
}
