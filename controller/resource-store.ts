// The port to whatever remembers the Kubernetes-style objects that users deploy. Each method is ONE atomic operation.
// Does not own what an object means, its defaults or its validation: to a store `json` is text.
// One counter for all objects grows with each change, as etcd's does, and never repeats, not even after a restart.
// Every method rejects with STORE_UNAVAILABLE when the store cannot be read or written; then nothing was changed.

/** Names one stored object. */
export interface ResourceKey {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

export interface ResourceRow extends ResourceKey {
  /** The object's text, given back exactly as it was put. */
  readonly json: string;
}

export interface StoredResource extends ResourceRow {
  /** The counter's value at this object's last change. */
  readonly resourceVersion: number;
}

/** `absent`: only as a new object. `any`: whatever is there. A number: only over exactly that resourceVersion. */
export type ResourceExpectation = number | 'absent' | 'any';

/** The counter's value at the change that was made. */
export interface ResourceChanged {
  readonly resourceVersion: number;
}

export interface ResourceStore {
  /** Durable when answered. `exists`: expected absent. `missing`: expected a version of what is not there. `conflict`: it has another. */
  put(
    row: ResourceRow,
    expected: ResourceExpectation,
  ): Promise<ResourceChanged | 'exists' | 'missing' | 'conflict'>;
  /** Durable when answered. Without `expected`, whatever version is there. */
  remove(key: ResourceKey, expected?: number): Promise<ResourceChanged | 'missing' | 'conflict'>;
  /** Everything, in order of kind, namespace and name, with the counter's value, as a Kubernetes list tells it. */
  all(): Promise<ResourceChanged & { readonly resources: readonly StoredResource[] }>;
}

/** All that is stored, as it was at one moment. */
export interface CopiedResources {
  readonly rows: readonly StoredResource[];
  /** The counter's value then. */
  readonly counter: number;
}

/** A resource store that can be brought back from a copy. */
export interface RestorableResources extends ResourceStore {
  /** Replaces all that is stored. Rejects with STORE_UNAVAILABLE or NOT_LEADER. */
  restore(rows: readonly StoredResource[], counter: number): Promise<void>;
}

/** A copy of the resources beside the store, for when the store is lost. */
export interface ResourceCopy {
  /** Undefined when there is none. */
  read(): Promise<CopiedResources | undefined>;
  /** Replaces the copy in one step. */
  write(resources: CopiedResources): Promise<void>;
}
