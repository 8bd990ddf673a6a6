// Writes of runtimes: create, replace, patch, delete, apply. Each is in the resource store before anybody hears of it.
// Does not own what a valid runtime is (model/problem.ts), what a write makes of one (core/stored-runtime.ts), reading
// (runtime-book.ts), nor HTTP. Writes go one after another, so what a write was compared with is still there when it is stored.
import type { Clock } from '../model/clock.ts';
import type { Ids } from '../model/open-session.ts';
import type { Runtimes } from '../model/platform.ts';
import { runtimeKinds, withDefaults, type Runtime } from '../model/runtime.ts';
import type { RuntimeKey } from '../model/sandbox.ts';
import type { SessionCounts } from './core/cluster-status.ts';
import { checkMeant } from './core/meant.ts';
import { noSuchObject, objectChanged, objectExists } from './core/object-errors.ts';
import { asCreated, asLeaving, asUpdated, isGone } from './core/stored-runtime.ts';
import { writtenByPlatform } from './core/written-by.ts';
import type { Deployments } from './deployments.ts';
import type { Images } from './driver.ts';
import { examine, keyOf, poolOf, readStored, type Examined } from './examine.ts';
import { ResourceLog, type ResourceChanges } from './resource-log.ts';
import type { ResourceStore } from './resource-store.ts';
import { RuntimeBook, type Entry, type NotServed, type RuntimeListQuery } from './runtime-book.ts';
import { createSerial } from './serial.ts';
import { servedSchema } from './served-schemas.ts';
import type { Change, Removed, RemoveOptions, WriteOptions } from './writing.ts';

export interface RegistryDeps {
  readonly store: ResourceStore;
  readonly images: Images;
  readonly clock: Pick<Clock, 'now' | 'after'>;
  readonly ids: Pick<Ids, 'uuid'>;
}

/** A runtime as it is now, and what the writer should know besides. */
export interface Written {
  readonly runtime: Runtime;
  readonly what: 'created' | 'configured' | 'unchanged';
  readonly warnings: readonly string[];
}

export interface RuntimeReads {
  /** Undefined when there is none; one that is not accepted is there, and says why in its status. */
  get(key: RuntimeKey): Runtime | undefined;
  list(query: RuntimeListQuery): ReturnType<RuntimeBook['list']>;
  /** What changed, for whoever watches. */
  readonly changes: ResourceChanges;
}

/**
 * All reject with STORE_UNAVAILABLE, and writes of a runtime with UNKNOWN_IMAGE. A runtime given here is valid
 * (validateRuntime); its `metadata.resourceVersion` and `metadata.uid`, where given, must be those that are stored: CONFLICT.
 */
export interface RuntimeWrites {
  /** Whatever `change` makes of what is there. Rejects with what it throws, and with CONFLICT. */
  write(key: RuntimeKey, change: Change<Runtime>, options?: WriteOptions): Promise<Written>;
  /** Rejects with RUNTIME_EXISTS. */
  create(runtime: Runtime): Promise<Written>;
  /** Rejects with RUNTIME_NOT_FOUND or CONFLICT. */
  replace(runtime: Runtime): Promise<Written>;
  /** Its pool drains; its sessions go on. With finalizers it stays until they are gone, and is not served. Rejects with RUNTIME_NOT_FOUND. */
  remove(key: RuntimeKey, options?: RemoveOptions<Runtime>): Promise<Removed<Runtime>>;
}

export interface Registry extends RuntimeReads, RuntimeWrites {
  readonly deployments: Deployments;
  readonly runtimes: Runtimes;
  /** How many sessions a runtime has, for its status. */
  reportSessions(key: RuntimeKey, sessions: SessionCounts): void;
  /** Tells nothing that waits any more. */
  close(): void;
  /** Reads the store; to be called once, before anything else. What is no longer valid or known is kept and not served. */
  load(): Promise<readonly NotServed[]>;
  /** Creates or replaces, as `kubectl apply` does with a whole manifest. */
  apply(runtime: Runtime): Promise<Written>;
  /** Looks every image up again: a changed one makes a new revision. Answers what is not served now. */
  reloadImages(): Promise<readonly NotServed[]>;
}

/** The store holds triggers too (trigger-registry.ts). */
const isRuntimeKind = (kind: string): boolean => runtimeKinds.some((known) => known === kind);

/** The text that is stored: its version is that of this write, as whoever reads it after a restart is told. */
const storedText = (runtime: Runtime, resourceVersion: string): string =>
  JSON.stringify({ ...runtime, metadata: { ...runtime.metadata, resourceVersion } });

const warningsOf = (examined: Examined): readonly string[] =>
  'deployment' in examined
    ? examined.deployment.workload.notHonouredLocally.map((path) => `${path} has no effect on one machine`)
    : [];

const versioned = (runtime: Runtime, resourceVersion: string | undefined): Runtime => ({
  ...runtime,
  metadata: { ...runtime.metadata, ...(resourceVersion !== undefined && { resourceVersion }) },
});

const absentThen =
  (runtime: Runtime): Change<Runtime> =>
  (current) => {
    if (current) throw objectExists(keyOf(runtime));
    return runtime;
  };

const presentThen =
  (runtime: Runtime): Change<Runtime> =>
  (current) => {
    if (!current) throw noSuchObject(keyOf(runtime));
    return runtime;
  };

class Writer {
  readonly #deps: RegistryDeps;
  readonly #book: RuntimeBook;
  readonly #log: ResourceLog<Runtime>;

  constructor(deps: RegistryDeps, book: RuntimeBook, log: ResourceLog<Runtime>) {
    this.#deps = deps;
    this.#book = book;
    this.#log = log;
  }

  /** As the platform itself. */
  own(key: RuntimeKey, change: Change<Runtime>): Promise<Written> {
    const { tracked } = servedSchema(key.kind);
    return this.write(key, (current) => {
      const next = withDefaults(change(current));
      return writtenByPlatform(tracked, current, next, this.#deps.clock.now());
    });
  }

  async write(key: RuntimeKey, change: Change<Runtime>, options: WriteOptions = {}): Promise<Written> {
    const before = this.#book.entry(key);
    const next = withDefaults(change(before?.runtime));
    return before ? this.#update(before, next, options) : this.#create(next, options);
  }

  async remove(
    key: RuntimeKey,
    { dryRun = false, check }: RemoveOptions<Runtime> = {},
  ): Promise<Removed<Runtime>> {
    const before = this.#existing(key);
    const { runtime } = before;
    check?.(runtime);
    const leaving = asLeaving(runtime, this.#deps.clock.now());
    if (dryRun || leaving === runtime) return { object: leaving ?? runtime, gone: !leaving };
    if (leaving) {
      const object = await this.#commit(leaving, before, await examine(leaving, this.#deps.images, 'keep'));
      return { object, gone: false };
    }
    await this.#deps.store.remove({ kind: key.kind, namespace: key.namespace, name: key.name });
    this.#book.remove(key);
    this.#book.tell(key);
    return { object: runtime, gone: true };
  }

  async load(): Promise<readonly NotServed[]> {
    const { resources } = await this.#deps.store.all();
    for (const row of resources.filter(({ kind }) => isRuntimeKind(kind))) {
      const { runtime, refused } = readStored(row);
      const examined = refused ? { refused } : await examine(runtime, this.#deps.images, 'keep');
      this.#book.found(this.#book.entryAfter(undefined, runtime, examined), row.resourceVersion);
    }
    return this.#book.notServed();
  }

  async reloadImages(): Promise<readonly NotServed[]> {
    for (const entry of this.#book.all()) {
      const invalid = 'refused' in entry.examined && entry.examined.refused.reason === 'Invalid';
      if (!invalid) this.#observe(entry, await examine(entry.runtime, this.#deps.images, 'keep'));
    }
    return this.#book.notServed();
  }

  async #create(runtime: Runtime, { dryRun = false }: WriteOptions): Promise<Written> {
    const fresh = asCreated(runtime, this.#deps.ids.uuid(), this.#deps.clock.now());
    const examined = await examine(fresh, this.#deps.images);
    const stored = dryRun ? fresh : await this.#commit(fresh, undefined, examined);
    return { runtime: stored, what: 'created', warnings: warningsOf(examined) };
  }

  async #update(before: Entry, given: Runtime, { dryRun = false }: WriteOptions): Promise<Written> {
    const { runtime, writtenAt } = before;
    const key = keyOf(runtime);
    checkMeant(given.metadata, { metadata: runtime.metadata, writtenAt, version: this.#log.version }, key);
    const next = asUpdated(runtime, given);
    const examined = await examine(next === 'unchanged' ? runtime : next, this.#deps.images);
    const warnings = warningsOf(examined);
    if (next === 'unchanged') return this.#same(before, examined, dryRun);
    if (isGone(next))
      return { runtime: await this.#finish(before, next, dryRun), what: 'configured', warnings };
    const { resourceVersion } = runtime.metadata;
    if (dryRun) return { runtime: versioned(next, resourceVersion), what: 'configured', warnings };
    return { runtime: await this.#commit(next, before, examined), what: 'configured', warnings };
  }

  #same(before: Entry, examined: Examined, dryRun: boolean): Written {
    const what = dryRun ? 'unchanged' : this.#observe(before, examined);
    const { runtime } = dryRun ? before : this.#existing(keyOf(before.runtime));
    return { runtime, what, warnings: warningsOf(examined) };
  }

  /** The last finalizer went: now nothing keeps it. */
  async #finish({ runtime }: Entry, next: Runtime, dryRun: boolean): Promise<Runtime> {
    const key = keyOf(runtime);
    const last = versioned(next, runtime.metadata.resourceVersion);
    if (dryRun) return last;
    await this.#deps.store.remove({ kind: key.kind, namespace: key.namespace, name: key.name });
    this.#book.remove(key);
    this.#book.tell(key);
    return last;
  }

  #existing(key: RuntimeKey): Entry {
    const entry = this.#book.entry(key);
    if (!entry) throw noSuchObject(key);
    return entry;
  }

  /** An image may have changed under an unchanged runtime: then only what is observed is new. */
  #observe({ runtime, examined: earlier }: Entry, examined: Examined): 'configured' | 'unchanged' {
    if (poolOf(examined).revision === poolOf(earlier).revision) return 'unchanged';
    const key = keyOf(runtime);
    // Looking the image up took time, in which the pool may have been reported.
    const before = this.#existing(key);
    this.#book.put(this.#book.entryAfter(before, before.runtime, examined));
    this.#book.tell(key);
    return 'configured';
  }

  async #commit(next: Runtime, before: Entry | undefined, examined: Examined): Promise<Runtime> {
    const key = keyOf(next);
    const entry = this.#book.entryAfter(before, next, examined);
    const expected = before ? before.stored : 'absent';
    const { kind, namespace, name } = key;
    const version = this.#log.reserve();
    const json = storedText(entry.runtime, version);
    const put = await this.#deps.store.put({ kind, namespace, name, json }, expected);
    if (put === 'exists') throw objectExists(key);
    if (put === 'missing' || put === 'conflict') throw objectChanged(key);
    const runtime = this.#book.written(entry, put.resourceVersion, version);
    this.#book.tell(key);
    return runtime;
  }
}

export function createRegistry(deps: RegistryDeps): Registry {
  const log = new ResourceLog<Runtime>(deps.clock);
  const book = new RuntimeBook(deps.clock, log);
  const writer = new Writer(deps, book, log);
  const oneAtATime = createSerial();
  const own = (key: RuntimeKey, change: Change<Runtime>) => oneAtATime(() => writer.own(key, change));
  return {
    deployments: book.deployments,
    runtimes: book.runtimes,
    get: (key) => book.entry(key)?.runtime,
    list: (query) => book.list(query),
    changes: log,
    reportSessions: (key, sessions) => book.reportSessions(key, sessions),
    close: () => book.close(),
    load: () => oneAtATime(() => writer.load()),
    write: (key, change, options) => oneAtATime(() => writer.write(key, change, options)),
    create: (runtime) => own(keyOf(runtime), absentThen(runtime)),
    replace: (runtime) => own(keyOf(runtime), presentThen(runtime)),
    remove: (key, options) => oneAtATime(() => writer.remove(key, options)),
    apply: (runtime) => own(keyOf(runtime), () => runtime),
    reloadImages: () => oneAtATime(() => writer.reloadImages()),
  };
}
