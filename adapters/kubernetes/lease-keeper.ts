// One process' view of a Lease: whose it is, taken when it is free, renewed while it is ours, given up at the end.
// Does not own when to look, nor what the holder may do (lease.ts).
// Invariant: a Lease of another is taken only after it was seen unchanged for as long as it lasts, by the clock of whoever looks
// (clocks of two machines differ), without an outage of the API server in between: in an outage nobody can renew.
import type { Clock } from '../../model/clock.ts';
import { PlatformError } from '../../model/errors.ts';
import type { Bid } from '../../model/leader-election.ts';
import type { Cluster } from './client.ts';
import { isNotFound, isRefusal } from './cluster-failures.ts';
import {
  expired,
  leaseObject,
  ownerOf,
  released,
  urlAnnotation,
  type Lease,
  type Seen,
} from './lease-object.ts';

export type Verdict =
  { readonly kind: 'mine' } | { readonly kind: 'other'; readonly holder: string; readonly url: string };

interface KeeperDeps {
  readonly cluster: Pick<Cluster, 'read' | 'create' | 'request'>;
  readonly namespace: string;
  readonly name: string;
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
}

const writer = { fieldManager: 'agentcube' };

export class LeaseKeeper {
  readonly #deps: KeeperDeps;
  #verdict: Verdict | undefined;
  #seen: Seen | undefined;
  /** As this process wrote it last: renewing needs no reading. */
  #own: Lease | undefined;
  #lookedAt = -Infinity;
  #mineSince = Infinity;

  constructor(deps: KeeperDeps) {
    this.#deps = deps;
  }

  /** Every so often, and when another's has been unchanged for as long as it lasts. */
  due(everyMs: number): boolean {
    const now = this.#deps.clock.monotonic();
    const mayBeFree = this.#verdict?.kind === 'other' && expired(this.#seen, now);
    return mayBeFree || now - this.#lookedAt >= everyMs;
  }

  /** How long it has been ours without a break (ms); negative when it is not. */
  heldMs(): number {
    return this.#deps.clock.monotonic() - this.#mineSince;
  }

  /** Throws CLUSTER_UNAVAILABLE when it was never seen, or when a Lease of ours ran out and `leading` does not excuse that. */
  verdict(ttlMs: number, leading: boolean): Verdict {
    const age = this.#deps.clock.monotonic() - this.#lookedAt;
    const stale = this.#verdict?.kind === 'mine' && age >= ttlMs && !leading;
    if (this.#verdict && !stale) return this.#verdict;
    throw new PlatformError('CLUSTER_UNAVAILABLE', 'the Lease has not been renewed in time');
  }

  /** Reads it, and takes or renews it when it may. Rejects with CLUSTER_UNAVAILABLE. */
  async look(bid: Bid): Promise<void> {
    try {
      if (this.#own && (await this.#write(bid, this.#own))) return;
      await this.#readAndTake(bid);
    } catch (fault) {
      this.#seen = undefined;
      throw fault;
    }
  }

  /** Leaves it to whoever wants it, if it is the holder's. */
  async release(holder: string): Promise<void> {
    const { cluster, namespace, name } = this.#deps;
    this.#own = undefined;
    this.#verdict = undefined;
    this.#lookedAt = -Infinity;
    this.#mineSince = Infinity;
    const lease = await cluster.read<Lease>(leaseObject(name, namespace));
    if (lease && ownerOf(lease) === holder) await this.#put(released(lease));
  }

  async #readAndTake(bid: Bid): Promise<void> {
    const { cluster, namespace, name, clock } = this.#deps;
    const lease = await cluster.read<Lease>(leaseObject(name, namespace));
    this.#notice(lease);
    const owner = ownerOf(lease);
    const free = owner === undefined || owner === bid.holder || expired(this.#seen, clock.monotonic());
    if (free && (await this.#write(bid, lease))) return;
    this.#lookedAt = clock.monotonic();
    this.#mineSince = Infinity;
    this.#verdict = {
      kind: 'other',
      holder: owner ?? '',
      url: lease?.metadata.annotations?.[urlAnnotation] ?? '',
    };
  }

  #notice(lease: Lease | undefined): void {
    const version = lease?.metadata.resourceVersion;
    if (this.#seen && this.#seen.version === version) return;
    const lastsMs = (lease?.spec?.leaseDurationSeconds ?? 0) * 1_000;
    this.#seen = { version, since: this.#deps.clock.monotonic(), lastsMs };
  }

  /** False when it was changed by somebody else meanwhile. */
  async #write(bid: Bid, before: Lease | undefined): Promise<boolean> {
    const { cluster, namespace, name, clock } = this.#deps;
    const sentAt = clock.monotonic();
    const next = leaseObject(name, namespace, { before, bid, now: new Date(clock.now()) });
    try {
      this.#own = await (before ? this.#put(next) : cluster.create(next, writer));
    } catch (fault) {
      this.#own = undefined;
      if (isRefusal(fault, 'Conflict', 'AlreadyExists') || isNotFound(fault)) return false;
      throw fault;
    }
    this.#lookedAt = sentAt;
    if (this.#verdict?.kind !== 'mine') this.#mineSince = sentAt;
    this.#verdict = { kind: 'mine' };
    return true;
  }

  /** With the version that was read, so that of two only one is taken. */
  #put(lease: Lease): Promise<Lease> {
    const { cluster, namespace, name } = this.#deps;
    const path = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/${name}`;
    return cluster.request<Lease>({ method: 'PUT', path, query: writer, body: lease });
  }
}
