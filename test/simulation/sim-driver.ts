// The driver as one program has it: actions on the shared machine that take time, fail, and end half-way with the program.
// B2: done twice is done once; B3: actions on one sandbox happen one after the other. Closed, it touches nothing.
import { createSerial } from '../../controller/serial.ts';
import type { Driver, SandboxExit, SandboxSpec } from '../../controller/driver.ts';
import type { Cancel } from '../../model/clock.ts';
import { asPlatformError, PlatformError } from '../../model/errors.ts';
import type { SandboxPlace, SandboxRef } from '../../model/sandbox.ts';
import type { Random } from './random.ts';
import type { SimHost, SimSandbox } from './sim-host.ts';
import type { NodeCalls } from './sim-node.ts';
import type { SimProcess } from './sim-process.ts';
import type { World } from './world.ts';

export interface DriverDeps {
  readonly world: World;
  readonly host: SimHost;
  readonly process: SimProcess;
  /** Ends whoever holds the machine and does not let go. */
  readonly killHolder: (holder: SimProcess) => void;
  /** Whether a sandbox could still be handed out by the store. */
  readonly inPool: (id: string) => Promise<boolean>;
  /** Where sandboxes are pods on a node: who pauses, resumes and marks them there. */
  readonly node: NodeCalls | undefined;
  readonly name: string;
}

const patienceMs = 1_000;
const lookMs = 50;

const closed = (): PlatformError => new PlatformError('SHUTTING_DOWN', 'the driver is closed');

const gone = (reason = 'its processes are gone'): PlatformError =>
  new PlatformError('SANDBOX_CRASHED', `the sandbox does not run: ${reason}`, { reason });

const startFailed = (reason: string): PlatformError =>
  new PlatformError('SANDBOX_START_FAILED', `the sandbox did not start: ${reason}`, { reason });

/** Waits about a second for the holder to let go, then ends it, and takes hold of what it left. */
export async function openSimDriver(deps: DriverDeps): Promise<Driver> {
  const { host, process, world, killHolder } = deps;
  const until = world.now + patienceMs;
  while (host.user?.alive && host.user !== process && world.now < until) await process.pass(lookMs);
  if (host.user?.alive && host.user !== process && world.mutant !== 'takeoverSpares') killHolder(host.user);
  host.user = process;
  world.note(() => `${process.name} opens the driver`);
  const driver = new SimDriver(deps);
  host.listener = driver;
  for (const sandbox of host.sandboxes.values()) {
    if (sandbox.state === 'starting') abandon(host, sandbox);
  }
  await process.pass(world.luck(`open ${deps.name}`).between(20, 300));
  return driver;
}

/** Half-made by an earlier driver: its processes are ended, its record says so. */
function abandon(host: SimHost, { spec }: SimSandbox): void {
  host.end(spec.id, 'the platform ended while it was being started');
}

class SimDriver implements Driver {
  readonly #deps: DriverDeps;
  readonly #luck: Random;
  readonly #serials = new Map<string, ReturnType<typeof createSerial>>();
  readonly #listeners = new Set<(exit: SandboxExit) => void>();
  readonly #untold: SandboxExit[] = [];
  /** Resumes that a node refused, with their version. */
  readonly #refused = new Map<string, number>();
  readonly #underway = new Set<Promise<unknown>>();
  #closed = false;

  constructor(deps: DriverDeps) {
    this.#deps = deps;
    this.#luck = deps.world.luck(`driver ${deps.name}`);
  }

  start(spec: SandboxSpec): Promise<SandboxRef> {
    return this.#do('start', spec.id, async () => {
      const { host } = this.#deps;
      const there = host.find(spec.id);
      if (there?.ready && there.memory) return this.#thawed(there);
      return this.#launch(spec);
    });
  }

  restart(id: string, generation: number): Promise<SandboxRef> {
    return this.#do('restart', id, async () => {
      const there = this.#deps.host.find(id);
      if (!there) throw startFailed('its files are gone');
      if (there.ready && there.memory && there.spec.generation === generation) return this.#thawed(there);
      if (there.memory) this.#deps.host.end(id, undefined);
      return this.#launch({ ...there.spec, generation });
    });
  }

  stop(id: string, files: 'remove' | 'keep-files'): Promise<void> {
    return this.#do('stop', id, async () => {
      const { host, inPool, world } = this.#deps;
      await this.#pass(1, 15);
      if (files === 'keep-files') return host.end(id, undefined);
      if (host.find(id)?.ready && (await inPool(id)))
        world.fail('S1', `sandbox ${id} was removed while the store could still hand it out`);
      host.remove(id);
    });
  }

  mark(id: string, session: NonNullable<SandboxSpec['session']>): Promise<void> {
    return this.#do('mark', id, async () => {
      await this.#pass(0.5, 5);
      const sandbox = this.#living(id);
      if (this.#deps.node) return this.#deps.node.mark(this.#placeOf(sandbox), session);
      const owner = sandbox.spec.session;
      if (owner && owner.id !== session.id)
        this.#deps.world.fail('S1', `sandbox ${id} is ${owner.id}'s and was marked as ${session.id}'s`);
      if (this.#deps.world.mutant !== 'unmarked') sandbox.spec = { ...sandbox.spec, session };
    });
  }

  pause(id: string, version: number): ReturnType<Driver['pause']> {
    return this.#do('pause', id, async () => {
      await this.#pass(0.5, 5);
      const sandbox = this.#living(id);
      const { node, host } = this.#deps;
      const how = await node?.pause(this.#placeOf(sandbox), version);
      if (how === 'newer-order') return { busy: ['a newer order'] };
      if (!node) host.paused(id);
      return { paused: true } as const;
    });
  }

  resume(id: string, version: number): Promise<SandboxRef> {
    return this.#do('resume', id, async () => {
      await this.#pass(0.5, 5);
      const sandbox = this.#living(id);
      const { node, host } = this.#deps;
      if (!node) return this.#thawed(sandbox);
      await this.#order(node, sandbox, version);
      return host.refOf(sandbox);
    });
  }

  async busy(): Promise<readonly string[]> {
    return [];
  }

  list(): ReturnType<Driver['list']> {
    return this.#do('list', '', async () => this.#deps.host.list());
  }

  onExit(listener: (exit: SandboxExit) => void): Cancel {
    this.#listeners.add(listener);
    for (const exit of this.#untold.splice(0)) listener(exit);
    return () => void this.#listeners.delete(listener);
  }

  async resolve(image: string): Promise<{ readonly digest: string }> {
    return { digest: `digest of ${image}` };
  }

  describe(): { tier: string; lacks: string[] } {
    return { tier: 'simulated', lacks: [] };
  }

  /** As the host calls it; the program hears of it a moment later. */
  tell(exit: SandboxExit): void {
    const { process } = this.#deps;
    process.later(this.#luck.between(0.5, 20), () => {
      if (this.#closed) return;
      if (this.#listeners.size === 0) this.#untold.push(exit);
      for (const listener of this.#listeners) listener(exit);
    });
  }

  async close(): Promise<void> {
    const { host, process, world } = this.#deps;
    this.#closed = true;
    await Promise.allSettled(this.#underway);
    if (host.listener === this) host.listener = undefined;
    if (host.user === process) host.user = undefined;
    world.note(() => `${process.name} closes the driver`);
  }

  /**
   * Fenced at first, as an activator's is, for it may arrive late. What was refused for its version is asked for again, once the
   * runner has looked whether it is still wanted, and then it is done: the store may have gone back in time.
   */
  async #order(node: NodeCalls, sandbox: SimSandbox, version: number): Promise<void> {
    const { id, session } = sandbox.spec;
    const place = this.#placeOf(sandbox);
    if (!session || this.#refused.get(id) === version) return node.resume(place, session, version);
    try {
      await node.thaw(place, session, version);
    } catch (fault) {
      if (asPlatformError(fault).code === 'SESSION_STATE') this.#refused.set(id, version);
      throw fault;
    }
  }

  #placeOf(sandbox: SimSandbox): SandboxPlace {
    const { place } = this.#deps.host.refOf(sandbox);
    if (!place) throw gone('it is on no node');
    return place;
  }

  async #launch(spec: SandboxSpec): Promise<SandboxRef> {
    const { host, world } = this.#deps;
    const mark = host.find(spec.id)?.spec.session;
    host.begin({ ...spec, ...(mark && !spec.session && { session: mark }) });
    try {
      await this.#pass(20, 250);
      if (world.now < host.startsFailUntil) throw startFailed('exit code 2');
    } catch (fault) {
      host.end(spec.id, 'it did not become ready');
      throw fault;
    }
    host.started(spec.id);
    return host.refOf(this.#living(spec.id));
  }

  #thawed(sandbox: SimSandbox): SandboxRef {
    this.#deps.host.resumed(sandbox.spec.id);
    return this.#deps.host.refOf(sandbox);
  }

  #living(id: string): SimSandbox {
    const sandbox = this.#deps.host.find(id);
    if (!sandbox?.ready || !sandbox.memory) throw gone(sandbox?.why);
    return sandbox;
  }

  #do<T>(what: string, id: string, work: () => Promise<T>): Promise<T> {
    const { world, process, host } = this.#deps;
    world.spring(process.name, `driver ${what}`);
    const serial = this.#serials.get(id) ?? createSerial();
    this.#serials.set(id, serial);
    const done = serial(async () => {
      if (this.#closed) throw closed();
      // Whoever was killed or frozen in the middle of a step does the next one never, or late.
      if (!process.alive || process.frozen) await this.#pass(0, 1);
      if (host.user !== process) world.fail('S1', `${process.name} used the driver that it does not hold`);
      return work();
    });
    this.#underway.add(done);
    const over = (): void => void this.#underway.delete(done);
    done.then(over, over);
    return done;
  }

  async #pass(low: number, high: number): Promise<void> {
    await this.#deps.process.pass(this.#luck.between(low, high));
    if (this.#closed) throw closed();
  }
}
