// What the node agent knows of a pod, from the API server and from what it remembers. Owns no behaviour.
import type { SessionMark } from '../../model/sandbox-spec.ts';

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
  /** Runs that ended, as the kubelet says, for want of memory; `why` in words. */
  readonly starved?: readonly { readonly id: string; readonly why: string }[];
  /** Absent for the node's own runtime. */
  readonly runtimeClass?: string;
  /** Names of containers that the kubelet restarts when they do not answer. */
  readonly livenessProbes: readonly string[];
  /** It is being deleted. */
  readonly terminating: boolean;
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
