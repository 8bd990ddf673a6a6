// A resource store that forgets with its process. Each method's work is one turn of the event loop: one atomic operation.
import type { ResourceKey, RestorableResources, StoredResource } from '../../controller/resource-store.ts';

const textOf = ({ kind, namespace, name }: ResourceKey): string => JSON.stringify([kind, namespace, name]);
const inOrder = (a: StoredResource, b: StoredResource): number => {
  for (const part of ['kind', 'namespace', 'name'] as const) {
    if (a[part] !== b[part]) return a[part] < b[part] ? -1 : 1;
  }
  return 0;
};

/** An empty store. */
export function memoryResourceStore(): RestorableResources {
  const stored = new Map<string, StoredResource>();
  let resourceVersion = 0;
  return {
    put: async ({ kind, namespace, name, json }, expected) => {
      const has = stored.get(textOf({ kind, namespace, name }));
      if (expected === 'absent' && has) return 'exists';
      if (typeof expected === 'number' && !has) return 'missing';
      if (typeof expected === 'number' && has?.resourceVersion !== expected) return 'conflict';
      resourceVersion += 1;
      stored.set(textOf({ kind, namespace, name }), { kind, namespace, name, json, resourceVersion });
      return { resourceVersion };
    },
    remove: async (key, expected) => {
      const has = stored.get(textOf(key));
      if (!has) return 'missing';
      if (expected !== undefined && has.resourceVersion !== expected) return 'conflict';
      stored.delete(textOf(key));
      resourceVersion += 1;
      return { resourceVersion };
    },
    async restore(rows, counter) {
      if (counter <= resourceVersion) return;
      stored.clear();
      for (const row of rows) stored.set(textOf(row), row);
      resourceVersion = counter;
    },
    all: async () => ({ resourceVersion, resources: [...stored.values()].sort(inOrder) }),
  };
}
