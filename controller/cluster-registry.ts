// The runtimes that a cluster keeps, as lifecycle, pools and activators read them, and their status told back to it.
// Does not own reading or writing objects (the source), what a runtime means (found-runtime.ts), what its status says
// (core/cluster-status.ts) and when it is told (status-teller.ts). It is read-only: runtimes are written with kubectl.
// A runtime that is not valid (any more), or is being deleted, is not served; its sessions go on.
import type { Cancel, Clock } from '../model/clock.ts';
import { PlatformError } from '../model/errors.ts';
import { keepsAwake } from '../model/keeps-awake.ts';
import { knativeKeys } from '../model/knative-scaling.ts';
import type { SessionFeed } from '../model/platform.ts';
import type { Runtime } from '../model/runtime.ts';
import { runtimeKeyText, type RuntimeKey } from '../model/sandbox.ts';
import type { SessionReads } from '../model/session-store.ts';
import type { SessionPolicy } from '../model/session.ts';
import type { ToldStatus } from '../model/told-status.ts';
import { clusterStatus, toldBefore } from './core/cluster-status.ts';
import type { Sleep } from './core/sleep-status.ts';
import { leastReady } from './core/scaling-status.ts';
import { sameJson } from './core/stored-runtime.ts';
import type { PoolStatus } from './deployments.ts';
import type { Images } from './driver.ts';
import { keyOf, poolOf, verdictOf } from './examine.ts';
import { readFound, type ReadRuntime } from './found-runtime.ts';
import type { OpenedRegistry } from './opened-registry.ts';
import { RuntimeBook, type Entry } from './runtime-book.ts';
import type { FoundRuntime, RuntimeSource } from './runtime-source.ts';
import { createSerial } from './serial.ts';
import { SessionCounter } from './session-counter.ts';
import { StatusTeller } from './status-teller.ts';
import { ClusterTriggers } from './cluster-triggers.ts';
import type { TriggerSource } from './trigger-source.ts';

export interface ClusterRegistryDeps {
  readonly source: RuntimeSource;
  /** Absent where nobody takes events. */
  readonly triggers?: TriggerSource;
  readonly images: Images;
  /** For counting them. */
  readonly sessions: Pick<SessionReads, 'list'>;
  readonly feed: SessionFeed;
  readonly clock: Clock;
  readonly log: (message: string, fields: Readonly<Record<string, unknown>>) => void;
}

/** Besides the book's entry, what only a cluster's status tells. */
interface Beside {
  readonly uid: string;
  readonly unknownFields: readonly string[];
  /** Since when its pool is that of this revision (ms since the epoch). */
  readonly pooledAt: number;
  /** Whether its pool was told of since then. */
  reported: boolean;
  /** Since when the pool is smaller than wanted (ms since the epoch). */
  shortSince: number | undefined;
}

const openPatienceMs = 15_000;
const lookAgainMs = 10_000;
/** A leader that has just begun knows the runtimes before their pools: saying that those are empty would be wrong (ms). */
const poolPatienceMs = 10_000;

/** What changes when a person changes a runtime; a status and its version do not count. */
const meant = ({ metadata, spec }: Runtime): object => ({
  spec,
  uid: metadata.uid,
  generation: metadata.generation,
  labels: metadata.labels ?? {},
  // Knative's annotations say how the pool is to be sized.
  knative: knativeKeys(metadata.annotations).map((key) => [key, metadata.annotations?.[key]]),
});

/** A CodeInterpreter has no probes. */
const sleepOf = ({ kind, spec }: Runtime, { pauseAfterMs }: SessionPolicy): Sleep => ({
  never: pauseAfterMs === null,
  because: kind === 'AgentRuntime' ? keepsAwake(spec.podTemplate.spec) : [],
});

class ClusterRegistry implements OpenedRegistry {
  readonly #deps: ClusterRegistryDeps;
  readonly #book: RuntimeBook;
  readonly #beside = new Map<string, Beside>();
  readonly #counter: SessionCounter;
  readonly #teller: StatusTeller<RuntimeKey>;
  readonly #oneAtATime = createSerial();
  /** What activators are told to do with events. */
  readonly triggers?: ClusterTriggers;
  #stopLooking: Cancel = () => undefined;
  #closed = false;

  constructor(deps: ClusterRegistryDeps) {
    const { clock, log } = deps;
    this.#deps = deps;
    this.#book = new RuntimeBook(clock);
    const { deployments } = this.#book;
    if (deps.triggers)
      this.triggers = new ClusterTriggers({ source: deps.triggers, deployments, clock, log });
    this.#counter = new SessionCounter({ ...deps, onChange: (key) => this.#counted(key) });
    this.#teller = new StatusTeller({
      ...{ clock, log },
      statusOf: (key, before) => this.#statusOf(key, before),
      tell: (key, status) => this.#tell(key, status),
    });
  }

  get runtimes(): OpenedRegistry['runtimes'] {
    return this.#book.runtimes;
  }

  get deployments(): OpenedRegistry['deployments'] {
    const { deployments } = this.#book;
    return { ...deployments, reportPool: (key, status) => this.#reported(key, status) };
  }

  async open(): Promise<void> {
    const { source, clock } = this.#deps;
    source.onChange((key) => this.#changed(key));
    await this.#started(async () => {
      await Promise.all([source.start(), this.triggers?.open()]);
    });
    await Promise.all(source.list().map((found) => this.#oneAtATime(() => this.#settle(found.key))));
    this.#counter.start();
    this.#stopLooking = clock.every(lookAgainMs, () => this.#lookAgain());
  }

  close(): void {
    this.#closed = true;
    this.#stopLooking();
    this.#counter.stop();
    this.#teller.close();
    this.#deps.source.stop();
    this.triggers?.close();
  }

  /** Whoever leads without knowing what is deployed would drain every pool; another may have better luck. */
  async #started(start: () => Promise<void>): Promise<void> {
    const late = Promise.withResolvers<never>();
    const why = 'the cluster did not tell in time what is deployed';
    const cancel = this.#deps.clock.after(openPatienceMs, () =>
      late.reject(new PlatformError('CLUSTER_UNAVAILABLE', why)),
    );
    try {
      await Promise.race([start(), late.promise]);
    } finally {
      cancel();
    }
  }

  #changed(key: RuntimeKey): void {
    this.#oneAtATime(() => this.#settle(key)).catch((fault: unknown) => {
      if (this.#closed) return;
      this.#deps.log('a runtime could not be looked at; trying again', { ...key, fault });
      this.#deps.clock.after(lookAgainMs, () => this.#changed(key));
    });
  }

  /** Brings the book to what is deployed. */
  async #settle(key: RuntimeKey): Promise<void> {
    if (this.#closed) return;
    const found = this.#deps.source.find(key);
    if (!found || found.leaving) return this.#remove(key);
    const read = await readFound(found, this.#deps.images);
    const before = this.#book.entry(key);
    if (before && sameJson(meant(before.runtime), meant(read.runtime))) return;
    this.#put(found, read, before);
  }

  #put(
    found: FoundRuntime,
    { runtime, examined, unknownFields }: ReadRuntime,
    before: Entry | undefined,
  ): void {
    const { key, uid } = found;
    const text = runtimeKeyText(key);
    const sameObject = this.#beside.get(text)?.uid === uid;
    const entry = this.#book.entryAfter(before, runtime, examined);
    const samePool = before && poolOf(before.examined).revision === poolOf(examined).revision;
    const fresh = { pooledAt: this.#deps.clock.now(), reported: false, shortSince: undefined };
    this.#book.put(entry);
    this.#beside.set(text, { ...fresh, ...(samePool && this.#beside.get(text)), uid, unknownFields });
    if ('refused' in examined)
      this.#deps.log('a runtime is not served', { ...key, why: examined.refused.message });
    if (sameObject) this.#teller.look(key);
    else this.#teller.found(key, toldIn(found));
    this.#book.tell(key);
  }

  #remove(key: RuntimeKey): void {
    if (!this.#book.entry(key)) return;
    this.#book.remove(key);
    this.#beside.delete(runtimeKeyText(key));
    this.#teller.forget(key);
    this.#book.tell(key);
  }

  #reported(key: RuntimeKey, status: PoolStatus): void {
    const beside = this.#beside.get(runtimeKeyText(key));
    if (!beside) return;
    beside.reported = true;
    if (status.ready >= this.#leastReady(key, status)) beside.shortSince = undefined;
    else beside.shortSince ??= this.#deps.clock.now();
    this.#book.deployments.reportPool(key, status);
    this.#teller.look(key);
  }

  #leastReady(key: RuntimeKey, { wanted, target }: PoolStatus): number {
    const served = this.#book.runtimes.find(key);
    return served ? leastReady(served, wanted, target) : wanted;
  }

  #counted(key?: RuntimeKey): void {
    if (key) return this.#teller.look(key);
    for (const { runtime } of this.#book.all()) this.#teller.look(keyOf(runtime));
  }

  /** What others wrote into a status, or what time alone changes. */
  #lookAgain(): void {
    for (const found of this.#deps.source.list())
      if (this.#book.entry(found.key)) this.#teller.found(found.key, toldIn(found));
  }

  #statusOf(key: RuntimeKey, before: ToldStatus | undefined): ToldStatus | undefined {
    const entry = this.#book.entry(key);
    const beside = this.#beside.get(runtimeKeyText(key));
    if (!entry || !beside) return undefined;
    const { runtime, examined, pool } = entry;
    const served = 'deployment' in examined ? examined.deployment.runtime : undefined;
    const now = this.#deps.clock.now();
    if (served && !beside.reported && now - beside.pooledAt < poolPatienceMs) return undefined;
    const facts = {
      kind: key.kind,
      generation: runtime.metadata.generation ?? 1,
      verdict: verdictOf(examined, pool),
      unknownFields: beside.unknownFields,
      sleep: served && sleepOf(runtime, served.policy),
      sessions: this.#counter.counts(key),
      startTrouble: served && this.#counter.startTrouble(key, served.revision),
      shortSince: beside.shortSince,
    };
    return clusterStatus(facts, before, now);
  }

  async #tell(key: RuntimeKey, status: ToldStatus): Promise<void> {
    const uid = this.#beside.get(runtimeKeyText(key))?.uid;
    if (uid !== undefined) await this.#deps.source.tell(key, uid, status);
  }
}

const toldIn = ({ object }: FoundRuntime): ToldStatus | undefined =>
  toldBefore((object as { readonly status?: unknown }).status);

/**
 * Resolves when all that is deployed is known. Rejects with CLUSTER_UNAVAILABLE when the cluster does not tell, and as the images
 * do; then nothing is left open.
 */
export async function openClusterRegistry(deps: ClusterRegistryDeps): Promise<OpenedRegistry> {
  const registry = new ClusterRegistry(deps);
  try {
    await registry.open();
    return registry;
  } catch (fault) {
    registry.close();
    throw fault;
  }
}
