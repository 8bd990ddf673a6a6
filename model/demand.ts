// What programs tell the autoscaler: new sessions (whoever opens them) and pools (the leading controller). Ports only.
// In one process they are function calls; apart they are messages, a few a second from each program whatever the traffic.
// A report that is lost costs accuracy for a moment, never a session.
import type { Cancel } from './clock.ts';
import type { RuntimeKey } from './sandbox.ts';

/** What one program saw of a runtime since it told last. */
export interface RuntimeDemand {
  readonly runtime: RuntimeKey;
  /** New sessions, and those of them that found no sandbox ready. */
  readonly arrivals: number;
  readonly coldStarts: number;
  /** How long those new sessions waited for their sandbox that got it meanwhile, and how many these were (ms). */
  readonly waitedMs: number;
  readonly served: number;
  /** Requests in hand at this moment. */
  readonly inFlight: number;
}

export interface DemandReport {
  /** Which run of which program this is; no other ever has the same. */
  readonly from: string;
  /** Only runtimes of which there is something to tell; one whose `inFlight` went to 0 is told once. */
  readonly demands: readonly RuntimeDemand[];
}

export interface DemandReports {
  /** Rejects with STORE_UNAVAILABLE when nobody can have heard it; then it is told again, together with what came meanwhile. */
  report(report: DemandReport): Promise<void>;
}

export interface DemandFeed {
  onDemand(listener: (report: DemandReport) => void): Cancel;
}

/** How one runtime's pool stands, and what start-ups of its sandboxes were like since it was told last, cold ones included. */
export interface PoolSupply {
  readonly runtime: RuntimeKey;
  /** Sandboxes of the newest revision that wait, and those on their way to the pool. */
  readonly ready: number;
  readonly starting: number;
  /** How long each start-up took that succeeded (ms). */
  readonly startUps: readonly number[];
  readonly failures: number;
  /** Why the newest start-up failed, while it is so. */
  readonly trouble?: string;
}

export interface SupplyReport {
  /** Which run of which program this is. */
  readonly from: string;
  /** Machines that sandboxes are on. */
  readonly nodes: number;
  /** Whether these are all pools: what is not among them is empty. Otherwise only those that changed. */
  readonly all: boolean;
  readonly pools: readonly PoolSupply[];
}

export interface SupplyReports {
  /** As DemandReports.report. */
  report(report: SupplyReport): Promise<void>;
}

export interface SupplyFeed {
  onSupply(listener: (report: SupplyReport) => void): Cancel;
}
