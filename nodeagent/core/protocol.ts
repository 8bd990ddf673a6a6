// What the node agent's HTTP interface carries, for the agent and for its client. Owns no behaviour.
//
//   POST /v1/pods/{uid}/resume   ResumeOrder  -> 200 {state: 'running'} | 404 POD_NOT_FOUND | 409 OTHER_SESSION | 409 NEWER_ORDER
//   POST /v1/pods/{uid}/pause    PauseOrder   -> 200 {state: 'paused'} | 404 | 409 NEWER_ORDER | 409 CANNOT_SLEEP
//   PUT  /v1/pods/{uid}/session  SessionMark  -> 200 {} | 404 | 409 OTHER_SESSION
//   GET  /v1/pods                             -> 200 NodePodList
//   GET  /v1/events                           -> NDJSON of NodeEvent; empty lines only show that the connection lives
//
// Each carries `Authorization: Bearer <JWT>`; 401 without a good one. 503 NOT_READY: ask again.
import type { SessionMark } from '../../model/sandbox-spec.ts';

/** `version`: the session's in state `resuming`; 0 for a pod of nobody. */
export interface ResumeOrder {
  readonly version: number;
  /** Made durable on the node before anything runs. */
  readonly session?: SessionMark;
  /** An activator's: refused when its version is lower than that of the newest pause. */
  readonly fenced?: boolean;
}

/** `version`: the session's in state `pausing`; refused when it is lower than that of the newest resume. */
export interface PauseOrder {
  readonly version: number;
}

export interface NodePod {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  /** As the kernel (or the VM's runtime) says: paused when each of its containers is, stopped when none runs. */
  readonly state: 'running' | 'paused' | 'stopped';
  readonly session?: SessionMark;
  /** Of the newest resume; 0 before any. */
  readonly version: number;
}

export interface NodePodList {
  readonly pods: readonly NodePod[];
}

export interface NodeEvent {
  /** The pod's uid. */
  readonly pod: string;
  readonly kind: 'exit' | 'out-of-memory';
  /** The container's name. */
  readonly container: string;
  /** The container runtime's id of it: each run of a container has another. */
  readonly id?: string;
  /** In words: `out of memory (limit 128Mi)`. */
  readonly why: string;
}

export type RefusalCode =
  | 'POD_NOT_FOUND'
  | 'OTHER_SESSION'
  | 'NEWER_ORDER'
  | 'CANNOT_SLEEP'
  | 'NOT_READY'
  | 'INVALID_REQUEST'
  | 'UNAUTHENTICATED'
  | 'INTERNAL';

/** The body of every answer that is not 2xx. */
export interface Refusal {
  readonly code: RefusalCode;
  /** In words, for people. */
  readonly reason: string;
}
