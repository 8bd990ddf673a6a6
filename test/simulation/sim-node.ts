// The node that the sandboxes of a simulated cluster are on: orders for its pods come over wires, so they may be lost, late or doubled,
// and outlive whoever sent them. What an order does is decided by the real core of the node agent; what it remembers outlives its runs.
// S2: a sandbox whose session runs is not frozen. Does not own what lives (sim-host.ts).
import { onMark, onPause, onResume, type Decision } from '../../nodeagent/core/orders.ts';
import type { PodOnNode, PodRecord } from '../../nodeagent/ports.ts';
import { PlatformError } from '../../model/errors.ts';
import type { Thawer } from '../../model/platform.ts';
import type { SessionMark } from '../../model/sandbox-spec.ts';
import type { SandboxPlace } from '../../model/sandbox.ts';
import type { Ledger } from './ledger.ts';
import type { SimHost, SimSandbox } from './sim-host.ts';
import type { SimProcess } from './sim-process.ts';
import { Wire, type Reachable } from './wire.ts';
import { theNode, type World } from './world.ts';

/** Orders are late often, and given up before they come, so that others are given and obeyed meanwhile. */
const road = {
  place: theNode,
  timeoutMs: 700,
  bad: ['unsent', 'unanswered', 'late', 'late', 'late'],
} as const;

export type PauseAnswer = 'paused' | 'newer-order';

const podOf = (uid: string): PodOnNode => ({
  ...{ uid, namespace: 'default', name: uid, containers: [{ name: 'agent', id: uid }] },
  ...{ livenessProbes: [], terminating: false },
});

export class SimNode implements Reachable {
  up = true;
  run = 1;
  readonly #world: World;
  readonly #host: SimHost;
  readonly #ledger: Ledger;
  readonly #records = new Map<string, PodRecord>();

  constructor(world: World, host: SimHost, ledger: Ledger) {
    this.#world = world;
    this.#host = host;
    this.#ledger = ledger;
  }

  /** The node agent stops; pods live on. */
  goDown(): void {
    this.#world.note(() => 'the node agent stops');
    this.up = false;
    this.run += 1;
  }

  comeBack(): void {
    this.#world.note(() => 'the node agent is back');
    this.up = true;
  }

  /** `fenced`: an activator's. `mark` is absent when the leader does not know it. */
  resume(pod: string, version: number, mark: SessionMark | undefined, fenced: boolean): void {
    const sandbox = this.#living(pod);
    const order = {
      version,
      fenced: fenced && this.#world.mutant !== 'lateThaws',
      ...(mark && { session: mark }),
    };
    this.#note(pod, `resume of version ${version}`);
    this.#remember(pod, onResume(this.#records.get(pod), podOf(pod), order));
    this.#tellMark(pod, sandbox);
    this.#host.resumed(sandbox.spec.id);
  }

  pause(pod: string, version: number): PauseAnswer {
    const { id } = this.#living(pod).spec;
    const record = this.#records.get(pod);
    const decision = onPause(record, podOf(pod), { version });
    this.#note(pod, `pause of version ${version}${'refuse' in decision ? ', which is refused' : ''}`);
    if ('record' in decision) this.#records.set(pod, decision.record);
    else if (this.#world.mutant !== 'latePauses') return 'newer-order';
    this.#host.paused(id);
    const owner = this.#ledger.owner(id);
    if (owner?.state.kind === 'running')
      this.#world.fail('S2', `sandbox ${id} was frozen, and session ${owner.id} is running`);
    return 'paused';
  }

  mark(pod: string, mark: SessionMark): void {
    const sandbox = this.#living(pod);
    this.#remember(pod, onMark(this.#records.get(pod), podOf(pod), mark));
    this.#tellMark(pod, sandbox);
  }

  #note(pod: string, what: string): void {
    this.#world.note(() => `node: ${what} for pod ${pod}`);
  }

  #remember(pod: string, decision: Decision): void {
    if ('record' in decision) return void this.#records.set(pod, decision.record);
    throw new PlatformError('SESSION_STATE', decision.reason, { reason: decision.reason });
  }

  #tellMark(pod: string, sandbox: SimSandbox): void {
    const session = this.#records.get(pod)?.session;
    if (session && this.#world.mutant !== 'thawUnmarked' && this.#world.mutant !== 'unmarked')
      sandbox.spec = { ...sandbox.spec, session };
  }

  #living(pod: string): SimSandbox {
    const found = [...this.#host.sandboxes.values()].find((one) => one.pod === pod);
    if (found?.memory && found.ready) return found;
    throw new PlatformError('SANDBOX_CRASHED', 'the sandbox is gone from its node', {
      reason: 'no such pod',
    });
  }
}

/** The node as one program reaches it. Rejects with NODE_UNREACHABLE where no answer comes. */
export class NodeCalls implements Thawer {
  readonly #wire: Wire;
  readonly #node: SimNode;

  constructor(wire: Wire, node: SimNode) {
    this.#wire = wire;
    this.#node = node;
  }

  thaw({ pod }: SandboxPlace, mark: SessionMark, version: number): Promise<void> {
    return this.#call('node thaw', () => this.#node.resume(pod, version, mark, true));
  }

  resume({ pod }: SandboxPlace, mark: SessionMark | undefined, version: number): Promise<void> {
    return this.#call('node resume', () => this.#node.resume(pod, version, mark, false));
  }

  pause({ pod }: SandboxPlace, version: number): Promise<PauseAnswer> {
    return this.#call('node pause', () => this.#node.pause(pod, version));
  }

  mark({ pod }: SandboxPlace, mark: SessionMark): Promise<void> {
    return this.#call('node mark', () => this.#node.mark(pod, mark));
  }

  async #call<T>(what: string, work: () => T): Promise<T> {
    try {
      return await this.#wire.call(what, async () => work());
    } catch (fault) {
      if (!(fault instanceof PlatformError) || fault.code !== 'STORE_UNAVAILABLE') throw fault;
      throw new PlatformError('NODE_UNREACHABLE', 'the node agent did not answer');
    }
  }
}

export interface NodeCallsDeps {
  readonly world: World;
  readonly process: SimProcess;
  readonly node: SimNode;
  readonly name: string;
}

/** The node agent as one run of a program has it. */
export const nodeCalls = ({ world, process, node, name }: NodeCallsDeps): NodeCalls =>
  new NodeCalls(new Wire(world, process, node, `${name} node`, road), node);
