// A Lease as the API server has it (coordination.k8s.io/v1), in the way that Kubernetes' own programs use it.
// Does not own when it is read or written (lease.ts).
import type { Bid } from '../../model/leader-election.ts';

export interface Lease {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly resourceVersion?: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec?: {
    readonly holderIdentity?: string;
    readonly leaseDurationSeconds?: number;
    readonly acquireTime?: string;
    readonly renewTime?: string;
    readonly leaseTransitions?: number;
  };
}

/** Where the leader is reached by the programs that stand by. */
export const urlAnnotation = 'agentcube.volcano.sh/url';

/** A state of the Lease, since when it was seen (monotonic ms), and how long it counts unchanged. */
export interface Seen {
  readonly version: string | undefined;
  readonly since: number;
  readonly lastsMs: number;
}

export const expired = (seen: Seen | undefined, now: number): boolean =>
  seen !== undefined && now - seen.since >= seen.lastsMs;

/** Undefined when nobody holds it. */
export const ownerOf = (lease: Lease | undefined): string | undefined =>
  lease?.spec?.holderIdentity === '' ? undefined : lease?.spec?.holderIdentity;

/** Lease times have microseconds. */
const microTime = (date: Date): string => date.toISOString().replace('Z', '000Z');

interface Taking {
  readonly before: Lease | undefined;
  readonly bid: Bid;
  readonly now: Date;
}

function specOf({ before, bid, now }: Taking): NonNullable<Lease['spec']> {
  const time = microTime(now);
  const { acquireTime, leaseTransitions = 0, holderIdentity } = before?.spec ?? {};
  const kept = holderIdentity === bid.holder;
  return {
    holderIdentity: bid.holder,
    leaseDurationSeconds: Math.max(1, Math.ceil(bid.ttlMs / 1_000)),
    acquireTime: kept && acquireTime !== undefined ? acquireTime : time,
    renewTime: time,
    leaseTransitions: before && !kept ? leaseTransitions + 1 : leaseTransitions,
  };
}

/** The object's name, or as it is when a bidder takes or renews it. */
export function leaseObject(name: string, namespace: string, taking?: Taking): Lease {
  const head = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease' };
  if (!taking) return { ...head, metadata: { name, namespace } };
  const { before, bid } = taking;
  const annotations = { ...before?.metadata.annotations, [urlAnnotation]: bid.url };
  const metadata = { ...before?.metadata, name, namespace, annotations };
  return { ...head, metadata, spec: specOf(taking) };
}

/** As it is left by a holder that gives it up: the next one need not wait. */
export const released = (lease: Lease): Lease => ({
  ...lease,
  spec: { ...lease.spec, holderIdentity: '', leaseDurationSeconds: 1 },
});
