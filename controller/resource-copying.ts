// Keeps the copy of the resources beside the store as new as the store, and brings the store back from it when the store
// was lost. A change is answered after it is in the copy too, so that what was answered outlives the store.
// Does not own where the copy is (an adapter) nor what a resource means.
import type { ResourceCopy, ResourceStore, RestorableResources } from './resource-store.ts';

type Log = (message: string, fields: Readonly<Record<string, unknown>>) => void;

/** The store, each of whose changes is copied. A copy that cannot be written is said, and does not fail the change. */
export function copying(store: ResourceStore, copy: ResourceCopy, log: Log): ResourceStore {
  const copied = async <T>(outcome: T): Promise<T> => {
    if (typeof outcome === 'object') await copyOver(store, copy, log);
    return outcome;
  };
  return {
    all: () => store.all(),
    put: async (row, expected) => copied(await store.put(row, expected)),
    remove: async (key, expected) => copied(await store.remove(key, expected)),
  };
}

async function copyOver(store: ResourceStore, copy: ResourceCopy, log: Log): Promise<void> {
  try {
    const { resources, resourceVersion } = await store.all();
    await copy.write({ rows: resources, counter: resourceVersion });
  } catch (fault) {
    log('the copy of the runtimes could not be written', { fault });
  }
}

/**
 * Brings a store that knows less than the copy back to it: one that was emptied, or that went back in time. Otherwise the
 * copy follows the store. Answers how many resources were brought back. Rejects with STORE_UNAVAILABLE or NOT_LEADER.
 */
export async function bringTogether(
  store: RestorableResources,
  copy: ResourceCopy,
  log: Log,
): Promise<number> {
  const kept = await copy.read().catch((fault: unknown) => {
    log('the copy of the runtimes could not be read', { fault });
    return undefined;
  });
  const { resourceVersion } = await store.all();
  if (!kept || kept.counter <= resourceVersion) {
    if (kept?.counter !== resourceVersion) await copyOver(store, copy, log);
    return 0;
  }
  await store.restore(kept.rows, kept.counter);
  return kept.rows.length;
}
