// What the node agent needs from the node: which pods are ours, how their containers are frozen, what is remembered of them, and what
// happens to them. Owns no behaviour.
import type { Cancel } from '../model/clock.ts';
import type { ContainerOnNode, PodOnNode, PodRecord } from './core/pods.ts';

export type { ContainerOnNode, PodOnNode, PodRecord };

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

export interface Records {
  find(uid: string): PodRecord | undefined;
  list(): readonly PodRecord[];
  /** Survives the end of this process when it resolves; with `durable` also a loss of power. */
  write(record: PodRecord, durable: boolean): Promise<void>;
  remove(uid: string): void;
}
