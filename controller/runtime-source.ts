// The port to whatever keeps the runtimes where this platform does not: a cluster's API server. Read there, and told back in `status`.
// Does not own what a runtime means (examine.ts) nor what its status says (core/cluster-status.ts).
import type { RuntimeKey } from '../model/sandbox.ts';
import type { ToldStatus } from '../model/told-status.ts';

/** A runtime as it was found: nobody has looked yet whether it is valid. */
export interface FoundRuntime {
  readonly key: RuntimeKey;
  /** Unique for ever: a runtime that was deleted and made again under its name has another. */
  readonly uid: string;
  /** The whole object, as JSON is read. */
  readonly object: unknown;
  /** It is being deleted, and stays until all that belongs to it is gone. */
  readonly leaving: boolean;
}

export interface RuntimeSource {
  /**
   * Resolves when all that there is is known. Goes on trying while the cluster is out of reach; rejects with CLUSTER_UNAVAILABLE
   * when it refuses, and with SHUTTING_DOWN when stopped meanwhile.
   */
  start(): Promise<void>;
  stop(): void;
  list(): readonly FoundRuntime[];
  find(key: RuntimeKey): FoundRuntime | undefined;
  /** Told of each runtime that was made, changed or deleted. */
  onChange(listener: (key: RuntimeKey) => void): void;
  /** `gone`: there is no such object any more, and nothing was written. Rejects with CLUSTER_UNAVAILABLE. */
  tell(key: RuntimeKey, uid: string, status: ToldStatus): Promise<'told' | 'gone'>;
}
