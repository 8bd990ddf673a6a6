// One run of an autoscaler: the real elector and what it does with the lead, on the simulated store and messages.
import { createLeading } from '../../autoscaler/leading.ts';
import { Elector } from '../../model/elector.ts';
import type { PoolTarget } from '../../model/platform.ts';
import { SimBus } from './sim-bus.ts';
import type { SimProcess } from './sim-process.ts';
import { ToldRuntimes } from './sim-told.ts';
import { electionOf, type StoreServer } from './store-server.ts';
import { Wire } from './wire.ts';
import type { World } from './world.ts';

export interface AutoscalerProgramDeps {
  readonly world: World;
  readonly process: SimProcess;
  readonly server: StoreServer;
  /** Names this run among those that bid, and its streams of luck. */
  readonly name: string;
}

const role = 'autoscaler';

export class AutoscalerProgram {
  readonly process: SimProcess;
  readonly bus: SimBus;
  readonly elector: Elector;

  constructor({ world, process, server, name }: AutoscalerProgramDeps) {
    const { clock } = process;
    const wire = new Wire(world, process, server, name);
    const bus = new SimBus({ world, process, wire, exchange: server, name });
    const log = (message: string): void => world.note(() => `${process.name}: ${message}`);
    const openTargets = (term: number) => ({
      update: () => Promise.reject(new Error('not used')),
      replace: (targets: readonly PoolTarget[]) =>
        wire.call('publish targets', () =>
          server.fenced({ role, term }, async () => {
            server.shelf.targets = [...targets];
            server.publish('targets', null);
          }),
        ),
    });
    const runtimes = new ToldRuntimes({ process, bus, wire, server });
    const onGap = bus.onGap.bind(bus);
    this.process = process;
    this.bus = bus;
    this.elector = new Elector({
      ...electionOf(server, wire),
      ...{ clock, log, role, holder: name, url: '' },
      lead: createLeading({ runtimes, openTargets, onGap, clock, log }),
    });
    this.elector.start();
  }

  drain(): Promise<void> {
    return this.elector.close();
  }
}
