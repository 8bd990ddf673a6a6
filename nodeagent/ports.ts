// What the node agent needs from the node: which pods are ours, how their containers are frozen, what is remembered of them, and what
// happens to them. Owns no behaviour.
import type { Cancel } from '../model/clock.ts';
import type { SessionMark } from '../model/sandbox-spec.ts';

export interface ContainerOnNode {
  readonly name: string;
  /** The container runtime's, without its scheme. */
  readonly id: string;
}

/** A pod that carries our label. */
export interface PodOnNode {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  /** Those that were started and have not ended. */
  readonly containers: readonly ContainerOnNode[];
  /** Absent for the node's own runtime. */
  readonly runtimeClass?: string;
  /** Names of containers that the kubelet restarts when they do not answer. */
  readonly livenessProbes: readonly string[];
  /** It is being deleted. */
  readonly terminating: boolean;
}

export interface PodsHere {
  /** False until the pods of this node were listed once. */
  listed(): boolean;
  /** Whether what is known is not older than the network; false while the API server is away. */
  fresh(): boolean;
  find(uid: string): PodOnNode | undefined;
  list(): readonly PodOnNode[];
  /** Told of each pod that came, changed or went. */
  onChange(listener: (uid: string) => void): Cancel;
}

export type ContainerState = 'running' | 'frozen';

/** One way to take the CPU from a container. `pod` is a uid, `container` an id. */
export interface Freezer {
  /** Undefined when nothing of the container runs where this way can see it. */
  look(pod: string, container: string): Promise<ContainerState | undefined>;
  /**
   * True when nothing of it runs any more. False when it did not come to rest in time, or `giveUp` said so meanwhile; then it runs.
   * Done twice is done once.
   */
  freeze(pod: string, container: string, giveUp: () => boolean): Promise<boolean>;
  /** Done twice is done once. */
  thaw(pod: string, container: string): Promise<void>;
}

export interface KernelPods {
  /** Whether processes of the pod may be on this node, whoever it belongs to. */
  has(pod: string): boolean;
}

export interface Reclaimer {
  /** Begins to push a frozen container's memory out to swap, where there is any; cancelling leaves the rest in memory. */
  push(pod: string, container: string): Cancel;
}

export interface ContainerEnd {
  readonly kind: 'exit' | 'out-of-memory';
  readonly why: string;
}

export interface ContainerWatch {
  /** Told of each process that was killed for want of memory, and once when nothing of the container runs any more. */
  watch(pod: string, container: string, listener: (end: ContainerEnd) => void): Cancel;
}

/** What is remembered of a pod: enough to act on it when the API server is away. */
export interface PodRecord {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly containers: readonly ContainerOnNode[];
  readonly runtimeClass?: string;
  readonly session?: SessionMark;
  /** Of the newest resume; 0 before any. */
  readonly version: number;
  /** Version of the newest pause that was obeyed since the leading controller last resumed it. */
  readonly pausedAt?: number;
}

export interface Records {
  find(uid: string): PodRecord | undefined;
  list(): readonly PodRecord[];
  /** Survives the end of this process when it resolves; with `durable` also a loss of power. */
  write(record: PodRecord, durable: boolean): Promise<void>;
  remove(uid: string): void;
}
