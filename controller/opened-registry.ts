// Where a controller that leads reads what is deployed: from its own store, or from a cluster.
// Does not own either (registry.ts, cluster-registry.ts).
import type { Clock } from '../model/clock.ts';
import type { Ids } from '../model/open-session.ts';
import type { Runtimes, SessionFeed } from '../model/platform.ts';
import type { SessionReads } from '../model/session-store.ts';
import { countSessions } from './counted-sessions.ts';
import type { Deployments } from './deployments.ts';
import type { Driver } from './driver.ts';
import { createRegistry, type Registry } from './registry.ts';
import { bringTogether, copying } from './resource-copying.ts';
import type { DeployedTriggers } from './trigger-book.ts';
import { TriggerRegistry } from './trigger-registry.ts';
import type { ResourceCopy, RestorableResources } from './resource-store.ts';

export interface OpenedRegistry {
  readonly deployments: Deployments;
  readonly runtimes: Runtimes;
  /** For the control API and for deploying a folder; absent where runtimes are deployed elsewhere. */
  readonly registry?: Registry;
  /** What activators are told to do with events; absent where nobody takes any. */
  readonly triggers?: DeployedTriggers;
  /** The same, for the control API and for deploying a folder; absent where triggers are deployed elsewhere. */
  readonly triggerRegistry?: TriggerRegistry;
  /** Hears and tells nothing any more. */
  close(): void;
}

/** Rejects as the driver and whatever keeps the runtimes do; then nothing is left open. */
export type OpenRegistry = (driver: Driver, term: number) => Promise<OpenedRegistry>;

export interface OwnRegistryDeps {
  readonly openResources: (term: number) => RestorableResources;
  readonly copy: ResourceCopy;
  /** For counting the sessions of each runtime. */
  readonly store: SessionReads;
  readonly feed: SessionFeed;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: (message: string, fields: Readonly<Record<string, unknown>>) => void;
}

/** The runtimes and triggers in the platform's own store, brought together with their copy. */
export const ownRegistry =
  ({ openResources, copy, store: sessions, feed, clock, ids, log }: OwnRegistryDeps): OpenRegistry =>
  async (driver, term) => {
    const store = openResources(term);
    const restored = await bringTogether(store, copy, log);
    if (restored > 0) log('runtimes were brought back from their copy', { restored });
    const resources = copying(store, copy, log);
    const registry = createRegistry({ store: resources, images: driver, clock, ids });
    for (const { key, why } of await registry.load()) log('a stored runtime is not served', { ...key, why });
    const { deployments, runtimes } = registry;
    const triggers = new TriggerRegistry({ store: resources, deployments, clock, ids });
    for (const { key, why } of await triggers.load())
      log('a stored trigger takes no events', { ...key, why });
    const stopCounting = countSessions(registry, { sessions, feed, clock, log });
    const close = (): void => {
      stopCounting();
      registry.close();
      triggers.close();
    };
    return { deployments, runtimes, registry, triggers, triggerRegistry: triggers, close };
  };
