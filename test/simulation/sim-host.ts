// The machine on which the sandboxes live, whoever runs the controller: processes, memory, files, and who may use the driver.
// Each living sandbox counts the requests it got; that is its memory. It outlives every program of the platform.
// S1: one driver at a time, one set of processes per sandbox.
import type { FoundSandbox, SandboxExit, SandboxSpec } from '../../controller/driver.ts';
import type { CopiedResources } from '../../controller/resource-store.ts';
import type { SandboxRef } from '../../model/sandbox.ts';
import { trueSandbox, type Ledger } from './ledger.ts';
import type { SimProcess } from './sim-process.ts';
import type { World } from './world.ts';

/** What a sandbox's memory answers. */
export interface Told {
  readonly sandboxId: string;
  /** Names this memory: another after each start. */
  readonly memory: number;
  /** Requests in it, this one included. */
  readonly count: number;
}

/** A request on its way through a sandbox. Exactly one of the two ends is called. */
export interface Arrival {
  readonly id: string;
  /** How long the sandbox works on it (ms). */
  readonly workMs: number;
  answered(told: Told): void;
  /** `refused`: nothing was there to take it. */
  lost(how: 'refused' | 'broken'): void;
}

interface Memory {
  readonly number: number;
  readonly applied: string[];
  readonly inHand: Set<Arrival>;
  /** Arrived, or finished, while it was frozen. */
  readonly stalled: (() => void)[];
}

export interface SimSandbox {
  spec: SandboxSpec;
  /** Names what it runs in: another after each start. */
  readonly pod: string;
  /** Verified ready at least once. */
  ready: boolean;
  state: 'starting' | 'running' | 'paused' | 'stopped';
  memory: Memory | undefined;
  why?: string;
}

/** Told of ends that nobody asked for; what nobody hears is kept for the next who listens. */
export interface ExitListener {
  tell(exit: SandboxExit): void;
}

export class SimHost {
  readonly sandboxes = new Map<string, SimSandbox>();
  /** Who uses the driver; dead ones do not count. */
  user: SimProcess | undefined;
  listener: ExitListener | undefined;
  copy: CopiedResources | undefined;
  /** Until when starts fail (virtual ms). */
  startsFailUntil = 0;
  /** Whether sandboxes are pods on a node, where they are woken directly. */
  readonly isCluster: boolean;
  readonly #world: World;
  readonly #ledger: Ledger;
  #memories = 0;
  #pods = 0;

  constructor(world: World, ledger: Ledger, isCluster: boolean) {
    this.#world = world;
    this.#ledger = ledger;
    this.isCluster = isCluster;
  }

  refOf({ spec: { id, name }, pod }: SimSandbox): SandboxRef {
    const ref = {
      id,
      name,
      entryPoints: [{ path: '/', protocol: 'HTTP', endpoint: `unix:///${id}` }],
    } as const;
    return this.isCluster ? { ...ref, place: { agent: 'http://node', pod } } : ref;
  }

  find(id: string): SimSandbox | undefined {
    return this.sandboxes.get(trueSandbox(id));
  }

  list(): FoundSandbox[] {
    return [...this.sandboxes.values()].map((sandbox) => {
      const { spec, ready, state, why } = sandbox;
      return {
        spec: this.#world.mutant === 'rebuildForgets' ? withoutMark(spec) : spec,
        ...(ready && { ref: this.refOf(sandbox) }),
        state: state === 'starting' ? 'running' : state,
        ...(state === 'stopped' && why !== undefined && { why }),
      };
    });
  }

  /** Something of it exists from now on; nothing of it was verified. */
  begin(spec: SandboxSpec): void {
    const before = this.sandboxes.get(spec.id);
    if (before?.memory) this.#world.fail('S1', `sandbox ${spec.id} was started while its processes live`);
    this.#world.note(() => `sandbox ${spec.id}: starting, generation ${spec.generation}`);
    const pod = `${spec.id}@${++this.#pods}`;
    this.sandboxes.set(spec.id, { spec, pod, ready: false, state: 'starting', memory: undefined });
  }

  started(id: string): void {
    const sandbox = this.sandboxes.get(id);
    if (!sandbox) return;
    this.#world.note(() => `sandbox ${id}: runs`);
    this.#memories += 1;
    const memory = { number: this.#memories, applied: [], inHand: new Set<Arrival>(), stalled: [] };
    Object.assign(sandbox, { ready: true, state: 'running', memory });
    this.#onlyOneOf(sandbox);
    if (sandbox.spec.session) this.#ledger.ran(id, sandbox.spec.generation);
  }

  paused(id: string): void {
    const sandbox = this.find(id);
    if (!sandbox) return;
    this.#world.note(() => `sandbox ${id}: paused`);
    sandbox.state = 'paused';
  }

  resumed(id: string): void {
    const sandbox = this.find(id);
    if (!sandbox?.memory) return;
    if (sandbox.state === 'paused') this.#world.note(() => `sandbox ${id}: resumed`);
    this.#ledger.ran(id, sandbox.spec.generation);
    if (!sandbox.spec.session && this.#world.mutant !== 'unmarked')
      this.#world.fail('S4', `sandbox ${id} was resumed and does not tell whose it is`);
    sandbox.state = 'running';
    for (const go of sandbox.memory.stalled.splice(0)) go();
  }

  /** Its processes end. */
  end(id: string, why: string | undefined): void {
    const sandbox = this.find(id);
    if (!sandbox) return;
    this.#world.note(() => `sandbox ${id}: stopped${why === undefined ? '' : ` (${why})`}`);
    const inHand = [...(sandbox.memory?.inHand ?? [])];
    sandbox.state = 'stopped';
    sandbox.memory = undefined;
    if (why === undefined) delete sandbox.why;
    else sandbox.why = why;
    for (const arrival of inHand) arrival.lost('broken');
  }

  remove(id: string): void {
    const owner = this.#ledger.owner(id);
    const over = !owner || owner.state.kind === 'ending' || owner.state.kind === 'ended';
    if (!over && !this.#ledger.isForgotten(owner.id))
      this.#world.fail('S4', `sandbox ${id} was removed, and session ${owner.id} is ${owner.state.kind}`);
    this.end(id, undefined);
    this.#world.note(() => `sandbox ${id}: removed`);
    this.sandboxes.delete(trueSandbox(id));
  }

  /** It dies of itself. */
  crash(id: string): void {
    const sandbox = this.find(id);
    if (!sandbox?.memory) return;
    const why = 'exit code 1';
    this.end(id, why);
    if (this.#world.mutant !== 'exitForgotten')
      this.listener?.tell({ id: sandbox.spec.id, generation: sandbox.spec.generation, why });
  }

  /** A request reaches the sandbox's door. */
  deliver(id: string, arrival: Arrival): void {
    const memory = this.find(id)?.memory;
    if (!memory) return arrival.lost('refused');
    memory.inHand.add(arrival);
    this.#unlessPaused(id, memory, () => {
      if (memory.applied.includes(arrival.id))
        this.#world.fail('answers', `request ${arrival.id} reached sandbox ${id} twice`);
      memory.applied.push(arrival.id);
      const count = memory.applied.length;
      this.#world.scheduler.after(arrival.workMs, () =>
        this.#unlessPaused(id, memory, () => {
          if (!memory.inHand.delete(arrival)) return;
          arrival.answered({ sandboxId: trueSandbox(id), memory: memory.number, count });
        }),
      );
    });
  }

  #onlyOneOf({ spec: { id, session } }: SimSandbox): void {
    if (!session) return;
    for (const { spec, memory } of this.sandboxes.values()) {
      if (memory && spec.id !== id && spec.session?.id === session.id)
        this.#world.fail('S1', `session ${session.id} has two live sandboxes, ${id} and ${spec.id}`);
    }
  }

  #unlessPaused(id: string, memory: Memory, go: () => void): void {
    const sandbox = this.find(id);
    if (sandbox?.memory !== memory) return;
    if (sandbox.state === 'paused') memory.stalled.push(go);
    else go();
  }
}

function withoutMark({ session: _, ...spec }: SandboxSpec): SandboxSpec {
  return spec;
}
