// The deployed runtimes as everybody reads them: in memory, with what the platform made of each and how its pool stands.
// Does not own writing (registry.ts): a change is in the store before it is in the book.
// What is observed (pools, images) is told in `status` and never stored: it is seen anew after a restart, and a claim
// from a pool must not cost a durable write.
import type { Cancel, Clock } from '../model/clock.ts';
import type { Runtimes } from '../model/platform.ts';
import type { Runtime } from '../model/runtime.ts';
import { runtimeKeyText, type RuntimeKey, type RuntimeKind } from '../model/sandbox.ts';
import { matchesLabels } from './core/label-selector.ts';
import { withStatus } from './core/runtime-status.ts';
import type { Deployment, Deployments, PoolStatus } from './deployments.ts';
import { keyOf, poolOf, verdictOf, type Examined } from './examine.ts';

export interface RuntimeListQuery {
  readonly kind: RuntimeKind;
  /** Absent: all namespaces. */
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** A stored runtime that is not served, and why. */
export interface NotServed {
  readonly key: RuntimeKey;
  readonly why: string;
}

/** One runtime: the object with its status, and what the platform made of it. */
export interface Entry {
  readonly runtime: Runtime;
  readonly examined: Examined;
  readonly pool: PoolStatus;
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

/** `now` of the clock is when a condition is said to have changed. */
export class RuntimeBook {
  /** The store's counter at the last change that was seen. */
  counter = 0;
  readonly #entries = new Map<string, Entry>();
  readonly #listeners = new Set<(key: RuntimeKey) => void>();
  readonly #clock: Pick<Clock, 'now'>;

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
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
    return this.#entryWith(runtime, examined, poolAfter(before, examined));
  }

  put(entry: Entry): void {
    this.#entries.set(runtimeKeyText(keyOf(entry.runtime)), entry);
  }

  remove(key: RuntimeKey): void {
    this.#entries.delete(runtimeKeyText(key));
  }

  tell(key: RuntimeKey): void {
    for (const listener of [...this.#listeners]) listener(key);
  }

  /** In order of namespace and name, with the counter that a Kubernetes list tells. */
  list({ kind, namespace, labels = {} }: RuntimeListQuery): {
    readonly items: readonly Runtime[];
    readonly resourceVersion: string;
  } {
    const items = [...this.#entries.entries()]
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([, { runtime }]) => runtime)
      .filter((one) => one.kind === kind && matchesLabels(one.metadata.labels, labels))
      .filter((one) => namespace === undefined || one.metadata.namespace === namespace);
    return { items, resourceVersion: String(this.counter) };
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
      if (entry && deploymentIn(entry)) this.put(this.#entryWith(entry.runtime, entry.examined, status));
    },
  };

  #entryWith(runtime: Runtime, examined: Examined, pool: PoolStatus): Entry {
    const told = withStatus(runtime, verdictOf(examined, pool), this.#clock.now());
    return { runtime: told, examined, pool };
  }

  #onChange(listener: (key: RuntimeKey) => void): Cancel {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}
