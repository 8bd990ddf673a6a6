// Follows the pods of the node: listens to their containers, lets those run that are being deleted, and forgets those that are gone.
// Owns that a record goes only when neither the API server nor the kernel knows the pod. Does not own what an order does (node.ts).
import type { Cancel, Clock } from '../model/clock.ts';
import type { ContainerOnNode, ContainerWatch, KernelPods, PodOnNode, PodsHere, Records } from './ports.ts';
import type { NodeEvent } from './core/protocol.ts';

export interface HousekeepingOptions {
  readonly here: PodsHere;
  readonly kernel: KernelPods;
  readonly records: Records;
  readonly containers: ContainerWatch;
  /** Lets a pod run. */
  readonly release: (pod: PodOnNode) => Promise<void>;
  readonly clock: Clock;
  readonly log: (message: string, fields: Readonly<Record<string, unknown>>) => void;
}

/** How often what is gone is looked for again (ms): a pod's processes may outlive its object. */
const sweepMs = 30_000;

interface Watched {
  readonly name: string;
  readonly stop: Cancel;
  /** What was told of it. */
  readonly told: Set<NodeEvent['kind']>;
}

export class Housekeeping {
  readonly #options: HousekeepingOptions;
  readonly #listeners = new Set<(event: NodeEvent) => void>();
  /** By pod, then by container. */
  readonly #watched = new Map<string, Map<string, Watched>>();
  readonly #released = new Set<string>();
  #stop: Cancel[] = [];

  constructor(options: HousekeepingOptions) {
    this.#options = options;
  }

  /** To be called when the pods of the node were listed. */
  start(): void {
    const { here, clock } = this.#options;
    this.#stop = [here.onChange((uid) => this.#follow(uid)), clock.every(sweepMs, () => this.#sweep())];
    for (const { uid } of here.list()) this.#follow(uid);
    this.#sweep();
  }

  stop(): void {
    for (const stop of this.#stop) stop();
    for (const uid of [...this.#watched.keys()]) this.#unwatch(uid);
  }

  /** Told of exits and out-of-memory kills that nobody asked for, from now on. */
  onEvent(listener: (event: NodeEvent) => void): Cancel {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #follow(uid: string): void {
    const pod = this.#options.here.find(uid);
    if (!pod) {
      this.#unwatch(uid);
      this.#released.delete(uid);
      this.#forget(uid);
    } else if (pod.terminating) {
      this.#unwatch(uid);
      this.#letGo(pod);
    } else this.#watch(pod);
  }

  #letGo(pod: PodOnNode): void {
    if (this.#released.has(pod.uid)) return;
    this.#released.add(pod.uid);
    this.#options
      .release(pod)
      .catch((fault: unknown) =>
        this.#options.log('a pod that is deleted still sleeps', { pod: pod.name, fault }),
      );
  }

  #watch(pod: PodOnNode): void {
    const watched = this.#watched.get(pod.uid) ?? new Map<string, Watched>();
    this.#watched.set(pod.uid, watched);
    const ids = new Set(pod.containers.map(({ id }) => id));
    for (const [id, one] of watched) if (!ids.has(id)) this.#gone(pod, id, one);
    for (const container of pod.containers)
      if (!watched.has(container.id)) watched.set(container.id, this.#listen(pod.uid, container));
  }

  #listen(pod: string, { id, name }: ContainerOnNode): Watched {
    const told = new Set<NodeEvent['kind']>();
    const stop = this.#options.containers.watch(pod, id, (end) => {
      told.add(end.kind);
      this.#tell({ pod, container: name, id, ...end });
    });
    return { name, stop, told };
  }

  /** The kernel's files go with the container, and may have gone before they were looked at; the kubelet knows of the end all the same. */
  #gone({ uid: pod, starved }: PodOnNode, id: string, { name: container, stop, told }: Watched): void {
    this.#watched.get(pod)?.delete(id);
    stop();
    const why = starved?.find((one) => one.id === id)?.why;
    if (why !== undefined && !told.has('out-of-memory'))
      this.#tell({ pod, container, id, kind: 'out-of-memory', why });
    const ended = 'the kubelet says that it ended';
    if (!told.has('exit')) this.#tell({ pod, container, id, kind: 'exit', why: ended });
  }

  #unwatch(uid: string): void {
    for (const { stop } of this.#watched.get(uid)?.values() ?? []) stop();
    this.#watched.delete(uid);
  }

  #tell(event: NodeEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  #forget(uid: string): void {
    const { kernel, records } = this.#options;
    if (records.find(uid) && !kernel.has(uid)) records.remove(uid);
  }

  #sweep(): void {
    const { here, records, log } = this.#options;
    if (!here.listed()) return;
    try {
      for (const { uid } of records.list()) if (!here.find(uid)) this.#forget(uid);
    } catch (fault) {
      log('records of pods that are gone could not be removed', { fault });
    }
  }
}
