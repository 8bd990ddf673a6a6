// The triggers in the API server, watched; and their status. Does not own what a trigger is, nor what its status says.
// Nothing but `status` is ever written here.
import type { FoundTrigger, TriggerSource } from '../../controller/trigger-source.ts';
import type { Clock } from '../../model/clock.ts';
import type { TriggerKey } from '../../model/deployed-trigger.ts';
import type { ToldStatus } from '../../model/told-status.ts';
import { triggerApiVersion, triggerKind, triggerPlural } from '../../model/trigger.ts';
import type { Cluster } from './client.ts';
import { asClusterFailure, isNotFound } from './cluster-failures.ts';
import { resourcePath, type ObjectMeta } from './objects.ts';
import { createReflector, type Reflector } from './reflector.ts';
import { tellStatus } from './told.ts';

export interface ClusterTriggersOptions {
  readonly cluster: Cluster;
  /** Absent: all namespaces. */
  readonly namespace?: string;
  readonly clock: Clock;
  readonly log: (message: string, fields: Readonly<Record<string, unknown>>) => void;
}

interface TriggerObject {
  readonly metadata?: ObjectMeta;
}

/** Reads nothing before `start`. */
export const clusterTriggers = (options: ClusterTriggersOptions): TriggerSource =>
  new ClusterTriggers(options);

class ClusterTriggers implements TriggerSource {
  readonly #cluster: Cluster;
  readonly #options: Omit<ClusterTriggersOptions, 'namespace'> & { readonly path: string };
  readonly #listeners = new Set<(key: TriggerKey) => void>();
  #reflector: Reflector<TriggerObject> | undefined;

  constructor({ namespace, ...options }: ClusterTriggersOptions) {
    this.#cluster = options.cluster;
    this.#options = { ...options, path: resourcePath(triggerApiVersion, triggerPlural, namespace) };
  }

  async start(): Promise<boolean> {
    const reflector = createReflector<TriggerObject>(this.#options);
    this.#reflector = reflector;
    reflector.onChange((_, object) => {
      for (const tell of this.#listeners) tell(foundOf(object).key);
    });
    try {
      await reflector.start();
      return true;
    } catch (fault) {
      reflector.stop();
      if (isNotFound(fault)) return false;
      throw asClusterFailure(fault);
    }
  }

  stop(): void {
    this.#reflector?.stop();
  }

  list(): readonly FoundTrigger[] {
    return this.#reflector?.list().map(foundOf) ?? [];
  }

  find({ namespace, name }: TriggerKey): FoundTrigger | undefined {
    const object = this.#reflector?.get(namespace, name);
    return object && foundOf(object);
  }

  onChange(listener: (key: TriggerKey) => void): void {
    this.#listeners.add(listener);
  }

  tell({ namespace, name }: TriggerKey, uid: string, status: ToldStatus): Promise<'told' | 'gone'> {
    const metadata = { name, namespace, uid };
    return tellStatus(this.#cluster, { apiVersion: triggerApiVersion, kind: triggerKind, metadata, status });
  }
}

function foundOf(object: TriggerObject): FoundTrigger {
  const { name = '', namespace = '', uid = '', deletionTimestamp } = object.metadata ?? {};
  return { key: { namespace, name }, uid, object, leaving: deletionTimestamp !== undefined };
}
