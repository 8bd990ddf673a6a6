// What a driver is asked to make, and what it finds of what was made.
import type { SandboxRef } from './sandbox.ts';
import type { Session } from './session.ts';
import type { Workload } from './workload.ts';

/** What is written on a session's sandbox, so that a store that was lost can be rebuilt from the sandboxes. */
export type SessionMark = Pick<Session, 'id' | 'runtime' | 'labels' | 'ownerId' | 'policy' | 'createdAt'>;

export interface SandboxSpec {
  readonly id: string;
  readonly name: string;
  /** The session's generation when it is started; 1 for warm sandboxes, as a claim makes generation 1. */
  readonly generation: number;
  readonly workload: Workload;
  readonly revision: string;
  /** Whose it is; absent while it waits in a pool. A cold start writes it before anything runs. */
  readonly session?: SessionMark;
}

export interface FoundSandbox {
  readonly spec: SandboxSpec;
  /** Absent when it was never verified ready: half-made. */
  readonly ref?: SandboxRef;
  readonly state: 'running' | 'paused' | 'stopped';
  /** Why it stopped, where known. */
  readonly why?: string;
}
