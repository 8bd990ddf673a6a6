// One run of an autoscaler: the real elector, rounds and what it does with the lead, on the simulated store and messages.
import { Autoscaler } from '../../autoscaler/autoscaler.ts';
import type { ScalerMemory } from '../../autoscaler/scaler-memory.ts';
import { Elector } from '../../model/elector.ts';
import type { PoolTarget, PoolTargetWrites } from '../../model/platform.ts';
import { runtimeKeyText } from '../../model/sandbox.ts';
import { most, mostInAll } from './runtimes.ts';
import { SimBus } from './sim-bus.ts';
import type { SimProcess } from './sim-process.ts';
import { ToldRuntimes } from './sim-told.ts';
import { electionOf, type Fence, type StoreServer } from './store-server.ts';
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
  readonly autoscaler: Autoscaler;
  readonly elector: Elector;

  constructor({ world, process, server, name }: AutoscalerProgramDeps) {
    const { clock } = process;
    const wire = new Wire(world, process, server, name);
    const bus = new SimBus({ world, process, wire, exchange: server, name });
    const log = (message: string): void => world.note(() => `${process.name}: ${message}`);
    const runtimes = new ToldRuntimes({ process, bus, wire, server });
    this.autoscaler = new Autoscaler({
      ...{ mode: 'on', budget: { platform: { idle: mostInAll } }, runtimes, clock, log },
      ...{ demand: bus, supply: bus, memory: memoryOf(server, wire, 0) },
      openTargets: (term) => targetsOf(server, wire, { role, term }, world),
      openMemory: (term) => memoryOf(server, wire, term),
      onGap: (listener) => bus.onGap(listener),
    });
    this.autoscaler.start();
    this.process = process;
    this.bus = bus;
    this.elector = new Elector({
      ...electionOf(server, wire),
      ...{ clock, log, role, holder: name, url: '' },
      lead: (term) => this.autoscaler.lead(term),
    });
    this.elector.start();
  }

  drain(): Promise<void> {
    return this.elector.close();
  }
}

/** S5: no target is above its runtime's maximum, and all together are within the budget. */
function watchTargets(world: World, targets: readonly PoolTarget[]): void {
  for (const { runtime, size } of targets) {
    const max = most.get(runtime.name) ?? 0;
    if (size > max) world.fail('S5', `the pool of ${runtime.name} is to hold ${size}, and at most ${max}`);
  }
  const sum = targets.reduce((all, { size }) => all + size, 0);
  if (sum > mostInAll) world.fail('S5', `pools are to hold ${sum}, and at most ${mostInAll}`);
}

const targetsOf = (server: StoreServer, wire: Wire, fence: Fence, world: World): PoolTargetWrites => {
  const meant = (target: PoolTarget): PoolTarget =>
    world.mutant === 'boundForgotten' ? { ...target, size: target.size + 1 } : target;
  let writings = 0;
  let last = 0;
  const write = (work: () => void): Promise<void> => {
    const writing = (writings += 1);
    return wire.call('publish targets', () =>
      server.fenced(fence, async () => {
        if (writing < last) return;
        last = writing;
        work();
        server.publish('targets', null);
        watchTargets(world, server.shelf.targets);
      }),
    );
  };
  return {
    replace: (targets) => write(() => (server.shelf.targets = targets.map(meant))),
    update: (changed, gone) =>
      write(() => {
        const taken = new Set([...changed.map(({ runtime }) => runtime), ...gone].map(runtimeKeyText));
        const kept = server.shelf.targets.filter(({ runtime }) => !taken.has(runtimeKeyText(runtime)));
        server.shelf.targets = [...kept, ...changed.map(meant)];
      }),
  };
};

const memoryOf = (server: StoreServer, wire: Wire, term: number): ScalerMemory => ({
  load: () => wire.call('load scalers', async () => new Map(server.shelf.scalers)),
  save: (changed, gone) =>
    wire.call('save scalers', () =>
      server.fenced({ role, term }, async () => {
        for (const [text, row] of changed) server.shelf.scalers.set(text, row);
        for (const text of gone) server.shelf.scalers.delete(text);
      }),
    ),
});
