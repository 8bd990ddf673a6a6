// The deployed runtimes as everybody reads them: in memory, with what the platform made of each and how its pool stands.
// Does not own writing (registry.ts): a change is in the store before it is in the book.
// What is observed (pools, images) is told in `status` and never stored: it is seen anew after a restart, and a claim
// from a pool must not cost a durable write.
import type { Cancel, Clock } from '../model/clock.ts';
import type { Runtimes } from '../model/platform.ts';
import type { Runtime } from '../model/runtime.ts';
import { runtimeKeyText, type RuntimeKey, type RuntimeKind } from '../model/sandbox.ts';
import type { SessionCounts } from './core/cluster-status.ts';
import { withStatus } from './core/runtime-status.ts';
import { selects, type Selection } from './core/selection.ts';
import { sameJson } from './core/stored-runtime.ts';
import type { Deployment, Deployments, PoolStatus } from './deployments.ts';
import { keyOf, poolOf, verdictOf, type Examined } from './examine.ts';
import type { ResourceLog } from './resource-log.ts';

export interface RuntimeListQuery extends Selection {
  readonly kind: RuntimeKind;
}

/** A stored runtime that is not served, and why. */
export interface NotServed {
  readonly key: RuntimeKey;
  readonly why: string;
}

type BookClock = Pick<Clock, 'now' | 'after'>;

/** One runtime: the object with its status, and what the platform made of it. */
export interface Entry {
  readonly runtime: Runtime;
  readonly examined: Examined;
  readonly pool: PoolStatus;
  /** Undefined until they were counted, and where nobody counts. */
  readonly sessions?: SessionCounts;
  /** The resource store's number of what is stored. */
  readonly stored: number;
  /** The resource version at which it was last written; later ones are of its status alone. */
  readonly writtenAt: string;
}

const deploymentIn = (entry: Entry | undefined): Deployment | undefined =>
  entry && 'deployment' in entry.examined ? entry.examined.deployment : undefined;

/** S5: warm sandboxes of another revision are not this one's. */
function poolAfter(before: Entry | undefined, examined: Examined): PoolStatus {
  const fresh = poolOf(examined);
  const same = deploymentIn(before)?.runtime.revision === fresh.revision;
  if (!before || !same) return { wanted: fresh.wanted, ready: 0, starting: 0 };
  return before.pool.target ? before.pool : { ...before.pool, wanted: fresh.wanted };
}

/** What only counts is told to those who watch after so long (ms): with what else comes until then. */
const gatherMs = 1_000;

/** `now` of the clock is when a condition is said to have changed. */
export class RuntimeBook {
  /** Absent where the versions are those of a cluster, and whoever watches asks it. */
  readonly #log: ResourceLog<Runtime> | undefined;
  readonly #untold = new Map<string, { readonly before: Runtime; readonly cancel: Cancel }>();
  readonly #entries = new Map<string, Entry>();
  readonly #listeners = new Set<(key: RuntimeKey) => void>();
  readonly #clock: BookClock;

  constructor(clock: BookClock, log?: ResourceLog<Runtime>) {
    this.#clock = clock;
    this.#log = log;
  }

  /** Tells nothing that waits any more. */
  close(): void {
    for (const { cancel } of this.#untold.values()) cancel();
    this.#untold.clear();
  }

  /** In no order. */
  all(): readonly Entry[] {
    return [...this.#entries.values()];
  }

  entry(key: RuntimeKey): Entry | undefined {
    return this.#entries.get(runtimeKeyText(key));
  }

  /** The entry that a runtime would have after it was written over `before`; changes nothing. */
  entryAfter(before: Entry | undefined, runtime: Runtime, examined: Examined): Entry {
    const { stored = 0, writtenAt = '', sessions } = before ?? {};
    const pool = poolAfter(before, examined);
    return this.#withStatus({ runtime, examined, pool, stored, writtenAt, ...(sessions && { sessions }) });
  }

  /** It was there before the book was opened. */
  found(entry: Entry, stored: number): void {
    const runtime = this.#log?.known(entry.runtime) ?? entry.runtime;
    this.#set({ ...entry, runtime, stored, writtenAt: runtime.metadata.resourceVersion ?? '' });
  }

  /** It was written, with the version that was reserved for it. Answers it as it is now. */
  written(entry: Entry, stored: number, writtenAt: string): Runtime {
    const runtime = this.#told(entry, writtenAt);
    this.#set({ ...entry, runtime, stored, writtenAt });
    return runtime;
  }

  /** What is observed of it is otherwise. */
  put(entry: Entry): void {
    this.#set({ ...entry, runtime: this.#told(entry) });
  }

  remove(key: RuntimeKey): void {
    const text = runtimeKeyText(key);
    const entry = this.#entries.get(text);
    if (!entry) return;
    this.#forget(text);
    this.#entries.delete(text);
    this.#log?.removed(entry.runtime);
  }

  /** How many sessions it has. */
  reportSessions(key: RuntimeKey, sessions: SessionCounts): void {
    const entry = this.entry(key);
    if (!entry || sameJson(entry.sessions, sessions)) return;
    this.#observe(entry, { ...entry, sessions });
  }

  tell(key: RuntimeKey): void {
    for (const listener of [...this.#listeners]) listener(key);
  }

  /** In order of namespace and name, with the counter that a Kubernetes list tells. */
  list({ kind, ...selection }: RuntimeListQuery): {
    readonly items: readonly Runtime[];
    readonly resourceVersion: string;
  } {
    const items = [...this.#entries.entries()]
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([, { runtime }]) => runtime)
      .filter((one) => one.kind === kind && selects(selection, one));
    return { items, resourceVersion: this.#log?.version ?? '' };
  }

  notServed(): NotServed[] {
    return this.all().flatMap(({ runtime, examined }) =>
      'refused' in examined ? [{ key: keyOf(runtime), why: examined.refused.message }] : [],
    );
  }

  /** What activator and control API see. */
  readonly runtimes: Runtimes = { find: (key) => deploymentIn(this.entry(key))?.runtime };

  /** What lifecycle and pools see. */
  readonly deployments: Deployments = {
    find: (key) => deploymentIn(this.entry(key)),
    all: () => this.all().flatMap((entry) => deploymentIn(entry) ?? []),
    onChange: (listener) => this.#onChange(listener),
    reportPool: (key, status) => {
      const entry = this.entry(key);
      if (entry && deploymentIn(entry)) this.#observe(entry, { ...entry, pool: status });
    },
  };

  #withStatus(entry: Entry): Entry {
    const { runtime, examined, pool, sessions } = entry;
    return { ...entry, runtime: withStatus(runtime, verdictOf(examined, pool), this.#clock.now(), sessions) };
  }

  /** Readers see it at once. Whoever watches hears of a condition at once, and of what only counts a little later. */
  #observe(before: Entry, seen: Entry): void {
    const entry = this.#withStatus(seen);
    const { status: had } = before.runtime;
    const { status: has } = entry.runtime;
    if (!sameJson(had?.conditions, has?.conditions)) return this.put(entry);
    this.#set(entry);
    if (!sameJson(had, has)) this.#tellSoon(runtimeKeyText(keyOf(entry.runtime)), before.runtime);
  }

  #tellSoon(text: string, before: Runtime): void {
    if (this.#untold.has(text)) return;
    const cancel = this.#clock.after(gatherMs, () => {
      const entry = this.#entries.get(text);
      if (entry) this.put(entry);
    });
    this.#untold.set(text, { before, cancel });
  }

  /** The object with the version of its change, which those who watch are told. */
  #told({ runtime }: Entry, reserved?: string): Runtime {
    const text = runtimeKeyText(keyOf(runtime));
    const before = this.#untold.get(text)?.before ?? this.#entries.get(text)?.runtime;
    this.#forget(text);
    return this.#log?.put(runtime, before, reserved) ?? runtime;
  }

  #forget(text: string): void {
    this.#untold.get(text)?.cancel();
    this.#untold.delete(text);
  }

  #set(entry: Entry): void {
    this.#entries.set(runtimeKeyText(keyOf(entry.runtime)), entry);
  }

  #onChange(listener: (key: RuntimeKey) => void): Cancel {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}
