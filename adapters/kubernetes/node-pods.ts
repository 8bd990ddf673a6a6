// The pods with our label on one node, by a watch of the API server. Owns what of a pod the node agent needs.
// Does not own what is done with them. While the API server is away it tells what it told last.
import type { Cancel, Clock } from '../../model/clock.ts';
import type { ContainerOnNode, PodOnNode, PodsHere } from '../../nodeagent/ports.ts';
import type { Cluster } from './client.ts';
import { ApiRefusal } from './cluster-failures.ts';
import { resourcePath, type ObjectMeta } from './objects.ts';
import { createReflector, type Reflector } from './reflector.ts';

/** Every pod of ours carries it, and no other is touched. */
export const sandboxLabel = 'agentcube.volcano.sh/sandbox';

interface ContainerState {
  readonly running?: object;
  readonly terminated?: { readonly reason?: string; readonly containerID?: string };
}

interface ContainerStatus {
  readonly name: string;
  readonly containerID?: string;
  readonly state?: ContainerState;
  readonly lastState?: ContainerState;
}

interface ContainerSpec {
  readonly name: string;
  readonly resources?: { readonly limits?: Readonly<Record<string, string | number>> };
  readonly livenessProbe?: object;
}

/** What is read of a pod. */
export interface NodePodObject {
  readonly metadata: ObjectMeta;
  readonly spec?: {
    readonly runtimeClassName?: string;
    readonly containers?: readonly ContainerSpec[];
    readonly initContainers?: readonly ContainerSpec[];
  };
  readonly status?: Readonly<
    Partial<
      Record<
        'containerStatuses' | 'initContainerStatuses' | 'ephemeralContainerStatuses',
        readonly ContainerStatus[]
      >
    >
  >;
}

export interface NodePodsOptions {
  readonly cluster: Cluster;
  readonly nodeName: string;
  /** Only pods of this one; all when absent. */
  readonly namespace?: string | undefined;
  readonly clock: Clock;
  readonly log: (message: string, fields: Readonly<Record<string, unknown>>) => void;
}

export interface NodePods extends PodsHere {
  /** Resolves when the pods were listed; goes on trying until then, or until it is stopped. */
  start(): Promise<void>;
  stop(): void;
}

/** How long after a refusal it is asked again (ms): rights may be given, or the API server may still be starting. */
const refusedPauseMs = 2_000;

const statusesOf = ({ status = {} }: NodePodObject): ContainerStatus[] => [
  ...(status.containerStatuses ?? []),
  ...(status.initContainerStatuses ?? []),
  ...(status.ephemeralContainerStatuses ?? []),
];

const specsOf = ({ spec }: NodePodObject): ContainerSpec[] => [
  ...(spec?.containers ?? []),
  ...(spec?.initContainers ?? []),
];

const withoutScheme = (id: string): string => id.replace(/^[a-z0-9.-]+:\/\//, '');

const containersOf = (pod: NodePodObject): ContainerOnNode[] =>
  statusesOf(pod).flatMap(({ name, containerID, state }) =>
    containerID !== undefined && state?.running ? [{ name, id: withoutScheme(containerID) }] : [],
  );

function starvedOf(pod: NodePodObject): NonNullable<PodOnNode['starved']> {
  return statusesOf(pod).flatMap(({ name, state, lastState }) => {
    const { reason, containerID } = state?.terminated ?? lastState?.terminated ?? {};
    if (reason !== 'OOMKilled' || containerID === undefined) return [];
    const limit = specsOf(pod).find((one) => one.name === name)?.resources?.limits?.['memory'];
    const why = limit === undefined ? 'out of memory' : `out of memory (limit ${limit})`;
    return [{ id: withoutScheme(containerID), why }];
  });
}

/** What the node agent needs of a pod. */
export function podOnNode(pod: NodePodObject): PodOnNode {
  const { uid = '', namespace = '', name = '', deletionTimestamp } = pod.metadata;
  const starved = starvedOf(pod);
  return {
    ...{ uid, namespace, name },
    containers: containersOf(pod),
    ...(pod.spec?.runtimeClassName !== undefined && { runtimeClass: pod.spec.runtimeClassName }),
    ...(starved.length > 0 && { starved }),
    livenessProbes: specsOf(pod).flatMap((spec) => (spec.livenessProbe ? [spec.name] : [])),
    terminating: deletionTimestamp !== undefined,
  };
}

class WatchedPods implements NodePods {
  readonly #options: NodePodsOptions;
  readonly #pods = new Map<string, PodOnNode>();
  readonly #listeners = new Set<(uid: string) => void>();
  #reflector: Reflector<NodePodObject>;
  #listed = false;
  #stopped = false;

  constructor(options: NodePodsOptions) {
    this.#options = options;
    this.#reflector = this.#open();
  }

  async start(): Promise<void> {
    for (;;) {
      try {
        await this.#reflector.start();
        this.#listed = true;
        return;
      } catch (fault) {
        if (this.#stopped || !(fault instanceof ApiRefusal)) throw fault;
        this.#options.log('the pods of this node may not be listed', { fault });
      }
      this.#reflector.stop();
      await new Promise<void>((resolve) => this.#options.clock.after(refusedPauseMs, resolve));
      this.#reflector = this.#open();
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#reflector.stop();
  }

  listed(): boolean {
    return this.#listed;
  }

  fresh(): boolean {
    return this.#reflector.live();
  }

  find(uid: string): PodOnNode | undefined {
    return this.#pods.get(uid);
  }

  list(): readonly PodOnNode[] {
    return [...this.#pods.values()];
  }

  onChange(listener: (uid: string) => void): Cancel {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #open(): Reflector<NodePodObject> {
    const { cluster, nodeName, namespace, clock, log } = this.#options;
    const reflector = createReflector<NodePodObject>({
      ...{ cluster, clock, log },
      path: resourcePath('v1', 'pods', namespace),
      labelSelector: sandboxLabel,
      fieldSelector: `spec.nodeName=${nodeName}`,
    });
    reflector.onChange((kind, object) => this.#learn(kind === 'deleted', podOnNode(object)));
    return reflector;
  }

  #learn(gone: boolean, pod: PodOnNode): void {
    if (gone) this.#pods.delete(pod.uid);
    else this.#pods.set(pod.uid, pod);
    for (const listener of this.#listeners) listener(pod.uid);
  }
}

/** Lists nothing before `start`. */
export const watchNodePods = (options: NodePodsOptions): NodePods => new WatchedPods(options);
