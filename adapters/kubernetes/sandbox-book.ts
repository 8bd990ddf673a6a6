// Every sandbox of ours with its object and its pod, as the cluster tells of them. Owns the two watches, and waiting until one
// sandbox is as somebody wants it. Does not own what follows from a change.
// Invariant: what this process wrote itself is known here at once, however late the watch is.
import type { Cancel, Clock } from '../../model/clock.ts';
import { PlatformError } from '../../model/errors.ts';
import type { Cluster } from './client.ts';
import { isNotFound } from './cluster-failures.ts';
import { resourcePath } from './objects.ts';
import type { Pod } from './pod-state.ts';
import { createReflector, type ChangeKind, type Reflector, type ReflectorOptions } from './reflector.ts';
import { platformLabel, sandboxApiVersion, sandboxLabel, type SandboxObject } from './sandbox-object.ts';

export interface BookOptions {
  readonly cluster: Cluster;
  /** Whose sandboxes. */
  readonly platform: string;
  /** Only sandboxes of this namespace; all without it. */
  readonly namespace?: string;
  readonly clock: Clock;
  readonly log: ReflectorOptions['log'];
}

/** `object` undefined: deleted, or its pod outlives it. `pod` undefined: there is none (yet, or any more). */
export interface Entry {
  readonly object: SandboxObject | undefined;
  readonly pod: Pod | undefined;
}

type Labelled = SandboxObject | Pod;

const idOf = ({ metadata }: Labelled): string | undefined => metadata.labels?.[sandboxLabel];
const versionOf = ({ metadata }: Labelled): number => Number(metadata.resourceVersion ?? 0);

export class SandboxBook {
  readonly #clock: Clock;
  readonly #cluster: Cluster;
  readonly #path: string;
  readonly #ours: string;
  readonly #sandboxes: Reflector<SandboxObject>;
  readonly #pods: Reflector<Pod>;
  readonly #objectOf = new Map<string, SandboxObject>();
  readonly #podOf = new Map<string, Pod>();
  readonly #waiting = new Map<string, Set<() => void>>();
  readonly #listeners = new Set<(id: string) => void>();

  constructor({ cluster, platform, namespace, clock, log }: BookOptions) {
    this.#ours = `${platformLabel}=${platform}`;
    const shared = { cluster, clock, log, labelSelector: `${this.#ours},${sandboxLabel}` };
    this.#clock = clock;
    this.#cluster = cluster;
    this.#path = resourcePath(sandboxApiVersion, 'sandboxes', namespace);
    this.#sandboxes = createReflector<SandboxObject>({ ...shared, path: this.#path });
    this.#pods = createReflector<Pod>({ ...shared, path: resourcePath('v1', 'pods', namespace) });
    this.#sandboxes.onChange((kind, object) => this.#changed(this.#objectOf, kind, object));
    this.#pods.onChange((kind, pod) => this.#changed(this.#podOf, kind, pod));
  }

  /** Resolves when all that there is is known. Rejects with CLUSTER_UNAVAILABLE when agent-sandbox is not installed or not ours to see. */
  async open(): Promise<void> {
    try {
      await Promise.all([this.#sandboxes.start(), this.#pods.start()]);
    } catch (fault) {
      this.close();
      if (!isNotFound(fault)) throw fault;
      throw new PlatformError('CLUSTER_UNAVAILABLE', 'agent-sandbox is not installed in this cluster', {
        reason: `${sandboxApiVersion} is not served`,
      });
    }
  }

  close(): void {
    this.#sandboxes.stop();
    this.#pods.stop();
  }

  get(id: string): Entry {
    return { object: this.#objectOf.get(id), pod: this.#podOf.get(id) };
  }

  ids(): readonly string[] {
    return [...this.#objectOf.keys()];
  }

  /** An object as the API server just answered it. */
  learn(object: SandboxObject): void {
    this.#changed(this.#objectOf, 'changed', object);
  }

  /** The object, asked of the API server where the watch does not know it. */
  async find(id: string): Promise<SandboxObject | undefined> {
    const known = this.#objectOf.get(id);
    if (known) return known;
    const query = { labelSelector: `${this.#ours},${sandboxLabel}=${id}` };
    const { items } = await this.#cluster.request<{ readonly items: readonly SandboxObject[] }>({
      ...{ method: 'GET', path: this.#path, query },
    });
    return items[0];
  }

  /** Told the id of each sandbox of which anything changed, after it is known here. */
  onChange(listener: (id: string) => void): Cancel {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** The first answer of `look`, asked now and after each change; undefined when there was none within the time (ms). */
  async until<T>(
    id: string,
    withinMs: number,
    look: (entry: Entry) => T | undefined,
    signal?: AbortSignal,
  ): Promise<T | undefined> {
    const found = Promise.withResolvers<T | undefined>();
    const check = (): void => {
      const answer = look(this.get(id));
      if (answer !== undefined) found.resolve(answer);
    };
    const giveUp = (): void => found.resolve(undefined);
    const checks = this.#waiting.get(id) ?? new Set();
    this.#waiting.set(id, checks.add(check));
    signal?.addEventListener('abort', giveUp, { once: true });
    const cancel = this.#clock.after(withinMs, giveUp);
    check();
    if (signal?.aborted) giveUp();
    return found.promise.finally(() => {
      cancel();
      signal?.removeEventListener('abort', giveUp);
      checks.delete(check);
      if (checks.size === 0) this.#waiting.delete(id);
    });
  }

  #changed<T extends Labelled>(known: Map<string, T>, kind: ChangeKind, object: T): void {
    const id = idOf(object);
    if (id === undefined) return;
    const before = known.get(id);
    const same = before?.metadata.uid === object.metadata.uid;
    if (kind !== 'deleted') {
      if (before && same && versionOf(before) > versionOf(object)) return;
      known.set(id, object);
    } else if (same) known.delete(id);
    for (const check of this.#waiting.get(id) ?? []) check();
    for (const listener of this.#listeners) listener(id);
  }
}
