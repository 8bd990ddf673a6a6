// A node agent's node whose pods, kernel and disk are in memory: what happens is what the test makes happen, and in which order it was done
// is written down.
import { KnownPods } from '../../nodeagent/known-pods.ts';
import { Node } from '../../nodeagent/node.ts';
import type {
  ContainerState,
  Freezer,
  PodOnNode,
  PodRecord,
  PodsHere,
  Records,
} from '../../nodeagent/ports.ts';
import type { SessionMark } from '../../model/sandbox-spec.ts';
import { manualClock } from './manual-clock.ts';
import { sessionIn } from './sessions.ts';

/** The mark of a session of this id. */
export function markOf(id: string): SessionMark {
  const { runtime, labels, policy, createdAt } = sessionIn('running');
  return { id, runtime, labels, policy, createdAt };
}

/** A pod with one container, named after it. */
export const podCalled = (uid: string, over: Partial<PodOnNode> = {}): PodOnNode => ({
  ...{ uid, namespace: 'team', name: `pod-${uid}` },
  containers: [{ name: 'agent', id: `${uid}-agent` }],
  livenessProbes: [],
  terminating: false,
  ...over,
});

export class NodeLab {
  readonly clock = manualClock();
  /** What was done, in order: `write a 3 durable`, `freeze a-agent`, `thaw a-agent`. */
  readonly done: string[] = [];
  /** By container id; absent is gone. */
  readonly kernel = new Map<string, ContainerState>();
  readonly kept = new Map<string, PodRecord>();
  /** Containers that do not come to rest until they are given up or `settle` is called. */
  readonly restless = new Set<string>();
  diskIsFull = false;
  listed = true;
  fresh = true;
  readonly #pods = new Map<string, PodOnNode>();
  readonly #listeners = new Set<(uid: string) => void>();

  readonly here: PodsHere = {
    listed: () => this.listed,
    fresh: () => this.fresh,
    find: (uid) => this.#pods.get(uid),
    list: () => [...this.#pods.values()],
    onChange: (listener) => {
      this.#listeners.add(listener);
      return () => void this.#listeners.delete(listener);
    },
  };

  readonly records: Records = {
    find: (uid) => this.kept.get(uid),
    list: () => [...this.kept.values()],
    write: async (record, durable) => {
      if (this.diskIsFull) throw new Error('the disk is full');
      this.done.push(`write ${record.uid} ${record.version}${durable ? ' durable' : ''}`);
      this.kept.set(record.uid, record);
    },
    remove: (uid) => void this.kept.delete(uid),
  };

  readonly freezer: Freezer = {
    look: async (_, container) => this.kernel.get(container),
    freeze: async (_, container, giveUp) => {
      this.done.push(`freeze ${container}`);
      for (let turn = 0; this.restless.has(container) && turn < 50; turn += 1) {
        if (giveUp()) return false;
        await new Promise((resolve) => setImmediate(resolve));
      }
      if (this.restless.has(container)) return false;
      if (this.kernel.has(container)) this.kernel.set(container, 'frozen');
      return true;
    },
    thaw: async (_, container) => {
      this.done.push(`thaw ${container}`);
      this.kernel.set(container, 'running');
    },
  };

  readonly known = new KnownPods({
    here: this.here,
    kernel: { has: (uid) => this.hasProcesses(uid) },
    records: this.records,
    clock: this.clock,
  });

  readonly node = this.nodeThat(true);

  /** Another agent over the same node. */
  nodeThat(seesMachines: boolean): Node {
    const { known, here, freezer, records } = this;
    const reclaimer = { push: (_: string, id: string) => this.#reclaiming(id) };
    return new Node({ known, here, freezer, seesMachines, reclaimer, records });
  }

  /** Whether any container of the pod is in the kernel. */
  hasProcesses(uid: string): boolean {
    return [...this.kernel.keys()].some((id) => id.startsWith(`${uid}-`));
  }

  /** The API server tells of the pod; its containers run unless the kernel has them in another state. */
  tell(pod: PodOnNode): void {
    for (const { id } of pod.containers) if (!this.kernel.has(id)) this.kernel.set(id, 'running');
    this.#pods.set(pod.uid, pod);
    for (const listener of this.#listeners) listener(pod.uid);
  }

  /** The API server tells that it is gone. */
  tellGone(uid: string): void {
    this.#pods.delete(uid);
    for (const listener of this.#listeners) listener(uid);
  }

  #reclaiming(id: string): () => void {
    this.done.push(`reclaim ${id}`);
    return () => void this.done.push(`keep ${id}`);
  }
}
