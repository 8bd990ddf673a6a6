// What the lifecycle and the pools need to know of the deployed runtimes. The registry behind the control API implements it.
import type { Cancel } from '../model/clock.ts';
import type { DeployedRuntime, PoolTarget } from '../model/platform.ts';
import type { RuntimeKey } from '../model/sandbox.ts';
import type { Workload } from '../model/workload.ts';

export interface Deployment {
  readonly runtime: DeployedRuntime;
  readonly workload: Workload;
}

/** How a runtime's pool stands, for its `status`. */
export interface PoolStatus {
  /** The size that the pool is brought to. */
  readonly wanted: number;
  /** Of the newest revision, and not above `wanted`: what is too many is on its way out. */
  readonly ready: number;
  /** Warm sandboxes of the newest revision that are being started. */
  readonly starting: number;
  /** Why the pool is short, in words; absent while it is filled or filling without trouble. */
  readonly trouble?: string;
  /** What was decided, and why; absent where nobody decides but `warmPoolSize`. */
  readonly target?: PoolTarget;
}

/** A deployed runtime and its pool, as they are at this moment. */
export interface PoolStanding extends Omit<PoolStatus, 'wanted'> {
  readonly runtime: DeployedRuntime;
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
