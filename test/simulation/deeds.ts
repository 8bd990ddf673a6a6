// Carries a plan's actions out on a simulation, and undoes at the end whatever is still wrong.
import { ActivatorProgram } from './activator-program.ts';
import type { Client } from './clients.ts';
import { actionText, type Action, type Deed } from './plan.ts';
import type { Stage } from './stage.ts';
import type { SimProcess } from './sim-process.ts';
import { theNode, type Weather } from './world.ts';

type Of<K extends Deed['kind']> = Extract<Deed, { kind: K }>;

export class Deeds {
  readonly #stage: Stage;
  /** What is to be undone: once, at its time or at the healing. */
  readonly #undo = new Set<() => void>();

  readonly #ways: { readonly [K in Deed['kind']]: (deed: Of<K>) => void };

  constructor(stage: Stage) {
    this.#stage = stage;
    const weather = (deed: Of<Weather>): void => this.#weather(deed.kind, deed.process, deed.forMs);
    this.#ways = {
      ask: (deed) => this.#ask(deed),
      leave: ({ client }) => this.#client(client).requests.at(-1)?.leave(),
      command: (deed) => this.#command(deed),
      crash: ({ client }) => this.#crash(this.#client(client)),
      'crash-warm': () => this.#crashWarm(),
      kill: (deed) => this.#strike(deed, (process) => stage.kill(process, deed.downMs)),
      freeze: (deed) => this.#strike(deed, (process) => this.#freeze(process, deed.forMs)),
      drain: (deed) => this.#drain(deed),
      'store-down': (deed) => this.#storeDown(deed),
      'store-emptied': () => this.#empty(),
      hold: ({ what, forMs }) => stage.world.hold(what, forMs),
      'node-down': (deed) => this.#nodeDown(deed),
      'starts-fail': ({ forMs }) => void (stage.host.startsFailUntil = stage.world.now + forMs),
      ...{ cut: weather, lossy: weather, slow: weather, deaf: weather, hush: weather },
    };
  }

  do(action: Action): void {
    this.#stage.world.note(() => `* ${actionText(action).trim()}`);
    (this.#ways[action.kind] as (deed: Deed) => void)(action);
  }

  /** Everybody runs, every wire is whole, the store is up. */
  heal(): void {
    this.#stage.world.note(() => '* everything is healed');
    this.#stage.world.disarm();
    this.#stage.host.startsFailUntil = 0;
    for (const undo of [...this.#undo]) undo();
  }

  #client(name: string): Client {
    const client = this.#stage.clients.find((one) => one.name === name);
    if (!client) throw new Error(`no client ${name}`);
    return client;
  }

  #ask({ client, activator, workMs }: Of<'ask'>): void {
    const program = this.#stage.program(activator);
    if (program instanceof ActivatorProgram && program.process.alive)
      this.#client(client).ask(program, workMs);
  }

  #command({ client, what }: Of<'command'>): void {
    const { sessionId } = this.#client(client);
    const leader = this.#stage.controllers.find((one) => one.lead && one.process.alive);
    if (sessionId === undefined || !leader?.lead) return;
    const { commands } = leader.lead.api;
    leader.process.later(1, () => {
      commands[what](sessionId).then(
        () => this.#stage.world.note(() => `${what} of ${sessionId} is done`),
        (fault: unknown) => this.#stage.world.note(() => `${what} of ${sessionId}: ${String(fault)}`),
      );
    });
  }

  #crash({ sessionId }: Client): void {
    const { host } = this.#stage;
    for (const { spec, memory } of host.sandboxes.values()) {
      if (memory && sessionId !== undefined && spec.session?.id === sessionId) return host.crash(spec.id);
    }
  }

  #crashWarm(): void {
    const { host, ledger } = this.#stage;
    for (const { spec, state } of host.sandboxes.values()) {
      if (state === 'paused' && !ledger.owner(spec.id)) return host.crash(spec.id);
    }
  }

  #strike({ process: name, at }: Of<'kill' | 'freeze'>, strike: (process: SimProcess) => void): void {
    const { world } = this.#stage;
    const now = (): void => {
      const { process } = this.#stage.program(name);
      if (!process.alive || process.frozen) return;
      if (at !== undefined) world.note(() => `${name} is struck at ${at}`);
      strike(process);
    };
    if (at === undefined) now();
    else world.lay({ process: name, operation: at, strike: now });
  }

  #freeze(process: SimProcess, forMs: number): void {
    const { world } = this.#stage;
    world.note(() => `${process.name} is frozen`);
    process.freeze();
    this.#until(forMs, () => {
      if (process.alive) world.note(() => `${process.name} goes on`);
      process.thaw();
    });
  }

  #drain({ process: name, downMs }: Of<'drain'>): void {
    const program = this.#stage.program(name);
    const { process } = program;
    if (!process.alive || process.frozen) return;
    program.drain().then(
      () => this.#stage.kill(process, downMs),
      (fault: unknown) => this.#stage.world.fail('fault', `${name} could not be drained: ${String(fault)}`),
    );
  }

  #weather(kind: Weather, name: string, forMs: number): void {
    const { world } = this.#stage;
    world.change(kind, name, 1);
    this.#until(forMs, () => {
      world.change(kind, name, -1);
      if (kind !== 'slow' && kind !== 'hush' && name !== theNode) this.#stage.program(name).bus.missed();
    });
  }

  #storeDown({ forMs, emptied }: Of<'store-down'>): void {
    const { server } = this.#stage;
    if (!server.up) return;
    server.goDown();
    if (emptied) this.#empty();
    this.#until(forMs, () => server.comeBack());
  }

  #nodeDown({ forMs }: Of<'node-down'>): void {
    const { node } = this.#stage;
    if (!node?.up) return;
    node.goDown();
    this.#until(forMs, () => node.comeBack());
  }

  #empty(): void {
    const { server, host } = this.#stage;
    server.empty(({ state }) => {
      const sandbox = 'sandbox' in state ? host.find(state.sandbox.id) : undefined;
      return sandbox?.ready === true && sandbox.spec.session !== undefined;
    });
  }

  #until(forMs: number, undo: () => void): void {
    const once = (): void => {
      if (this.#undo.delete(once)) undo();
    };
    this.#undo.add(once);
    this.#stage.world.scheduler.after(forMs, once);
  }
}
