// Ends that the nodes tell of. Kubernetes tells them too, and with the exit code, but later, and not while its API server is away.
// So a node's word waits a moment, and counts when Kubernetes has said nothing of that run by then.
// Owns listening to every node that has a sandbox of ours. Does not own what follows from an end (lives.ts tells it on).
import type { Cancel, Clock } from '../../model/clock.ts';
import type { NodeEvent } from '../../nodeagent/core/protocol.ts';
import type { Lives } from './lives.ts';
import type { NodeAgents } from './node-agent.ts';
import { agentStatus, type Pod } from './pod-state.ts';
import type { SandboxBook } from './sandbox-book.ts';
import { agentUrl } from './starting.ts';

export interface NodeEndsDeps {
  readonly book: Pick<SandboxBook, 'get' | 'ids' | 'onChange'>;
  readonly lives: Pick<Lives, 'run' | 'endedSo'>;
  readonly agents: Pick<NodeAgents, 'events'>;
  readonly clock: Pick<Clock, 'after'>;
  readonly agentPort: number;
}

/** An agent that was started again has another id: what is told of the run before it comes too late to count. */
const isOfAnotherRun = (pod: Pod, id: string | undefined): boolean => {
  const now = agentStatus(pod)?.containerID;
  return id !== undefined && now !== undefined && !now.endsWith(`/${id}`);
};

/** How long Kubernetes may take to tell it with its cause (ms). */
const PATIENCE_MS = 2_000;

interface Place {
  readonly url: string;
  readonly pod: string;
}

export class NodeEnds {
  readonly #deps: NodeEndsDeps;
  readonly #nodes = new Map<string, Cancel>();
  readonly #places = new Map<string, Place>();
  /** The run that lacked memory, by its pod's uid: the end of that run is due to it. */
  readonly #starved = new Map<string, NodeEvent>();
  readonly #stop: Cancel;
  #closed = false;

  constructor(deps: NodeEndsDeps) {
    this.#deps = deps;
    this.#stop = deps.book.onChange((id) => this.#follow(id));
    for (const id of deps.book.ids()) this.#follow(id);
  }

  /** How many nodes have a sandbox of ours. */
  get nodes(): number {
    return this.#nodes.size;
  }

  close(): void {
    this.#closed = true;
    this.#stop();
    for (const stop of this.#nodes.values()) stop();
  }

  #follow(id: string): void {
    const before = this.#places.get(id);
    const now = this.#placeOf(this.#deps.book.get(id).pod);
    if (now) this.#places.set(id, now);
    else this.#places.delete(id);
    if (before && before.pod !== now?.pod) this.#starved.delete(before.pod);
    if (before?.url === now?.url) return;
    if (now) this.#listen(now.url);
    if (before) this.#leave(before.url);
  }

  #placeOf(pod: Pod | undefined): Place | undefined {
    const hostIP = pod?.status?.hostIP;
    if (!pod || hostIP === undefined) return undefined;
    return { url: agentUrl(hostIP, this.#deps.agentPort), pod: pod.metadata.uid };
  }

  #listen(url: string): void {
    if (this.#nodes.has(url)) return;
    this.#nodes.set(
      url,
      this.#deps.agents.events(url, (event) => this.#heard(event)),
    );
  }

  #leave(url: string): void {
    if ([...this.#places.values()].some((place) => place.url === url)) return;
    this.#nodes.get(url)?.();
    this.#nodes.delete(url);
  }

  #heard(event: NodeEvent): void {
    const { book, lives, clock } = this.#deps;
    const id = [...this.#places].find(([, place]) => place.pod === event.pod)?.[0];
    const pod = id === undefined ? undefined : book.get(id).pod;
    // A container beside the agent may come and go.
    if (id === undefined || !pod || pod.spec.containers[0]?.name !== event.container) return;
    if (isOfAnotherRun(pod, event.id)) return;
    if (event.kind === 'out-of-memory') return void this.#starved.set(event.pod, event);
    const run = lives.run(id);
    if (run === undefined || !run.startsWith(`${event.pod}/`)) return;
    clock.after(PATIENCE_MS, () => {
      if (!this.#closed) lives.endedSo(id, run, this.#causeOf(event));
    });
  }

  /** That memory was wanting may be told a moment before the end or after it. */
  #causeOf({ pod, id, why }: NodeEvent): string {
    const starved = this.#starved.get(pod);
    if (starved === undefined || starved.id !== id) return why;
    this.#starved.delete(pod);
    return starved.why;
  }
}
