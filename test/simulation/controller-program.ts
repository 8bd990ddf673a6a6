// One run of a controller: the real elector and all that leading means, on the simulated store, messages and machine.
import { createLeading, type Lead } from '../../controller/leading.ts';
import type { SupplyReport } from '../../model/demand.ts';
import { Elector } from '../../model/elector.ts';
import type { Ids } from '../../model/open-session.ts';
import { SimBus } from './sim-bus.ts';
import { openSimDriver } from './sim-driver.ts';
import type { SimHost } from './sim-host.ts';
import { nodeCalls, type SimNode } from './sim-node.ts';
import type { SimProcess } from './sim-process.ts';
import { ToldTargets } from './sim-told.ts';
import { electionOf, type Fence, type StoreServer } from './store-server.ts';
import { Wire } from './wire.ts';
import type { World } from './world.ts';

export interface ControllerProgramDeps {
  readonly world: World;
  readonly process: SimProcess;
  readonly server: StoreServer;
  readonly host: SimHost;
  /** Where sandboxes are pods on a node. */
  readonly node: SimNode | undefined;
  readonly ids: Ids;
  /** Ends a program at once; a supervisor starts it again. */
  readonly kill: (process: SimProcess) => void;
  readonly name: string;
}

const graceMs = 3_000;
/** No activator of the simulation has a longer one. */
const longestLeaseMs = 20_000;
const commandPatienceMs = 10_000;

export class ControllerProgram {
  readonly process: SimProcess;
  readonly bus: SimBus;
  readonly elector: Elector;
  /** What there is while it leads. */
  lead: Lead | undefined;

  constructor(deps: ControllerProgramDeps) {
    const { world, process, server, name } = deps;
    this.process = process;
    const { clock } = process;
    const wire = new Wire(world, process, server, name);
    const bus = new SimBus({ world, process, wire, exchange: server, name });
    this.bus = bus;
    const log = (message: string, fields: Readonly<Record<string, unknown>>): void =>
      world.note(() => `${process.name}: ${message} ${inWords(fields)}`);
    this.elector = new Elector({
      ...electionOf(server, wire),
      ...{ clock, log, role: 'controller', holder: name, url: `http://${process.name}` },
      lead: createLeading({ ...this.#ports(deps, wire, bus), clock, log }),
    });
    this.elector.start();
  }

  drain(): Promise<void> {
    return this.elector.close();
  }

  /** The mutant: whoever hears of a wake starts a sandbox, whatever another is doing. */
  async #wakeAgain(server: StoreServer, ids: Ids, sessionId: string): Promise<void> {
    const session = (await server.contents.get(sessionId))?.session;
    const deployment = session && this.lead?.registry.deployments.find(session.runtime);
    if (!deployment || (session.state.kind !== 'creating' && session.state.kind !== 'suspended')) return;
    const { generation, revision } = session;
    const spec = {
      id: ids.uuid(),
      name: 'again',
      generation,
      workload: deployment.workload,
      revision,
      session,
    };
    await this.lead?.driver.start(spec).catch(() => undefined);
  }

  #ports(deps: ControllerProgramDeps, wire: Wire, bus: SimBus) {
    const { world, process, server, host, ids, kill, name } = deps;
    const node = deps.node && nodeCalls({ world, process, node: deps.node, name });
    const fence = (term: number): Fence => ({ role: 'controller', term });
    const inPool = async (id: string): Promise<boolean> =>
      (await server.contents.entries()).some((entry) => entry.sandbox.id === id);
    return {
      store: server.view(wire),
      openStore: (term: number) => server.view(wire, fence(term)),
      openResources: (term: number) => resources(server, wire, fence(term)),
      openDriver: () => openSimDriver({ world, host, process, killHolder: kill, inPool, node, name }),
      preparation: (term: number) => ({
        prepared: () => wire.call('prepared', async () => server.shelf.prepared),
        markPrepared: () =>
          wire.call('markPrepared', () =>
            server.fenced(fence(term), async () => void (server.shelf.prepared = true)),
          ),
      }),
      targets: new ToldTargets({ process, bus, wire, server }),
      supply: {
        report: async (report: SupplyReport) => {
          if (world.mutant !== 'supplyUntold') await bus.tell('supply', report);
        },
      },
      directory: (term: number) => directory(server, wire, fence(term)),
      copy: {
        read: async () => host.copy,
        write: async (copied: NonNullable<SimHost['copy']>) => void (host.copy = copied),
      },
      ...{ feed: bus, wakeFeed: bus, recalls: bus, ids, graceMs, leaseMs: longestLeaseMs, commandPatienceMs },
      announceGap: () => bus.announceGap(),
      onLead: (lead: Lead) => {
        world.note(() => `${process.name} leads in term ${lead.term}: ${inWords({ ...lead.recovered })}`);
        this.lead = lead;
        if (world.mutant === 'secondWake')
          bus.onWake((sessionId) => void this.#wakeAgain(server, ids, sessionId));
      },
      onEnd: () => (this.lead = undefined),
      stuck: () => kill(process),
    };
  }
}

const directory = (server: StoreServer, wire: Wire, fence: Fence) => ({
  publish: (runtimes: StoreServer['shelf']['runtimes']) =>
    wire.call('publish runtimes', () =>
      server.fenced(fence, async () => {
        server.shelf.runtimes = [...runtimes];
        server.publish('runtimes', null);
      }),
    ),
});

type Resources = StoreServer['shelf']['resources'];

const resources = (
  server: StoreServer,
  wire: Wire,
  fence: Fence,
): Pick<Resources, 'put' | 'remove' | 'all' | 'restore'> => {
  const write = <T>(name: string, work: (there: Resources) => Promise<T>): Promise<T> =>
    wire.call(name, () => server.fenced(fence, () => work(server.shelf.resources)));
  return {
    put: (...args) => write('put', (there) => there.put(...args)),
    remove: (...args) => write('remove', (there) => there.remove(...args)),
    restore: (...args) => write('restore', (there) => there.restore(...args)),
    all: () => wire.call('all', () => server.shelf.resources.all()),
  };
};

function inWords(fields: Readonly<Record<string, unknown>>): string {
  const told = Object.entries(fields).map(
    ([key, value]) => `${key}=${value instanceof Error ? value.message : String(value)}`,
  );
  return told.join(' ');
}
