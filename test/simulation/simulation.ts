// One simulation: programs, store, machine and clients in one virtual time; a plan is carried out, everything is healed, and all
// must come to rest. Whatever is wrong at any step ends it. The same seed and plan give the same steps.
import type { Ids } from '../../model/open-session.ts';
import { ActivatorProgram, type ActivatorProgramDeps } from './activator-program.ts';
import { AutoscalerProgram } from './autoscaler-program.ts';
import { Client } from './clients.ts';
import { ControllerProgram } from './controller-program.ts';
import { atRest } from './at-rest.ts';
import { Deeds } from './deeds.ts';
import { Ledger } from './ledger.ts';
import type { Mutant } from './mutants.ts';
import { clientNames, everybody, eventfulMs, planOf, type Action } from './plan.ts';
import { Random } from './random.ts';
import { runtimeOf, runtimes } from './runtimes.ts';
import { SimHost } from './sim-host.ts';
import { SimNode } from './sim-node.ts';
import { SimProcess } from './sim-process.ts';
import { StoreServer } from './store-server.ts';
import type { Program, Stage } from './stage.ts';
import { watchStore } from './watch.ts';
import { World, type Violation } from './world.ts';

export interface Outcome {
  readonly violation: Violation | undefined;
  readonly events: number;
  readonly history: readonly string[];
}

export interface RunOptions {
  readonly mutant?: Mutant | undefined;
  readonly keepHistory?: boolean;
  /** Instead of the seed's own plan. */
  readonly plan?: readonly Action[];
}

const restPatienceMs = 60_000;
const restLookMs = 1_000;
const skewMs = 10;

export const planFor = (seed: number): readonly Action[] => planOf(new Random(`${seed} plan`));

export class Simulation implements Stage {
  readonly world: World;
  readonly ledger: Ledger;
  readonly server: StoreServer;
  readonly host: SimHost;
  readonly node: SimNode | undefined;
  readonly clients: readonly Client[];
  readonly #programs = new Map<string, Program>();
  readonly #leaseMs: number;
  #starts = 0;

  constructor(seed: number, options: RunOptions) {
    this.world = new World(seed, options);
    const { world } = this;
    this.ledger = new Ledger(world);
    this.server = new StoreServer(world, this.ledger);
    const luck = world.luck('setting');
    this.#leaseMs = luck.pick([2_000, 5_000, 20_000]);
    this.host = new SimHost(world, this.ledger, luck.chance(0.6));
    this.host.copy = { rows: runtimes, counter: runtimes.length };
    this.node = this.host.isCluster ? new SimNode(world, this.host, this.ledger) : undefined;
    this.server.watch = watchStore(this);
    this.clients = clientNames.map(
      (name) =>
        new Client(name, runtimeOf(name), {
          ...{ world, ledger: this.ledger, host: this.host, luck: world.luck(name) },
        }),
    );
  }

  get programs(): readonly Program[] {
    return [...this.#programs.values()];
  }

  get activators(): readonly ActivatorProgram[] {
    return this.programs.filter((one) => one instanceof ActivatorProgram);
  }

  get controllers(): readonly ControllerProgram[] {
    return this.programs.filter((one) => one instanceof ControllerProgram);
  }

  get autoscalers(): readonly AutoscalerProgram[] {
    return this.programs.filter((one) => one instanceof AutoscalerProgram);
  }

  program(name: string): Program {
    const program = this.#programs.get(name);
    if (!program) throw new Error(`no program ${name}`);
    return program;
  }

  /** A new run of a program. */
  start(name: string): void {
    const { world, server, node } = this;
    const run = `${name}/${++this.#starts}`;
    world.note(() => `${name} starts`);
    const process = new SimProcess(name, world.scheduler, world.luck(`skew ${run}`).between(-skewMs, skewMs));
    this.#programs.set(name, this.#made({ world, process, server, node, ids: this.#ids(run), name: run }));
  }

  /** It ends at once, whatever it does; a supervisor starts it again after `downMs`. */
  kill(process: SimProcess, downMs: number): void {
    if (!process.alive) return;
    this.world.note(() => `${process.name} is killed`);
    process.kill();
    for (const client of this.clients) client.programDied(process);
    this.world.scheduler.after(downMs, () => this.start(process.name));
  }

  async run(plan: readonly Action[]): Promise<Outcome> {
    const { world } = this;
    const faults: unknown[] = [];
    const onFault = (fault: unknown): void => void faults.push(fault);
    process.on('unhandledRejection', onFault);
    const checked = (): boolean => {
      for (const fault of faults.splice(0))
        world.fail(
          'fault',
          `nobody handled ${fault instanceof Error ? (fault.stack ?? fault.message) : String(fault)}`,
        );
      return world.violation !== undefined;
    };
    try {
      await this.#play(plan, checked);
    } finally {
      process.off('unhandledRejection', onFault);
    }
    return { violation: world.violation, events: world.scheduler.events, history: world.history ?? [] };
  }

  async #play(plan: readonly Action[], checked: () => boolean): Promise<void> {
    const { world } = this;
    const { scheduler } = world;
    const start = scheduler.now;
    const deeds = new Deeds(this);
    for (const name of everybody) this.start(name);
    for (const action of plan) scheduler.after(action.atMs, () => deeds.do(action));
    await scheduler.runUntil(start + eventfulMs, checked);
    if (world.violation) return;
    deeds.heal();
    await this.#rest(checked);
  }

  /** Nobody asks for anything any more: within its time everything comes to rest, and stays there. */
  async #rest(checked: () => boolean): Promise<void> {
    const { scheduler } = this.world;
    const end = scheduler.now + restPatienceMs;
    let calm = 0;
    let wrong: readonly string[] = [];
    while (scheduler.now < end && calm < 3) {
      await scheduler.runUntil(scheduler.now + restLookMs, checked);
      if (this.world.violation) return;
      wrong = await atRest(this);
      calm = wrong.length === 0 ? calm + 1 : 0;
    }
    if (calm === 0) this.world.fail('S5', `not at rest after ${restPatienceMs} ms: ${wrong.join('; ')}`);
  }

  #made(shared: Omit<ActivatorProgramDeps, 'leaseMs'>): Program {
    const { name } = shared.process;
    if (name.startsWith('activator')) return new ActivatorProgram({ ...shared, leaseMs: this.#leaseMs });
    if (name.startsWith('autoscaler')) return new AutoscalerProgram(shared);
    return new ControllerProgram({ ...shared, host: this.host, kill: (one) => this.kill(one, 300) });
  }

  #ids(run: string): Ids {
    let next = 0;
    const short = run.replace(/[a-z]+-/, '').replace('/', '.');
    const kind = run.startsWith('activator') ? 'a' : 'c';
    return { uuid: () => `${kind}${short}-${++next}`, suffix: () => `s${++next}` };
  }
}

/** Runs one seed. */
export function simulate(seed: number, options: RunOptions = {}): Promise<Outcome> {
  return new Simulation(seed, options).run(options.plan ?? planFor(seed));
}
