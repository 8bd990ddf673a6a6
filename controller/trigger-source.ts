// The port to whatever keeps the triggers where this platform does not: a cluster's API server. Read there, and told back in `status`.
// Does not own what a trigger means nor what its status says (core/trigger-status.ts).
import type { TriggerKey } from '../model/deployed-trigger.ts';
import type { ToldStatus } from '../model/told-status.ts';

/** A trigger as it was found: nobody has looked yet whether it is valid. */
export interface FoundTrigger {
  readonly key: TriggerKey;
  /** Unique for ever. */
  readonly uid: string;
  /** The whole object, as JSON is read. */
  readonly object: unknown;
  readonly leaving: boolean;
}

export interface TriggerSource {
  /**
   * Resolves when all that there is is known: true, or false where the cluster does not know what a trigger is, so that there are
   * none. Goes on trying while the cluster is out of reach; rejects with CLUSTER_UNAVAILABLE when it refuses, and with
   * SHUTTING_DOWN when stopped meanwhile.
   */
  start(): Promise<boolean>;
  stop(): void;
  list(): readonly FoundTrigger[];
  find(key: TriggerKey): FoundTrigger | undefined;
  /** Told of each trigger that was made, changed or deleted. */
  onChange(listener: (key: TriggerKey) => void): void;
  /** `gone`: there is no such object any more, and nothing was written. Rejects with CLUSTER_UNAVAILABLE. */
  tell(key: TriggerKey, uid: string, status: ToldStatus): Promise<'told' | 'gone'>;
}
