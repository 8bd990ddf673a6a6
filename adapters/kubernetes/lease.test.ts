// Who bids, by a Lease: what is in it, when it changes hands, and that an API server that is away changes nothing.
import { beforeEach, describe, expect, test } from '@jest/globals';
import { PlatformError } from '../../model/errors.ts';
import type { Bid, LeaderElection, Standing } from '../../model/leader-election.ts';
import { manualClock } from '../../test/support/manual-clock.ts';
import type { Cluster } from './client.ts';
import { ApiRefusal } from './cluster-failures.ts';
import { LeasedElection } from './lease.ts';
import type { Lease } from './lease-object.ts';

type Api = Pick<Cluster, 'read' | 'create' | 'request'>;

const conflict = new ApiRefusal(409, 'Conflict', 'the object has been modified');

/** An API server with one Lease. */
class Server implements Api {
  lease: Lease | undefined;
  away = false;
  writes = 0;
  #version = 0;

  async read<T>(): Promise<T | undefined> {
    this.#reach();
    return this.lease as T | undefined;
  }
  async create<T>(object: T): Promise<T> {
    this.#reach();
    if (this.lease) throw new ApiRefusal(409, 'AlreadyExists', 'exists');
    return this.#store(object as unknown as Lease) as unknown as T;
  }
  async request<T>({ body }: { readonly body?: unknown }): Promise<T> {
    this.#reach();
    const next = body as Lease;
    if (next.metadata.resourceVersion !== this.lease?.metadata.resourceVersion) throw conflict;
    return this.#store(next) as unknown as T;
  }
  #reach(): void {
    if (this.away) throw new PlatformError('CLUSTER_UNAVAILABLE', 'away');
  }
  #store(lease: Lease): Lease {
    this.writes += 1;
    this.#version += 1;
    this.lease = { ...lease, metadata: { ...lease.metadata, resourceVersion: String(this.#version) } };
    return this.lease;
  }
}

/** A store in which whoever bids leads until another bids after it ran out. */
class Terms implements LeaderElection {
  leader: string | undefined;
  term = 0;
  away = false;

  async bid({ holder }: Bid): Promise<Standing> {
    if (this.away) throw new PlatformError('STORE_UNAVAILABLE', 'away');
    if (this.leader !== undefined && this.leader !== holder)
      return { kind: 'following', term: this.term, leader: { holder: this.leader, url: '' } };
    if (this.leader === undefined) this.term += 1;
    this.leader = holder;
    return { kind: 'leading', term: this.term, beats: 1 };
  }
  async resign(_: unknown, holder: string): Promise<void> {
    if (this.leader === holder) this.leader = undefined;
  }
}

const clock = manualClock(1_700_000_000_000);
let server: Server;
let terms: Terms;
beforeEach(() => {
  server = new Server();
  terms = new Terms();
});

const electionOf = (cluster: Api = server): LeasedElection =>
  new LeasedElection({
    cluster,
    namespace: 'ns',
    name: 'lead',
    election: terms,
    clock,
    log: () => undefined,
  });
const bidOf = (holder: string): Bid => ({
  ...{ role: 'controller', holder, url: `http://${holder}:8080`, ttlMs: 3_000, seenTerm: 0, beats: 0 },
});
const leading = { kind: 'leading' };
const followingA = { kind: 'following', leader: { holder: 'a', url: 'http://a:8080' } };

/** Bids twice a second, as the elector does. */
async function bidFor(
  seconds: number,
  election: LeaderElection,
  holder: string,
): Promise<Standing | undefined> {
  let last: Standing | undefined;
  for (let turn = 0; turn < seconds * 2; turn += 1) {
    last = await election.bid(bidOf(holder)).catch(() => undefined);
    await clock.advance(500);
  }
  return last;
}

describe('a Lease that nobody holds', () => {
  test('is taken, says who and where, and is renewed once a second', async () => {
    const a = electionOf();
    expect(await a.bid(bidOf('a'))).toMatchObject(leading);
    expect(server.lease).toMatchObject({
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: {
        name: 'lead',
        namespace: 'ns',
        annotations: { 'agentcube.volcano.sh/url': 'http://a:8080' },
      },
      spec: { holderIdentity: 'a', leaseDurationSeconds: 3, leaseTransitions: 0 },
    });
    expect(server.lease?.spec?.renewTime).toMatch(/^\d{4}-.*\.\d{6}Z$/);
    await bidFor(10, a, 'a');
    expect(server.writes).toBeLessThanOrEqual(11);
    expect(server.writes).toBeGreaterThanOrEqual(9);
  });

  test('of two, one has it; the other follows and knows where the leader is', async () => {
    const [a, b] = [electionOf(), electionOf()];
    await a.bid(bidOf('a'));
    expect(await b.bid(bidOf('b'))).toMatchObject(followingA);
    expect(terms.leader).toBe('a');
  });
});

describe('a Lease that another holds', () => {
  test('is taken when it was seen unchanged for as long as it lasts, and then the store is asked', async () => {
    const [a, b] = [electionOf(), electionOf()];
    await a.bid(bidOf('a'));
    terms.leader = undefined;
    expect(await bidFor(3, b, 'b')).toMatchObject(followingA);
    expect(await bidFor(0.5, b, 'b')).toMatchObject(leading);
    expect(server.lease?.spec).toMatchObject({ holderIdentity: 'b', leaseTransitions: 1 });
    expect(await bidFor(2, a, 'a')).toMatchObject({ kind: 'following', leader: { holder: 'b' } });
  });

  test('is free at once when it was given up', async () => {
    const [a, b] = [electionOf(), electionOf()];
    await a.bid(bidOf('a'));
    await b.bid(bidOf('b'));
    await a.resign('controller', 'a', 1);
    expect(await bidFor(1.5, b, 'b')).toMatchObject(leading);
  });

  test('an outage of the API server does not make it run out', async () => {
    const [a, b] = [electionOf(), electionOf()];
    await a.bid(bidOf('a'));
    await b.bid(bidOf('b'));
    server.away = true;
    await bidFor(30, b, 'b');
    server.away = false;
    expect(await b.bid(bidOf('b'))).toMatchObject(followingA);
    expect(await bidFor(1, a, 'a')).toMatchObject(leading);
  });
});

describe('whoever leads', () => {
  test('goes on while the API server is away, and stops when the Lease turns out to be another’s', async () => {
    const a = electionOf();
    await a.bid(bidOf('a'));
    server.away = true;
    expect(await bidFor(60, a, 'a')).toMatchObject(leading);
    server.away = false;
    const metadata = { ...server.lease?.metadata, name: 'lead', namespace: 'ns', resourceVersion: '99' };
    server.lease = {
      apiVersion: 'v1',
      kind: 'Lease',
      metadata,
      spec: { holderIdentity: 'x', leaseDurationSeconds: 3 },
    };
    expect(await bidFor(2, a, 'a')).toMatchObject({ kind: 'following', leader: { holder: 'x' } });
  });

  test('begins nothing while the API server is away', async () => {
    server.away = true;
    await expect(electionOf().bid(bidOf('a'))).rejects.toMatchObject({ code: 'CLUSTER_UNAVAILABLE' });
    expect(terms.leader).toBeUndefined();
  });

  test('is deposed in the store when it alone cannot reach the API server', async () => {
    let cut = false;
    const reach = (): Promise<never> | undefined =>
      cut ? Promise.reject(new PlatformError('CLUSTER_UNAVAILABLE', 'cut off')) : undefined;
    const behindCut: Api = {
      read: () => reach() ?? server.read(),
      create: (object) => reach() ?? server.create(object),
      request: (request) => reach() ?? server.request(request),
    };
    const [a, b] = [electionOf(behindCut), electionOf()];
    await a.bid(bidOf('a'));
    cut = true;
    for (let second = 0; second < 12; second += 1) {
      await bidFor(1, a, 'a');
      await bidFor(1, b, 'b');
    }
    expect(terms.leader).toBe('b');
  });

  test('and cannot reach the store, leaves the Lease to another', async () => {
    const deaf: LeaderElection = {
      bid: () => Promise.reject(new PlatformError('STORE_UNAVAILABLE', 'away')),
      resign: () => Promise.reject(new PlatformError('STORE_UNAVAILABLE', 'away')),
    };
    const a = new LeasedElection({
      ...{ cluster: server, namespace: 'ns', name: 'lead', election: deaf, clock, log: () => undefined },
    });
    const b = electionOf();
    for (let turn = 0; turn < 20; turn += 1) {
      await a.bid(bidOf('a')).catch(() => undefined);
      await bidFor(0.5, b, 'b');
    }
    expect(server.lease?.spec?.holderIdentity).toBe('b');
    expect(terms.leader).toBe('b');
  });
});
