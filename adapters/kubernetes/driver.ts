// Sandboxes as pods, through agent-sandbox: has their objects made and deleted, and the node agents freeze and thaw. One class, for
// its operations share what is alive. How long a start may take is starting.ts', what is written writes.ts' and marking.ts', which
// runs are alive lives.ts', what is found after a restart inventory.ts'.
// Invariant: operations on one sandbox follow one another (B3).
import type { Driver, SandboxExit } from '../../controller/driver.ts';
import type { Cancel, Clock } from '../../model/clock.ts';
import { PlatformError } from '../../model/errors.ts';
import { keepsAwake } from '../../model/keeps-awake.ts';
import type { FoundSandbox, SandboxSpec, SessionMark } from '../../model/sandbox-spec.ts';
import type { SandboxPlace, SandboxRef } from '../../model/sandbox.ts';
import type { Cluster } from './client.ts';
import { clusterFault } from './cluster-failures.ts';
import { Inventory } from './inventory.ts';
import { Lives } from './lives.ts';
import { NodeEnds } from './node-ends.ts';
import { claimsWanted, gone, Marker, type ClaimsSetting } from './marking.ts';
import type { NodeAgents } from './node-agent.ts';
import { createOneByOne } from './one-by-one.ts';
import { agentStatus, endOfRun, isDeleting, runOf, type Pod } from './pod-state.ts';
import { SandboxBook } from './sandbox-book.ts';
import { markIn, restartedPatch, runIn, specIn, type SandboxObject } from './sandbox-object.ts';
import { awaitReady, refOf, startFailure, type StartingDeps } from './starting.ts';
import { Writes } from './writes.ts';

export interface KubernetesDriverOptions {
  readonly cluster: Cluster;
  readonly agents: NodeAgents;
  readonly clock: Clock;
  readonly log: (message: string, fields: Readonly<Record<string, unknown>>) => void;
  /** What code daemons check tokens with (PKIX). */
  readonly publicKeyPem: string;
  /** Whose sandboxes they are, for a cluster may have several platforms: the namespace that this one is installed in. */
  readonly platform: string;
  /** Only sandboxes of this namespace; all without it. */
  readonly namespace?: string;
  readonly nodeAgentPort?: number;
  readonly sandboxClaims?: ClaimsSetting;
  readonly startTimeoutMs?: number;
  /** How long a pod may wait for a node before its start has failed (ms). */
  readonly unschedulableMs?: number;
}

const START_TIMEOUT_MS = 120_000;
const UNSCHEDULABLE_MS = 10_000;
const AGENT_PORT = 8090;
/** A pod that does not go in time is tried again; its node may be away (ms). */
const GOES_WITHIN_MS = 60_000;

/** Rejects with CLUSTER_UNAVAILABLE when the API server is not to be had, or agent-sandbox is not installed. */
export async function createKubernetesDriver(options: KubernetesDriverOptions): Promise<Driver> {
  const { cluster, sandboxClaims = 'auto' } = options;
  const book = new SandboxBook(options);
  const claims = await claimsWanted(cluster, sandboxClaims);
  await book.open();
  return new KubernetesDriver(options, book, claims);
}

/** What pause and resume act on. */
interface Running {
  readonly spec: SandboxSpec;
  readonly pod: Pod;
  readonly place: SandboxPlace;
}

class KubernetesDriver implements Driver {
  readonly #options: KubernetesDriverOptions;
  readonly #book: SandboxBook;
  readonly #claims: boolean;
  readonly #lives: Lives;
  readonly #nodeEnds: NodeEnds;
  readonly #writes: Writes;
  readonly #marker: Marker;
  readonly #starting: StartingDeps;
  readonly #inventory: Inventory;
  readonly #oneByOne = createOneByOne();
  /** Versions of orders that a node refused. */
  readonly #refused = new Map<string, number>();
  readonly #interrupts = new Map<string, AbortController>();
  #closed = false;

  constructor(options: KubernetesDriverOptions, book: SandboxBook, claims: boolean) {
    const { clock, nodeAgentPort: agentPort = AGENT_PORT } = options;
    this.#options = options;
    this.#book = book;
    this.#claims = claims;
    this.#lives = new Lives(book);
    this.#nodeEnds = new NodeEnds({ ...options, book, lives: this.#lives, agentPort });
    this.#writes = new Writes({ ...options, book });
    this.#marker = new Marker({ ...options, book, claims });
    const patience = {
      startMs: options.startTimeoutMs ?? START_TIMEOUT_MS,
      unschedulableMs: options.unschedulableMs ?? UNSCHEDULABLE_MS,
    };
    this.#starting = { book, clock, patience, agentPort };
    this.#inventory = new Inventory({ ...options, book, agentPort });
    this.#lives.onExit(({ id }) => this.#rest(id));
  }

  start(spec: SandboxSpec): Promise<SandboxRef> {
    return this.#interruptible(spec.id, async (signal) => {
      const object = this.#book.get(spec.id).object ?? (await this.#writes.create(spec));
      const pod = await awaitReady(this.#starting, spec, signal);
      const isNew = this.#lives.run(spec.id) !== runOf(pod);
      this.#lives.verified(spec.id, pod, spec.generation);
      // A warm one is told when it is claimed, in the same write.
      if (isNew && spec.session) await this.#writes.patch(object, restartedPatch(spec, runOf(pod)));
      return this.#refOf(spec, pod);
    });
  }

  restart(id: string, generation: number): Promise<SandboxRef> {
    return this.#interruptible(id, async (signal) => {
      const object = await this.#book.find(id);
      const found = object && specIn(object);
      if (!object || !found) throw startFailure('its files are gone');
      const spec = { ...found, generation };
      await this.#writes.setMode(object, 'Running');
      const { pod: before } = this.#book.get(id);
      if (before && isInTheWay(before, object)) await this.#writes.removePod(before);
      const pod = await awaitReady(this.#starting, spec, signal, this.#lives.over(id));
      if (this.#lives.run(id) !== runOf(pod) || found.generation !== generation)
        await this.#writes.patch(this.#book.get(id).object ?? object, restartedPatch(spec, runOf(pod)));
      this.#lives.verified(id, pod, generation);
      return this.#refOf(spec, pod);
    });
  }

  async stop(id: string, files: 'remove' | 'keep-files'): Promise<void> {
    this.#interrupts.get(id)?.abort();
    return this.#inTurn(id, async () => {
      const object = await this.#book.find(id);
      if (!object) this.#lives.forget(id);
      else if (files === 'remove') await this.#remove(id, object);
      else await this.#suspend(id, object);
    });
  }

  mark(id: string, session: SessionMark): Promise<void> {
    // In a turn of its own: an API server that does not answer holds up nobody who wants to sleep or wake.
    return this.#inTurn(`mark of ${id}`, () => this.#marker.mark(id, session, this.#lives.run(id)));
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
      await this.#thaw(place, spec, version);
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

  onExit(listener: (exit: SandboxExit) => void): Cancel {
    return this.#lives.onExit(listener);
  }

  resolve(image: string): Promise<{ readonly digest: string }> {
    return Promise.resolve({ digest: image });
  }

  describe(): { readonly tier: string; readonly lacks: readonly string[] } {
    const lack = 'no SandboxClaims (agent-sandbox without its extensions, or switched off)';
    return { tier: 'kubernetes', lacks: this.#claims ? [] : [lack] };
  }

  nodes(): number {
    return Math.max(1, this.#nodeEnds.nodes);
  }

  close(): Promise<void> {
    this.#closed = true;
    for (const interrupt of this.#interrupts.values()) interrupt.abort();
    this.#nodeEnds.close();
    this.#lives.close();
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

  /** The pod first: whoever deletes it for having no owner would give it all its time to say goodbye. */
  async #remove(id: string, object: SandboxObject): Promise<void> {
    const { pod } = this.#book.get(id);
    this.#lives.forget(id);
    this.#refused.delete(id);
    if (pod) await this.#writes.removePod(pod);
    await this.#marker.release(object);
    await this.#writes.remove(object);
  }

  /** Thawed first, so that it can hear that it has to end. */
  async #suspend(id: string, object: SandboxObject): Promise<void> {
    const { pod } = this.#book.get(id);
    const place = pod && this.#placeOf(pod);
    this.#lives.ended(id, pod && runOf(pod));
    if (place && !isDeleting(pod))
      await this.#options.agents.resume(place, markIn(object), 0).catch(() => undefined);
    await this.#writes.setMode(object, 'Suspended');
    const isGone = await this.#book.until(id, GOES_WITHIN_MS, (entry) => (entry.pod ? undefined : true));
    if (isGone) return;
    throw new PlatformError('NODE_UNREACHABLE', 'the sandbox does not end', {
      reason: 'its pod is still there',
    });
  }

  /**
   * An order that is sent again may overtake itself: the first try is one that a pause refuses which was ordered after it. Who is
   * refused looks again whether he leads; asked for the same once more, it is done whatever the node remembers.
   */
  async #thaw(place: SandboxPlace, { id, session }: SandboxSpec, version: number): Promise<void> {
    const { agents } = this.#options;
    if (!session || this.#refused.get(id) === version) return agents.resume(place, session, version);
    await agents.thaw(place, session, version).catch((fault: unknown) => {
      if (fault instanceof PlatformError && fault.code === 'SESSION_STATE') this.#refused.set(id, version);
      throw fault;
    });
  }

  /** Rejects with SANDBOX_CRASHED when the run that was verified is over. */
  #running(id: string): Running {
    const { object, pod } = this.#book.get(id);
    const spec = object && specIn(object);
    if (!spec) throw gone('its Sandbox is gone');
    const run = this.#lives.run(id);
    const why = run === undefined ? this.#whyOver(id, pod) : endOfRun(run, pod);
    const place = pod && this.#placeOf(pod);
    if (why !== undefined || !pod || !place) throw gone(why ?? 'its pod is on no node');
    return { spec, pod, place };
  }

  #whyOver(id: string, pod: Pod | undefined): string {
    const over = this.#lives.over(id);
    return (over === undefined ? undefined : endOfRun(over, pod)) ?? 'it is not running';
  }

  #placeOf(pod: Pod): SandboxPlace | undefined {
    return refOf({ id: '', name: '', ports: [] }, pod, this.#starting.agentPort).place;
  }

  #refOf({ id, name, workload: { ports } }: SandboxSpec, pod: Pod): SandboxRef {
    return refOf({ id, name, ports }, pod, this.#starting.agentPort);
  }

  /** What was told to have ended has, although Kubernetes has started something in its place. */
  #asEnded(one: FoundSandbox): FoundSandbox {
    const { id, name } = one.spec;
    if (one.state === 'stopped' || this.#lives.over(id) === undefined) return one;
    return {
      ...one,
      ref: one.ref ?? { id, name, entryPoints: [] },
      state: 'stopped',
      why: 'it ended meanwhile',
    };
  }

  #take({ spec: { id, generation }, state }: FoundSandbox): void {
    const { object, pod } = this.#book.get(id);
    if (state !== 'stopped' && pod) return this.#lives.verified(id, pod, generation);
    if (this.#lives.run(id) !== undefined) return;
    const leftOver = object?.spec.operatingMode === 'Suspended' && pod ? runOf(pod) : undefined;
    const run = (object && runIn(object)) ?? leftOver;
    if (run === undefined) return;
    this.#lives.ended(id, run);
    this.#rest(id);
  }

  /** S5: agent-sandbox makes a new pod by itself, but a session that lost its memory has none until it is wanted. */
  #rest(id: string): void {
    const { object } = this.#book.get(id);
    if (this.#closed || !object || !markIn(object)) return;
    const work = this.#inTurn(id, async () => {
      const { object: now, pod } = this.#book.get(id);
      const over = this.#lives.over(id);
      const isOther = !pod || isDeleting(pod) || !over?.startsWith(`${pod.metadata.uid}/`);
      if (now && over !== undefined && isOther) await this.#writes.setMode(now, 'Suspended');
    });
    this.#behind(id, work);
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

/**
 * The next pod has its name and must wait for it. One that is going takes half a minute where its first process heeds no signal; that
 * is cut short, unless its template says how long it needs.
 */
const isInTheWay = (pod: Pod, { spec }: SandboxObject): boolean =>
  isDeleting(pod) ? spec.podTemplate.spec.terminationGracePeriodSeconds === undefined : isStuck(pod);

/** Kubernetes would wait with trying again, or never does. */
function isStuck(pod: Pod): boolean {
  const phase = pod.status?.phase;
  const waits = agentStatus(pod)?.state?.waiting?.reason === 'CrashLoopBackOff';
  return waits || phase === 'Failed' || phase === 'Succeeded';
}

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
