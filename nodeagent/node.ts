// Does what is ordered for the pods of one node, one order after the other for each pod. Owns that whatever an order must be known by
// is written before anything runs, and that an answer tells what the kernel says. Does not own which order is too late (core/orders.ts).
import type { Cancel } from '../model/clock.ts';
import type { SessionMark } from '../model/sandbox-spec.ts';
import { onMark, onPause, onResume, rememberedPod, type Decision, type Refused } from './core/orders.ts';
import type { KnownPods } from './known-pods.ts';
import type { ContainerState, Freezer, PodOnNode, PodRecord, PodsHere, Reclaimer, Records } from './ports.ts';
import type { NodePod, PauseOrder, ResumeOrder } from './core/protocol.ts';

export interface NodeOptions {
  readonly known: KnownPods;
  readonly here: PodsHere;
  readonly freezer: Freezer;
  /** Whether the freezer sees what runs in virtual machines. */
  readonly seesMachines: boolean;
  readonly reclaimer: Reclaimer;
  readonly records: Records;
}

/** Undefined when the order was carried out. */
export type Outcome = Refused | undefined;

/** What is under way for one pod. */
interface Lane {
  last: Promise<unknown>;
  /** How many orders of this pod are in hand. */
  waiting: number;
  /** Grows with each resume, so that a pause under way notices. */
  resumes: number;
}

const hidden = ({ runtimeClass }: PodOnNode): string =>
  `containers of runtime class ${runtimeClass} are paused through containerd, whose socket the node agent was not given`;

const isRefused = (found: PodOnNode | Refused): found is Refused => 'refuse' in found;

export class Node {
  readonly #options: NodeOptions;
  readonly #lanes = new Map<string, Lane>();
  readonly #reclaiming = new Map<string, Cancel[]>();

  constructor(options: NodeOptions) {
    this.#options = options;
  }

  /** Resolves with nothing when the pod runs. */
  resume(uid: string, order: ResumeOrder): Promise<Outcome> {
    return this.#inLane(uid, true, async () => {
      const pod = await this.#accept(uid, (record, found) => onResume(record, found, order));
      return isRefused(pod) ? pod : this.#thaw(pod);
    });
  }

  /** Resolves with nothing when nothing of the pod runs. */
  pause(uid: string, order: PauseOrder): Promise<Outcome> {
    return this.#inLane(uid, false, async (lane) => {
      const { resumes } = lane;
      const pod = await this.#accept(uid, (record, found) => onPause(record, found, order));
      return isRefused(pod) ? pod : this.#freeze(pod, () => lane.resumes !== resumes);
    });
  }

  /** Resolves with nothing when whose the pod is survives a loss of power. */
  mark(uid: string, mark: SessionMark): Promise<Outcome> {
    return this.#inLane(uid, false, async () => {
      const pod = await this.#accept(uid, (record, found) => onMark(record, found, mark));
      return isRefused(pod) ? pod : undefined;
    });
  }

  /** Lets a pod that is being deleted run, so that it hears that it is to end. */
  async release(pod: PodOnNode): Promise<void> {
    await this.#inLane(pod.uid, true, () => this.#thaw(pod));
  }

  /** All pods of ours here; by what was remembered until they were listed. */
  async list(): Promise<NodePod[]> {
    const { here, records } = this.#options;
    const pods = here.listed() ? here.list() : records.list().map(rememberedPod);
    return Promise.all(pods.map((pod) => this.#describe(pod)));
  }

  async #describe(pod: PodOnNode): Promise<NodePod> {
    const { uid, namespace, name } = pod;
    const record = this.#options.records.find(uid);
    const states = (await this.#look(pod)).filter((state) => state !== undefined);
    const awake = states.includes('running') ? 'running' : 'paused';
    return {
      ...{ uid, namespace, name, version: record?.version ?? 0 },
      state:
        states.length === 0 && !this.#outOfSight(pod) ? 'stopped' : states.length === 0 ? 'running' : awake,
      ...(record?.session && { session: record.session }),
    };
  }

  /** Finds the pod, decides, and remembers what must be known before anything is done. */
  async #accept(
    uid: string,
    decide: (record: PodRecord | undefined, pod: PodOnNode) => Decision,
  ): Promise<PodOnNode | Refused> {
    const { known, records } = this.#options;
    const pod = await known.find(uid);
    if (isRefused(pod)) return pod;
    const decision = decide(records.find(uid), pod);
    if ('refuse' in decision) return decision;
    if (decision.changed) await records.write(decision.record, decision.durable);
    return pod;
  }

  /** What runs in a virtual machine has no processes on the node; so it cannot be told from what has ended, nor be put to sleep. */
  #outOfSight({ runtimeClass }: PodOnNode): boolean {
    return runtimeClass !== undefined && !this.#options.seesMachines;
  }

  #look(pod: PodOnNode): Promise<(ContainerState | undefined)[]> {
    return Promise.all(pod.containers.map(({ id }) => this.#options.freezer.look(pod.uid, id)));
  }

  async #thaw(pod: PodOnNode): Promise<Outcome> {
    this.#stopReclaiming(pod.uid);
    const states = await this.#look(pod);
    // Also those that run: one may be on its way to be frozen by an agent that was killed.
    const there = pod.containers.filter((_, place) => states[place] !== undefined);
    await Promise.all(there.map(({ id }) => this.#options.freezer.thaw(pod.uid, id)));
    if (there.length > 0 || this.#outOfSight(pod)) return undefined;
    return { refuse: 'POD_NOT_FOUND', reason: 'none of its containers runs' };
  }

  async #freeze(pod: PodOnNode, giveUp: () => boolean): Promise<Outcome> {
    const { freezer } = this.#options;
    if (this.#outOfSight(pod) && (await this.#look(pod)).every((state) => state === undefined))
      return { refuse: 'CANNOT_SLEEP', reason: hidden(pod) };
    const done = await Promise.all(pod.containers.map(({ id }) => freezer.freeze(pod.uid, id, giveUp)));
    const restless = pod.containers.find((_, place) => done[place] !== true);
    if (restless || giveUp()) {
      await this.#thaw(pod);
      if (giveUp()) return { refuse: 'NEWER_ORDER', reason: 'it was resumed while it was being paused' };
      return { refuse: 'CANNOT_SLEEP', reason: `container ${restless?.name} did not come to rest` };
    }
    if ((await this.#look(pod)).every((state) => state === undefined))
      return { refuse: 'POD_NOT_FOUND', reason: 'none of its containers runs' };
    this.#reclaim(pod);
    return undefined;
  }

  #reclaim({ uid, containers }: PodOnNode): void {
    if (this.#reclaiming.has(uid)) return;
    this.#reclaiming.set(
      uid,
      containers.map(({ id }) => this.#options.reclaimer.push(uid, id)),
    );
  }

  #stopReclaiming(uid: string): void {
    for (const stop of this.#reclaiming.get(uid) ?? []) stop();
    this.#reclaiming.delete(uid);
  }

  async #inLane(uid: string, resumes: boolean, work: (lane: Lane) => Promise<Outcome>): Promise<Outcome> {
    const lane = this.#lanes.get(uid) ?? { last: Promise.resolve(), waiting: 0, resumes: 0 };
    this.#lanes.set(uid, lane);
    lane.waiting += 1;
    if (resumes) lane.resumes += 1;
    const turn = lane.last.then(() => work(lane));
    lane.last = turn.catch(() => undefined);
    try {
      return await turn;
    } finally {
      lane.waiting -= 1;
      if (lane.waiting === 0) this.#lanes.delete(uid);
    }
  }
}
