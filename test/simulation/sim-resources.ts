// What a store keeps besides sessions: deployed objects, the directory of runtimes, pool targets. Forgets all of it when emptied.
import type { RestorableResources, StoredResource } from '../../controller/resource-store.ts';
import type { DeployedRuntime, PoolTarget } from '../../model/platform.ts';

const textOf = (key: Pick<StoredResource, 'kind' | 'namespace' | 'name'>): string =>
  [key.kind, key.namespace, key.name].join('/');

export class SimResources implements RestorableResources {
  readonly #rows = new Map<string, StoredResource>();
  #counter = 0;

  put: RestorableResources['put'] = async ({ kind, namespace, name, json }, expected) => {
    const key = textOf({ kind, namespace, name });
    const has = this.#rows.get(key);
    if (expected === 'absent' && has) return 'exists';
    if (typeof expected === 'number' && !has) return 'missing';
    if (typeof expected === 'number' && has?.resourceVersion !== expected) return 'conflict';
    const resourceVersion = ++this.#counter;
    this.#rows.set(key, { kind, namespace, name, json, resourceVersion });
    return { resourceVersion };
  };

  remove: RestorableResources['remove'] = async (key, expected) => {
    const has = this.#rows.get(textOf(key));
    if (!has) return 'missing';
    if (expected !== undefined && has.resourceVersion !== expected) return 'conflict';
    this.#rows.delete(textOf(key));
    return { resourceVersion: ++this.#counter };
  };

  all: RestorableResources['all'] = async () => ({
    resourceVersion: this.#counter,
    resources: [...this.#rows.values()].sort((a, b) => (textOf(a) < textOf(b) ? -1 : 1)),
  });

  restore: RestorableResources['restore'] = async (rows, counter) => {
    this.#rows.clear();
    for (const row of rows) this.#rows.set(textOf(row), row);
    this.#counter = Math.max(this.#counter, counter);
  };
}

/** All that one run of the store's contents holds besides sessions. */
export class Shelf {
  readonly resources = new SimResources();
  runtimes: readonly DeployedRuntime[] = [];
  targets: readonly PoolTarget[] = [];
  /** What scalers have learned, by runtimeKeyText. */
  readonly scalers = new Map<string, string>();
  prepared = false;
}
