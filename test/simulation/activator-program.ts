// One run of an activator: the real one but for HTTP, on the simulated store and messages. Whoever calls is a Caller.
import type { Caller } from '../../activator/resolve.ts';
import { Routing } from '../../activator/routing.ts';
import { DemandReporter } from '../../model/demand-reporter.ts';
import type { Ids } from '../../model/open-session.ts';
import { SimBus } from './sim-bus.ts';
import { nodeCalls, type SimNode } from './sim-node.ts';
import type { SimProcess } from './sim-process.ts';
import { ToldRuntimes } from './sim-told.ts';
import type { StoreServer } from './store-server.ts';
import { Wire } from './wire.ts';
import type { World } from './world.ts';

export const wakeTimeoutMs = 15_000;

const limits = {
  maxConcurrentRequests: 1_000,
  maxWaitingPerSession: 1_000,
  maxWaitingPerRuntime: 2_000,
  maxWaiting: 4_000,
};

export interface ActivatorProgramDeps {
  readonly world: World;
  readonly process: SimProcess;
  readonly server: StoreServer;
  /** Where sandboxes are pods on a node. */
  readonly node: SimNode | undefined;
  readonly ids: Ids;
  readonly leaseMs: number;
  /** Names this run's streams of luck. */
  readonly name: string;
}

const drainMs = 5_000;

export class ActivatorProgram {
  readonly process: SimProcess;
  readonly bus: SimBus;
  readonly routing: Routing;
  readonly #demand: DemandReporter;
  readonly #world: World;

  constructor({ world, process, server, node, ids, leaseMs, name }: ActivatorProgramDeps) {
    const { clock } = process;
    const wire = new Wire(world, process, server, name);
    const bus = new SimBus({ world, process, wire, exchange: server, name });
    const runtimes = new ToldRuntimes({ process, bus, wire, server });
    const log = (message: string, fields: Readonly<Record<string, unknown>>): void =>
      world.note(() => `${process.name}: ${message} (${String(fields.fault)})`);
    const thawer = node && nodeCalls({ world, process, node, name });
    const ports = {
      ...(thawer && { thawer }),
      store: server.view(wire),
      runtimes,
      wakes: bus,
      feed: bus,
      recalls: bus,
    };
    this.#world = world;
    this.process = process;
    this.bus = bus;
    const demand = new DemandReporter({
      ...{ from: name, clock, log },
      reports: { report: (report) => bus.tell('demand', report) },
      inFlight: () => this.routing.inFlight(),
    });
    this.#demand = demand;
    this.routing = new Routing({ ...ports, ids, clock, log, demand }, { ...limits, wakeTimeoutMs, leaseMs });
    demand.start();
  }

  resolve(caller: Caller, sessionId: string | undefined): void {
    const forgotten = this.#world.mutant === 'lostWaiter' && this.routing.stats().waiting > 0;
    if (!forgotten) this.routing.resolve(caller, sessionId);
  }

  async drain(): Promise<void> {
    await this.routing.drain(drainMs);
    await this.#demand.stop();
  }
}
