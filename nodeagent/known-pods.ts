// Which pods orders may act on: those that carry our label, as the API server told; and when it cannot be asked, those that were told
// of before. Owns waiting for news that are on their way. Does not own what is done with a pod.
import type { Clock } from '../model/clock.ts';
import { rememberedPod, type Refused } from './core/orders.ts';
import type { KernelPods, PodOnNode, PodsHere, Records } from './ports.ts';

export interface KnownPodsOptions {
  readonly here: PodsHere;
  readonly kernel: KernelPods;
  readonly records: Records;
  readonly clock: Clock;
  /** For how long a pod is waited for that is on this node and of which the API server has not told yet (ms). */
  readonly patienceMs?: number;
}

const notFound = (reason: string): Refused => ({ refuse: 'POD_NOT_FOUND', reason });

export class KnownPods {
  readonly #options: KnownPodsOptions;

  constructor(options: KnownPodsOptions) {
    this.#options = options;
  }

  /** The pod, or why there is none to act on. */
  async find(uid: string): Promise<PodOnNode | Refused> {
    const { here, records, kernel } = this.#options;
    const record = records.find(uid);
    if (!here.listed()) {
      if (record) return rememberedPod(record);
      return { refuse: 'NOT_READY', reason: 'the pods of this node are not known yet' };
    }
    const now = this.#usable(uid);
    if (now) return now;
    if (!kernel.has(uid)) return notFound('no such pod is on this node');
    // Whoever asks may have heard of it sooner than we.
    return (await this.#await(uid)) ?? this.#missing(uid);
  }

  #usable(uid: string): PodOnNode | Refused | undefined {
    const pod = this.#options.here.find(uid);
    if (pod?.terminating === true) return notFound('the pod is being deleted');
    return pod && pod.containers.length > 0 ? pod : undefined;
  }

  #await(uid: string): Promise<PodOnNode | Refused | undefined> {
    const { here, clock, patienceMs = 1_500 } = this.#options;
    return new Promise((resolve) => {
      const end = (): void => {
        stopWaiting();
        stopListening();
        resolve(this.#usable(uid));
      };
      const stopWaiting = clock.after(patienceMs, end);
      const stopListening = here.onChange((changed) => {
        if (changed === uid && this.#usable(uid)) end();
      });
    });
  }

  #missing(uid: string): Refused {
    const { here } = this.#options;
    if (!here.fresh()) return { refuse: 'NOT_READY', reason: 'the API server does not tell of the pod' };
    return notFound(here.find(uid) ? 'none of its containers runs' : 'no such pod of ours is on this node');
  }
}
