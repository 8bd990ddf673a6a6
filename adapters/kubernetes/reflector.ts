// A copy in memory of all objects of one resource, kept by a watch. Owns listing, watching, going on where a watch ended, and
// listing again when the server has forgotten that place or something is in doubt. Does not own what the objects mean.
// Invariant: after any gap each listener is told exactly the differences; what it was told and what `get` says agree.
import type { Cancel, Clock } from '../../model/clock.ts';
import { PlatformError } from '../../model/errors.ts';
import type { Cluster } from './client.ts';
import { ApiRefusal } from './cluster-failures.ts';
import type { Named } from './objects.ts';
import { linesOf } from './lines.ts';

export type ChangeKind = 'added' | 'changed' | 'deleted';

/** `before` is there for `changed`. For `deleted` the object is the last that was seen. */
export type ChangeListener<T> = (kind: ChangeKind, object: T, before?: T) => void;

export interface ReflectorOptions {
  readonly cluster: Cluster;
  /** As `resourcePath` makes it. */
  readonly path: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Lists again so often, in case something was missed (ms). */
  readonly resyncMs?: number;
  /** A watch that says nothing for so long is taken for dead (ms); the server sends a bookmark every minute. */
  readonly silentMs?: number;
  readonly clock: Clock;
  readonly log: (message: string, fields: Readonly<Record<string, unknown>>) => void;
}

export interface Reflector<T> {
  /**
   * Resolves when the first list is known. Goes on trying while the server is out of reach; rejects with ApiRefusal when it
   * refuses (no such resource, no right to list), and with SHUTTING_DOWN when stopped meanwhile.
   */
  start(): Promise<void>;
  stop(): void;
  get(namespace: string | undefined, name: string): T | undefined;
  list(): readonly T[];
  onChange(listener: ChangeListener<T>): Cancel;
  /** Whether a watch is open now: what is known is not older than the network. */
  live(): boolean;
}

const RESYNC_MS = 600_000;
const SILENT_MS = 100_000;
const WATCH_SECONDS = 290;
const PAGE = 500;
/** Whatever ends sooner is not tried again at once (ms). */
const SHORT_MS = 1_000;
const FIRST_BACKOFF_MS = 100;
const LONGEST_BACKOFF_MS = 5_000;

interface Page<T> {
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string };
  readonly items: readonly T[];
  readonly apiVersion?: string;
  readonly kind?: string;
}

interface Event<T> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: T;
}

/** The watch cannot go on from where it was. */
class Outdated extends Error {}

/** Nothing came for so long; where a kind has no objects that is the ordinary course of things too. */
class Silent extends Error {}

const keyOf = (namespace: string | undefined, name: string): string => `${namespace ?? ''}/${name}`;
const keyOfObject = ({ metadata }: Named): string => keyOf(metadata?.namespace, metadata?.name ?? '');
const versionOf = ({ metadata }: Named): string | undefined => metadata?.resourceVersion;

/** Does nothing before `start`. */
export const createReflector = <T extends Named>(options: ReflectorOptions): Reflector<T> =>
  new WatchingReflector<T>(options);

class WatchingReflector<T extends Named> implements Reflector<T> {
  readonly #options: ReflectorOptions;
  readonly #known = new Map<string, T>();
  readonly #listeners = new Set<ChangeListener<T>>();
  readonly #first = Promise.withResolvers<void>();
  /** Where to go on watching; undefined is to list first. */
  #version: string | undefined;
  #listedAt = 0;
  /** Attempts that ended soon after they began, one after the other. */
  #inARow = 0;
  /** It was told that the watch is broken. */
  #broken = false;
  #attempt: AbortController | undefined;
  #endPause: (() => void) | undefined;
  #state: 'new' | 'running' | 'stopped' = 'new';
  #live = false;

  constructor(options: ReflectorOptions) {
    this.#options = options;
    this.#first.promise.catch(() => undefined);
  }

  start(): Promise<void> {
    if (this.#state === 'new') {
      this.#state = 'running';
      void this.#run();
    }
    return this.#first.promise;
  }

  stop(): void {
    this.#state = 'stopped';
    this.#live = false;
    this.#first.reject(new PlatformError('SHUTTING_DOWN', 'the watch was stopped'));
    this.#attempt?.abort();
    this.#endPause?.();
  }

  get(namespace: string | undefined, name: string): T | undefined {
    return this.#known.get(keyOf(namespace, name));
  }

  list(): readonly T[] {
    return [...this.#known.values()];
  }

  onChange(listener: ChangeListener<T>): Cancel {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  live(): boolean {
    return this.#live;
  }

  #stopped(): boolean {
    return this.#state === 'stopped';
  }

  async #run(): Promise<void> {
    const { clock } = this.#options;
    while (!this.#stopped()) {
      const attempt = new AbortController();
      const began = clock.monotonic();
      this.#attempt = attempt;
      await this.#once(attempt).catch((fault: unknown) => this.#failed(fault));
      attempt.abort();
      this.#live = false;
      this.#inARow = clock.monotonic() - began < SHORT_MS ? this.#inARow + 1 : 0;
      if (this.#inARow > 0 && !this.#stopped()) await this.#pause();
    }
  }

  async #once(attempt: AbortController): Promise<void> {
    if (this.#version === undefined) await this.#list(attempt.signal);
    this.#first.resolve();
    await this.#watch(attempt);
  }

  #failed(fault: unknown): void {
    if (this.#stopped()) return;
    const outdated = fault instanceof Outdated || (fault instanceof ApiRefusal && fault.status === 410);
    if (outdated) this.#version = undefined;
    // Being outdated is the ordinary course of things.
    if (!this.#broken && !outdated && !(fault instanceof Silent)) {
      this.#broken = true;
      this.#options.log('watch broken', { path: this.#options.path, why: wordsOf(fault) });
    }
    if (fault instanceof ApiRefusal && !outdated) this.#first.reject(fault);
  }

  #pause(): Promise<void> {
    const delayMs = Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (this.#inARow - 1));
    return new Promise((resolve) => {
      const cancel = this.#options.clock.after(delayMs, resolve);
      this.#endPause = () => {
        cancel();
        resolve();
      };
    });
  }

  #selection(): Record<string, string | undefined> {
    const { labelSelector, fieldSelector } = this.#options;
    return { labelSelector, fieldSelector };
  }

  async #list(signal: AbortSignal): Promise<void> {
    const { cluster, path } = this.#options;
    const found = new Map<string, T>();
    let next: string | undefined;
    let version: string | undefined;
    do {
      const query = { ...this.#selection(), limit: PAGE, continue: next };
      const limit = AbortSignal.any([signal, AbortSignal.timeout(SILENT_MS)]);
      const page = await cluster.request<Page<T>>({ method: 'GET', path, query, signal: limit });
      for (const item of page.items) found.set(keyOfObject(item), named(item, page));
      ({ resourceVersion: version, continue: next } = page.metadata ?? {});
    } while (next !== undefined && next !== '');
    this.#replace(found);
    this.#version = version;
    this.#listedAt = this.#options.clock.monotonic();
  }

  #replace(found: ReadonlyMap<string, T>): void {
    for (const [key, object] of [...this.#known]) if (!found.has(key)) this.#forget(key, object);
    for (const object of found.values()) this.#learn(object);
  }

  async #watch(attempt: AbortController): Promise<void> {
    const { cluster, path, clock, resyncMs = RESYNC_MS, silentMs = SILENT_MS } = this.#options;
    const query = {
      ...this.#selection(),
      ...{ watch: true, allowWatchBookmarks: true, timeoutSeconds: WATCH_SECONDS },
      resourceVersion: this.#version,
    };
    let resync = false;
    const sinceList = clock.monotonic() - this.#listedAt;
    const cancelResync = clock.after(Math.max(0, resyncMs - sinceList), () => {
      resync = true;
      attempt.abort();
    });
    const silence = quietly(clock, silentMs, () => attempt.abort(new Silent(`silent for ${silentMs} ms`)));
    try {
      const stream = await cluster.stream({ method: 'GET', path, query, signal: attempt.signal });
      this.#opened();
      for await (const line of linesOf(stream, silence.reset)) this.#event(JSON.parse(line) as Event<T>);
    } catch (fault) {
      if (!resync) throw attempt.signal.aborted ? attempt.signal.reason : fault;
      this.#version = undefined;
    } finally {
      cancelResync();
      silence.stop();
    }
  }

  #opened(): void {
    if (this.#broken) this.#options.log('watch goes on', { path: this.#options.path });
    this.#broken = false;
    this.#live = true;
  }

  #event({ type, object }: Event<T>): void {
    if (type === 'ERROR') throw new Outdated(`the watch ended: ${JSON.stringify(object)}`);
    if (type === 'DELETED') this.#forget(keyOfObject(object), object);
    else if (type !== 'BOOKMARK') this.#learn(object);
    this.#version = versionOf(object) ?? this.#version;
  }

  #learn(object: T): void {
    const key = keyOfObject(object);
    const before = this.#known.get(key);
    if (before !== undefined && before.metadata?.uid !== object.metadata?.uid) {
      this.#forget(key, before);
      this.#learn(object);
      return;
    }
    if (before !== undefined && versionOf(before) === versionOf(object)) return;
    this.#known.set(key, object);
    if (before === undefined) this.#tell('added', object);
    else this.#tell('changed', object, before);
  }

  #forget(key: string, object: T): void {
    if (this.#known.delete(key)) this.#tell('deleted', object);
  }

  #tell(...change: Parameters<ChangeListener<T>>): void {
    for (const listener of this.#listeners) {
      try {
        listener(...change);
      } catch (fault) {
        this.#options.log('a listener failed', { path: this.#options.path, why: wordsOf(fault) });
      }
    }
  }
}

const wordsOf = (fault: unknown): string => (fault instanceof Error ? fault.message : String(fault));

/** Items of a list do not say what they are. */
function named<T extends Named>(item: T, { apiVersion, kind }: Page<T>): T {
  const own = item as { readonly apiVersion?: string; readonly kind?: string };
  if (own.kind !== undefined || kind === undefined) return item;
  return { apiVersion, kind: kind.replace(/List$/, ''), ...item };
}

interface Silence {
  readonly reset: () => void;
  readonly stop: () => void;
}

function quietly(clock: Clock, afterMs: number, run: () => void): Silence {
  let cancel = clock.after(afterMs, run);
  return {
    reset: () => {
      cancel();
      cancel = clock.after(afterMs, run);
    },
    stop: () => cancel(),
  };
}
