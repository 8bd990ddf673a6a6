// What programs tell the autoscaler, within one process: a listener is called before `report` resolves, in order of reporting.
// A listener that throws does not keep the others from hearing, nor whoever reports from going on. Nothing is kept.
import type { Cancel } from '../../model/clock.ts';
import type {
  DemandFeed,
  DemandReport,
  DemandReports,
  SupplyFeed,
  SupplyReport,
  SupplyReports,
} from '../../model/demand.ts';

export interface ScalingBus {
  readonly demand: DemandReports & DemandFeed;
  readonly supply: SupplyReports & SupplyFeed;
}

class Reports<T> {
  readonly #listeners = new Set<(report: T) => void>();
  readonly #onFault: (fault: unknown) => void;

  constructor(onFault: (fault: unknown) => void) {
    this.#onFault = onFault;
  }

  async tell(report: T): Promise<void> {
    for (const listener of [...this.#listeners]) {
      try {
        listener(report);
      } catch (fault) {
        this.#onFault(fault);
      }
    }
  }

  listen(listener: (report: T) => void): Cancel {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}

/** `onFault` is told of listeners that threw. */
export function createScalingBus(onFault: (fault: unknown) => void): ScalingBus {
  const demand = new Reports<DemandReport>(onFault);
  const supply = new Reports<SupplyReport>(onFault);
  return {
    demand: {
      report: (report) => demand.tell(report),
      onDemand: (listener) => demand.listen(listener),
    },
    supply: {
      report: (report) => supply.tell(report),
      onSupply: (listener) => supply.listen(listener),
    },
  };
}
