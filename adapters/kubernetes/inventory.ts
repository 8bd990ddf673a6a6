// What an earlier leader left: the objects in the API server, the pods, and what the node agents say of them, brought together.
// Owns what is believed when they disagree: the kernel about sleep, the node about whose it is, the object about the rest.
// Invariant: memory that is gone is never taken for memory that sleeps: a run other than the one that was verified is a loss.
import type { Clock } from '../../model/clock.ts';
import { keepsAwake } from '../../model/keeps-awake.ts';
import type { FoundSandbox, SandboxSpec, SessionMark } from '../../model/sandbox-spec.ts';
import type { NodeAgents, NodePod } from './node-agent.ts';
import { agentStatus, endOfRun, isDeleting, isReady, runOf, startTrouble, type Pod } from './pod-state.ts';
import type { SandboxBook } from './sandbox-book.ts';
import { runIn, specIn, type SandboxObject } from './sandbox-object.ts';
import { agentUrl, refOf } from './starting.ts';

export interface InventoryDeps {
  readonly book: SandboxBook;
  readonly agents: NodeAgents;
  readonly clock: Clock;
  readonly log: (message: string, fields: Readonly<Record<string, unknown>>) => void;
  readonly agentPort: number;
}

export interface Looked {
  readonly found: readonly FoundSandbox[];
  /** Marked on their node, and not in their object yet. */
  readonly unmarked: readonly { readonly id: string; readonly mark: SessionMark }[];
}

/** An agent that has just been started is asked again. */
const TRIES = 3;
const AGAIN_MS = 1_000;

type State = Pick<FoundSandbox, 'state' | 'why'> & { readonly verified: boolean };

export class Inventory {
  readonly #deps: InventoryDeps;
  /** How often to ask an agent; once is enough for what is asked again anyway. */
  #tries = TRIES;

  constructor(deps: InventoryDeps) {
    this.#deps = deps;
  }

  async look(): Promise<Looked> {
    const { book } = this.#deps;
    const onNodes = await this.#onNodes();
    this.#tries = 1;
    const seen = book.ids().flatMap((id) => this.#seen(id, onNodes));
    const unmarked = seen.flatMap(({ spec, onNode }) =>
      onNode?.session && !spec.session ? [{ id: spec.id, mark: onNode.session }] : [],
    );
    return { found: seen.map((one) => this.#found(one)), unmarked };
  }

  /** What can be understood and is not being deleted. */
  #seen(id: string, onNodes: ReadonlyMap<string, NodePod>): readonly Facts[] {
    const { object, pod } = this.#deps.book.get(id);
    if (!object || object.metadata.deletionTimestamp !== undefined) return [];
    const spec = specIn(object);
    if (spec) return [{ spec, object, pod, onNode: pod && onNodes.get(pod.metadata.uid) }];
    this.#deps.log('a Sandbox of ours cannot be understood', { name: object.metadata.name });
    return [];
  }

  #found(facts: Facts): FoundSandbox {
    const { spec, pod, onNode } = facts;
    const session = onNode?.session ?? spec.session;
    const whole = { ...spec, ...(session && { session }) };
    const { verified, state, why } = stateOf({ ...facts, spec: whole });
    const { id, name, workload } = spec;
    const ref = pod
      ? refOf({ id, name, ports: workload.ports }, pod, this.#deps.agentPort)
      : { id, name, entryPoints: [] };
    return { spec: whole, state, ...(why !== undefined && { why }), ...(verified && { ref }) };
  }

  /** Pods by uid, as far as their nodes answer. */
  async #onNodes(): Promise<ReadonlyMap<string, NodePod>> {
    const { book, agentPort } = this.#deps;
    const urls = new Set<string>();
    for (const id of book.ids()) {
      const hostIP = book.get(id).pod?.status?.hostIP;
      if (hostIP !== undefined) urls.add(agentUrl(hostIP, agentPort));
    }
    const pods = await Promise.all([...urls].map((url) => this.#ask(url)));
    return new Map(pods.flat().map((pod) => [pod.uid, pod]));
  }

  async #ask(url: string, left = this.#tries): Promise<readonly NodePod[]> {
    const { agents, clock, log } = this.#deps;
    try {
      return await agents.pods(url);
    } catch (fault) {
      if (left <= 1) {
        log('a node agent does not say what is on its node', { url, fault });
        return [];
      }
      await new Promise<void>((resolve) => void clock.after(AGAIN_MS, resolve));
      return this.#ask(url, left - 1);
    }
  }
}

/** A sandbox of nobody that cannot sleep, or whose node is silent, waits in its pool all the same; a session's counts as awake. */
function awakeOrAsleep(spec: SandboxSpec, pod: Pod, onNode: NodePod | undefined): 'running' | 'paused' {
  const unsleeping = keepsAwake(pod.spec).length > 0 || onNode === undefined;
  if (unsleeping) return spec.session ? 'running' : 'paused';
  return onNode.state === 'paused' ? 'paused' : 'running';
}

/** Which run of it was verified is written on it. */
function stateOfVerified(run: string, { spec, pod, onNode }: Facts): State {
  const why = endOfRun(run, pod);
  if (why !== undefined || !pod)
    return { state: 'stopped', verified: true, ...(why !== undefined && { why }) };
  return { state: awakeOrAsleep(spec, pod, onNode), verified: true };
}

/** Asleep it does not answer Kubernetes' probe; where the node is silent, that it runs must do. */
const looksReady = (pod: Pod, onNode: NodePod | undefined): boolean =>
  isReady(pod) || (onNode ? onNode.state === 'paused' : agentStatus(pod)?.state?.running !== undefined);

/** A warm one, or one that never came so far. */
function stateOfOther({ spec, pod, onNode }: Facts): State {
  if (!pod || isDeleting(pod) || !looksReady(pod, onNode)) {
    const why = (pod && startTrouble(pod)) ?? 'it was never ready';
    return { state: 'stopped', verified: false, why };
  }
  // A node that was told whose it is has seen it ready; a sandbox of nobody has had no reason to run twice.
  const verified = spec.session ? onNode?.session !== undefined : runOf(pod).endsWith('/0');
  return { state: awakeOrAsleep(spec, pod, onNode), verified };
}

interface Facts {
  readonly spec: SandboxSpec;
  readonly object: SandboxObject;
  readonly pod: Pod | undefined;
  readonly onNode: NodePod | undefined;
}

function stateOf(facts: Facts): State {
  const { object } = facts;
  if (object.spec.operatingMode === 'Suspended') return { state: 'stopped', verified: true };
  const run = runIn(object);
  return run === undefined ? stateOfOther(facts) : stateOfVerified(run, facts);
}
