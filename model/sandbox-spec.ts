// What a driver is asked to make, and what it finds of what was made.
import type { SandboxRef } from './sandbox.ts';
import type { Workload } from './workload.ts';

export interface SandboxSpec {
  readonly id: string;
  readonly name: string;
  /** The session's generation when it is started; 1 for warm sandboxes, as a claim makes generation 1. */
  readonly generation: number;
  readonly workload: Workload;
  readonly revision: string;
}

export interface FoundSandbox {
  readonly spec: SandboxSpec;
  /** Absent when it was never verified ready: half-made. */
  readonly ref?: SandboxRef;
  readonly state: 'running' | 'paused' | 'stopped';
  /** Why it stopped, where known. */
  readonly why?: string;
}
