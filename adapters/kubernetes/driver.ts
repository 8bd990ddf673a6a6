// Sandboxes as pods, through agent-sandbox: makes and deletes their objects, tells ends that nobody asked for, and has the node
// agents freeze and thaw. One class, for its operations share what is alive; how long a start may take is starting.ts', whose a
// sandbox is marking.ts', what is found after a restart inventory.ts'.
// Invariants: operations on one sandbox follow one another (B3); a run that has ended is never taken for the next one (B4).
import type { Driver, SandboxExit } from '../../controller/driver.ts';
import type { Cancel, Clock } from '../../model/clock.ts';
import { PlatformError } from '../../model/errors.ts';
import { keepsAwake } from '../../model/keeps-awake.ts';
import type { FoundSandbox, SandboxSpec, SessionMark } from '../../model/sandbox-spec.ts';
import type { SandboxPlace, SandboxRef } from '../../model/sandbox.ts';
import type { Cluster } from './client.ts';
import { ApiRefusal, clusterFault, isNotFound, isRefusal } from './cluster-failures.ts';
import { Inventory } from './inventory.ts';
import { claimsWanted, fieldManager, gone, Marker, type ClaimsSetting } from './marking.ts';
import type { NodeAgents } from './node-agent.ts';
import { createOneByOne } from './one-by-one.ts';
import { agentStatus, endOfRun, isDeleting, refusedWords, runOf, type Pod } from './pod-state.ts';
import { SandboxBook } from './sandbox-book.ts';
import {
  identityOf,
  markIn,
  restartedPatch,
  runIn,
  sandboxObject,
  specIn,
  type SandboxObject,
} from './sandbox-object.ts';
import { awaitReady, refOf, startFailure, type StartingDeps } from './starting.ts';

export interface KubernetesDriverOptions {
  readonly cluster: Cluster;
  readonly agents: NodeAgents;
  readonly clock: Clock;
  readonly log: (message: string, fields: Readonly<Record<string, unknown>>) => void;
  /** What code daemons check tokens with (PKIX). */
  readonly publicKeyPem: string;
  /** Only sandboxes of this namespace; all without it. */
  readonly namespace?: string;
  readonly nodeAgentPort?: number;
  readonly sandboxClaims?: ClaimsSetting;
  readonly startTimeoutMs?: number;
  readonly unschedulableMs?: number;
}

const START_TIMEOUT_MS = 120_000;
const UNSCHEDULABLE_MS = 10_000;
const AGENT_PORT = 8090;
/** A pod that does not go in time is tried again; its node may be away (ms). */
const GOES_WITHIN_MS = 60_000;
/** What is thrown away needs no time to say goodbye. */
const GRACE_SECONDS = 1;

/** Rejects with CLUSTER_UNAVAILABLE when the API server is not to be had, or agent-sandbox is not installed. */
export async function createKubernetesDriver(options: KubernetesDriverOptions): Promise<Driver> {
  const { cluster, sandboxClaims = 'auto' } = options;
  const book = new SandboxBook(options);
  const claims = await claimsWanted(cluster, sandboxClaims);
  await book.open();
  return new KubernetesDriver(options, book, claims);
}

/** A verified run of a sandbox. */
interface Live {
  readonly run: string;
  readonly generation: number;
}

class KubernetesDriver implements Driver {
  readonly #options: KubernetesDriverOptions;
  readonly #book: SandboxBook;
  readonly #claims: boolean;
  readonly #marker: Marker;
  readonly #starting: StartingDeps;
  readonly #inventory: Inventory;
  readonly #oneByOne = createOneByOne();
  readonly #live = new Map<string, Live>();
  /** Runs that have ended, of sandboxes that may be started again. */
  readonly #over = new Map<string, string>();
  readonly #interrupts = new Map<string, AbortController>();
  readonly #listeners = new Set<(exit: SandboxExit) => void>();
  #closed = false;

  constructor(options: KubernetesDriverOptions, book: SandboxBook, claims: boolean) {
    const { cluster, clock, log, agents, nodeAgentPort: agentPort = AGENT_PORT } = options;
    this.#options = options;
    this.#book = book;
    this.#claims = claims;
    this.#marker = new Marker({ cluster, book, claims, clock, log });
    const patience = {
      startMs: options.startTimeoutMs ?? START_TIMEOUT_MS,
      unschedulableMs: options.unschedulableMs ?? UNSCHEDULABLE_MS,
    };
    this.#starting = { book, clock, patience, agentPort };
    this.#inventory = new Inventory({ book, agents, clock, log, agentPort });
    book.onChange((id) => this.#changed(id));
  }

  start(spec: SandboxSpec): Promise<SandboxRef> {
    return this.#interruptible(spec.id, async (signal) => {
      const object = this.#book.get(spec.id).object ?? (await this.#create(spec));
      const pod = await awaitReady(this.#starting, spec, signal);
      const first = this.#live.get(spec.id)?.run !== runOf(pod);
      this.#over.delete(spec.id);
      this.#verified(spec.id, pod, spec.generation);
      // A warm one is told when it is claimed, in the same write.
      if (first && spec.session) await this.#patch(object, restartedPatch(spec, runOf(pod)));
      return this.#refOf(spec, pod);
    });
  }

  restart(id: string, generation: number): Promise<SandboxRef> {
    return this.#interruptible(id, async (signal) => {
      const object = await this.#book.find(id);
      const found = object && specIn(object);
      if (!object || !found) throw startFailure('its files are gone');
      const spec = { ...found, generation };
      await this.#awaken(object, id);
      const over = this.#over.get(id);
      const pod = await awaitReady(this.#starting, spec, signal, over);
      if (this.#live.get(id)?.run !== runOf(pod) || found.generation !== generation)
        await this.#patch(object, restartedPatch(spec, runOf(pod)));
      this.#over.delete(id);
      this.#verified(id, pod, generation);
      return this.#refOf(spec, pod);
    });
  }

  async stop(id: string, files: 'remove' | 'keep-files'): Promise<void> {
    this.#interrupts.get(id)?.abort();
    return this.#inTurn(id, async () => {
      const object = await this.#book.find(id);
      this.#live.delete(id);
      if (!object) return void this.#over.delete(id);
      if (files === 'remove') await this.#remove(id, object);
      else await this.#suspend(id, object);
    });
  }

  mark(id: string, session: SessionMark): Promise<void> {
    return this.#inTurn(id, () => this.#marker.mark(id, session, this.#live.get(id)?.run));
  }

  async pause(id: string, version: number): Promise<{ paused: true } | { busy: readonly string[] }> {
    return this.#inTurn(id, async () => {
      const { spec, pod, place } = this.#running(id);
      // Of nobody, it does no harm awake.
      const nobodys = !spec.session && version === 0;
      const reasons = keepsAwake(pod.spec);
      if (reasons.length > 0) return nobodys ? { paused: true } : { busy: reasons };
      const outcome = await this.#options.agents.pause(place, version);
      if (outcome === 'paused') return { paused: true };
      if (outcome === 'newer-order') return { busy: ['a newer order'] };
      return nobodys ? { paused: true } : { busy: [outcome.cannotSleep] };
    });
  }

  async resume(id: string, version: number): Promise<SandboxRef> {
    return this.#inTurn(id, async () => {
      const { spec, pod, place } = this.#running(id);
      await this.#options.agents.resume(place, spec.session, version);
      return this.#refOf(spec, pod);
    });
  }

  busy(_id: string): Promise<readonly string[]> {
    return Promise.resolve([]);
  }

  async list(): Promise<readonly FoundSandbox[]> {
    if (this.#closed) throw closed();
    const { found: seen, unmarked } = await this.#inventory.look();
    const found = seen.map((one) => this.#asEnded(one));
    for (const one of found) this.#take(one);
    for (const { id, mark } of unmarked) this.#behind(id, this.mark(id, mark));
    return found;
  }

  /** What was told to have ended has, although Kubernetes has started something in its place. */
  #asEnded(one: FoundSandbox): FoundSandbox {
    const { id, name } = one.spec;
    if (one.state === 'stopped' || this.#live.has(id) || !this.#over.has(id)) return one;
    return {
      ...one,
      ref: one.ref ?? { id, name, entryPoints: [] },
      state: 'stopped',
      why: 'it ended meanwhile',
    };
  }

  #take({ spec: { id, generation, session }, state }: FoundSandbox): void {
    const { object, pod } = this.#book.get(id);
    if (state !== 'stopped' && pod) return this.#verified(id, pod, generation);
    if (this.#live.has(id)) return;
    const run =
      (object && runIn(object)) ?? (object?.spec.operatingMode === 'Suspended' && pod && runOf(pod));
    if (!run) return;
    this.#over.set(id, run);
    if (session) this.#behind(id, this.#rest(id));
  }

  onExit(listener: (exit: SandboxExit) => void): Cancel {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  resolve(image: string): Promise<{ readonly digest: string }> {
    return Promise.resolve({ digest: image });
  }

  describe(): { readonly tier: string; readonly lacks: readonly string[] } {
    return {
      tier: 'kubernetes',
      lacks: this.#claims ? [] : ['no SandboxClaims (agent-sandbox without its extensions, or switched off)'],
    };
  }

  close(): Promise<void> {
    this.#closed = true;
    for (const interrupt of this.#interrupts.values()) interrupt.abort();
    this.#book.close();
    return Promise.resolve();
  }

  #inTurn<T>(id: string, work: () => Promise<T>): Promise<T> {
    return this.#oneByOne.run(id, async () => {
      if (this.#closed) throw closed();
      return work().catch((fault: unknown) => {
        throw asFailure(fault);
      });
    });
  }

  /** A start, which a stop ends before its turn. */
  #interruptible<T>(id: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return this.#inTurn(id, () => {
      const interrupt = new AbortController();
      this.#interrupts.set(id, interrupt);
      return work(interrupt.signal).finally(() => this.#interrupts.delete(id));
    });
  }

  async #create(spec: SandboxSpec): Promise<SandboxObject> {
    const { cluster, publicKeyPem } = this.#options;
    const wanted = sandboxObject(spec, publicKeyPem);
    try {
      const object = await cluster.create(wanted, { fieldManager });
      this.#book.learn(object);
      return object;
    } catch (fault) {
      if (!(fault instanceof ApiRefusal)) throw fault;
      const made = fault.reason === 'AlreadyExists' ? await this.#book.find(spec.id) : undefined;
      if (made) return made;
      throw startFailure(refusedWords(fault.message) ?? fault.message);
    }
  }

  async #patch({ metadata }: SandboxObject, body: object): Promise<void> {
    const which = identityOf(metadata.name, metadata.namespace);
    this.#book.learn(await this.#options.cluster.patch<SandboxObject>(which, body, { fieldManager }));
  }

  /** Lets a suspended sandbox have a pod again; a pod that cannot come back by itself soon is replaced. */
  async #awaken(object: SandboxObject, id: string): Promise<void> {
    if (object.spec.operatingMode === 'Suspended')
      await this.#patch(object, { spec: { operatingMode: 'Running' } });
    const { pod } = this.#book.get(id);
    if (pod && !isDeleting(pod) && isStuck(pod)) await this.#deletePod(pod);
  }

  async #remove(id: string, object: SandboxObject): Promise<void> {
    const { name, namespace, uid } = object.metadata;
    await this.#marker.release(object);
    const which = identityOf(name, namespace);
    await this.#options.cluster.remove(which, uid === undefined ? {} : { uid }).catch(ignoreOthers);
    const { pod } = this.#book.get(id);
    if (pod) await this.#deletePod(pod);
    this.#over.delete(id);
  }

  async #deletePod({ metadata }: Pod): Promise<void> {
    const { name, namespace, uid } = metadata;
    const which = { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace } };
    await this.#options.cluster.remove(which, { uid, graceSeconds: GRACE_SECONDS }).catch(ignoreOthers);
  }

  /** Thawed first, so that it can hear that it has to end. */
  async #suspend(id: string, object: SandboxObject): Promise<void> {
    const { pod } = this.#book.get(id);
    const place = pod && this.#placeOf(pod);
    if (place && !isDeleting(pod))
      await this.#options.agents.resume(place, markIn(object), 0).catch(() => undefined);
    if (object.spec.operatingMode !== 'Suspended')
      await this.#patch(object, { spec: { operatingMode: 'Suspended' } });
    if (pod) this.#over.set(id, runOf(pod));
    const isGone = await this.#book.until(id, GOES_WITHIN_MS, (entry) => (entry.pod ? undefined : true));
    if (isGone) return;
    throw new PlatformError('NODE_UNREACHABLE', 'the sandbox does not end', {
      reason: `its pod is still there`,
    });
  }

  /** What pause and resume act on. Rejects with SANDBOX_CRASHED when the run that was verified is over. */
  #running(id: string): { readonly spec: SandboxSpec; readonly pod: Pod; readonly place: SandboxPlace } {
    const { object, pod } = this.#book.get(id);
    const spec = object && specIn(object);
    if (!spec) throw gone('its Sandbox is gone');
    const live = this.#live.get(id);
    const why = live ? endOfRun(live.run, pod) : 'it was not running';
    const place = pod && this.#placeOf(pod);
    if (why !== undefined || !pod || !place) throw gone(why ?? 'its pod is on no node');
    return { spec, pod, place };
  }

  #placeOf(pod: Pod): SandboxPlace | undefined {
    const { hostIP } = pod.status ?? {};
    if (hostIP === undefined) return undefined;
    const host = hostIP.includes(':') ? `[${hostIP}]` : hostIP;
    return { agent: `http://${host}:${this.#starting.agentPort}`, pod: pod.metadata.uid };
  }

  #refOf(spec: SandboxSpec, pod: Pod): SandboxRef {
    return refOf(spec, pod, this.#starting.agentPort);
  }

  #verified(id: string, pod: Pod, generation: number): void {
    this.#live.set(id, { run: runOf(pod), generation });
    // It may have ended between the look and now.
    this.#changed(id);
  }

  #changed(id: string): void {
    const live = this.#live.get(id);
    if (!live || this.#closed) return;
    const { object, pod } = this.#book.get(id);
    const why = object ? endOfRun(live.run, pod) : 'its Sandbox was deleted';
    if (why === undefined) return;
    this.#live.delete(id);
    this.#over.set(id, live.run);
    const exit = { id, generation: live.generation, why, ...(!object && { gone: true as const }) };
    for (const listener of this.#listeners) listener(exit);
    if (object && markIn(object)) this.#behind(id, this.#rest(id));
  }

  /** S5: agent-sandbox makes a new pod by itself, but a session that lost its memory has none until it is wanted. */
  #rest(id: string): Promise<void> {
    return this.#inTurn(id, async () => {
      const { object, pod } = this.#book.get(id);
      const replaced =
        !pod || isDeleting(pod) || runOf(pod).split('/')[0] !== this.#over.get(id)?.split('/')[0];
      if (!object || this.#live.has(id) || !this.#over.has(id) || !replaced) return;
      if (object.spec.operatingMode !== 'Suspended')
        await this.#patch(object, { spec: { operatingMode: 'Suspended' } });
    });
  }

  /** Nobody waits for it. */
  #behind(id: string, work: Promise<void>): void {
    work.catch((fault: unknown) => {
      if (!this.#closed) this.#options.log('a sandbox could not be put in order', { sandboxId: id, fault });
    });
  }
}

const closed = (): PlatformError =>
  new PlatformError('SHUTTING_DOWN', 'this driver was closed; the sandboxes go on');

/** Kubernetes would wait with trying again, or never does. */
function isStuck(pod: Pod): boolean {
  const phase = pod.status?.phase;
  const waits = agentStatus(pod)?.state?.waiting?.reason === 'CrashLoopBackOff';
  return waits || phase === 'Failed' || phase === 'Succeeded';
}

/** What has that name now is not what was meant. */
const ignoreOthers = (fault: unknown): boolean => {
  if (isRefusal(fault, 'Conflict') || isNotFound(fault)) return false;
  throw fault;
};

/** What the API server refuses about an object that should be there says that it is gone, or is not ours to change. */
function asFailure(fault: unknown): PlatformError {
  const known = clusterFault(fault);
  if (known instanceof PlatformError) return known;
  if (known.status === 404) return gone('its Sandbox is gone');
  return new PlatformError(
    'CLUSTER_UNAVAILABLE',
    `the API server of the cluster refused (${known.message})`,
    {
      reason: known.status === 403 ? 'forbidden' : 'refused',
    },
  );
}
