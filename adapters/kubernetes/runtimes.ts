// The runtimes in the API server: both kinds, watched; and their status, applied with a field manager of its own.
// Does not own what a runtime is, nor what its status says. Nothing but `status` is ever written here.
import type { RuntimeSource, FoundRuntime } from '../../controller/runtime-source.ts';
import type { Clock } from '../../model/clock.ts';
import { PlatformError } from '../../model/errors.ts';
import { runtimeApiVersion, runtimeKinds, runtimePlurals } from '../../model/runtime.ts';
import type { RuntimeKey, RuntimeKind } from '../../model/sandbox.ts';
import type { ToldStatus } from '../../model/told-status.ts';
import type { Cluster } from './client.ts';
import { asClusterFailure, isNotFound } from './cluster-failures.ts';
import { resourcePath, type ObjectMeta } from './objects.ts';
import { createReflector, type Reflector } from './reflector.ts';
import { tellStatus } from './told.ts';

export interface ClusterRuntimesOptions {
  readonly cluster: Cluster;
  /** Absent: all namespaces. */
  readonly namespace?: string;
  readonly clock: Clock;
  readonly log: (message: string, fields: Readonly<Record<string, unknown>>) => void;
}

interface RuntimeObject {
  readonly metadata?: ObjectMeta;
}

const notInstalled = (): PlatformError =>
  new PlatformError('CLUSTER_UNAVAILABLE', `the cluster does not know ${runtimeApiVersion}`, {
    reason: 'the CRDs of runtimes are not installed',
  });

/** Reads nothing before `start`. */
export const clusterRuntimes = (options: ClusterRuntimesOptions): RuntimeSource =>
  new ClusterRuntimes(options);

class ClusterRuntimes implements RuntimeSource {
  readonly #cluster: Cluster;
  readonly #reflectors: ReadonlyMap<RuntimeKind, Reflector<RuntimeObject>>;

  constructor({ cluster, namespace, clock, log }: ClusterRuntimesOptions) {
    this.#cluster = cluster;
    const reflector = (kind: RuntimeKind): Reflector<RuntimeObject> =>
      createReflector({
        cluster,
        clock,
        log,
        path: resourcePath(runtimeApiVersion, runtimePlurals[kind], namespace),
      });
    this.#reflectors = new Map(runtimeKinds.map((kind) => [kind, reflector(kind)]));
  }

  async start(): Promise<void> {
    try {
      await Promise.all([...this.#reflectors.values()].map((reflector) => reflector.start()));
    } catch (fault) {
      this.stop();
      throw isNotFound(fault) ? notInstalled() : asClusterFailure(fault);
    }
  }

  stop(): void {
    for (const reflector of this.#reflectors.values()) reflector.stop();
  }

  list(): readonly FoundRuntime[] {
    return [...this.#reflectors].flatMap(([kind, reflector]) =>
      reflector.list().map((one) => foundOf(kind, one)),
    );
  }

  find({ kind, namespace, name }: RuntimeKey): FoundRuntime | undefined {
    const object = this.#reflectors.get(kind)?.get(namespace, name);
    return object && foundOf(kind, object);
  }

  onChange(listener: (key: RuntimeKey) => void): void {
    for (const [kind, reflector] of this.#reflectors)
      reflector.onChange((_, object) => listener(foundOf(kind, object).key));
  }

  tell({ kind, namespace, name }: RuntimeKey, uid: string, status: ToldStatus): Promise<'told' | 'gone'> {
    const metadata = { name, namespace, uid };
    return tellStatus(this.#cluster, { apiVersion: runtimeApiVersion, kind, metadata, status });
  }
}

function foundOf(kind: RuntimeKind, object: RuntimeObject): FoundRuntime {
  const { name = '', namespace = '', uid = '', deletionTimestamp } = object.metadata ?? {};
  return { key: { kind, namespace, name }, uid, object, leaving: deletionTimestamp !== undefined };
}
