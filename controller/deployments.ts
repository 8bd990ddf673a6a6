// What the lifecycle and the pools need to know of the deployed runtimes. The registry behind the control API implements it.
import type { Cancel } from '../model/clock.ts';
import type { DeployedRuntime } from '../model/platform.ts';
import type { RuntimeKey } from '../model/sandbox.ts';
import type { Workload } from '../model/workload.ts';

export interface Deployment {
  readonly runtime: DeployedRuntime;
  readonly workload: Workload;
}

/** How a runtime's pool stands, for its `status`. */
export interface PoolStatus {
  readonly wanted: number;
  readonly ready: number;
  /** Why the pool is short, in words; absent while it is filled or filling without trouble. */
  readonly trouble?: string;
}

export interface Deployments {
  /** From memory; undefined when not deployed. */
  find(key: RuntimeKey): Deployment | undefined;
  all(): readonly Deployment[];
  /** Told after each stored create, change or delete of a runtime. */
  onChange(listener: (key: RuntimeKey) => void): Cancel;
  /** Puts the pool's state into the runtime's status conditions; a runtime deleted meanwhile is ignored. Never rejects. */
  reportPool(key: RuntimeKey, status: PoolStatus): void;
}
