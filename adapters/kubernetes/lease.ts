// Who may bid for the lead, decided by a Lease of the API server, so that people see with kubectl who leads. Terms, and with them
// the fence around a leader's writes, stay with the election that it is put before (Redis): two programs of which each believes
// to hold the Lease still have two different terms, and only the newer one's writes are taken.
// Invariant: nobody begins to bid while the Lease is seen to be another's; whoever leads goes on while the API server is away,
// because then nobody else can take the Lease either. Does not own when to bid (model/elector.ts) nor the Lease (lease-keeper.ts).
import type { Clock } from '../../model/clock.ts';
import type { Bid, LeaderElection, LeaderRole, Standing } from '../../model/leader-election.ts';
import { LeaseKeeper, type Verdict } from './lease-keeper.ts';
import type { Cluster } from './client.ts';

export interface LeasedElectionDeps {
  readonly cluster: Pick<Cluster, 'read' | 'create' | 'request'>;
  readonly namespace: string;
  readonly name: string;
  /** Where terms are counted. */
  readonly election: LeaderElection;
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
  readonly log: (message: string, fields: Readonly<Record<string, unknown>>) => void;
}

/** An election in which only the holder of the Lease bids. One object serves one process and one role. */
export class LeasedElection implements LeaderElection {
  readonly #deps: LeasedElectionDeps;
  readonly #lease: LeaseKeeper;
  #looking: Promise<void> | undefined;
  #leading = false;
  /** Since when the store takes no bids (monotonic ms). */
  #failingSince: number | undefined;

  constructor(deps: LeasedElectionDeps) {
    this.#deps = deps;
    this.#lease = new LeaseKeeper(deps);
  }

  async bid(bid: Bid): Promise<Standing> {
    const look = this.#look(bid);
    // A leader's bid in the store must not wait for an API server that is slow.
    if (this.#leading) look.catch((fault: unknown) => this.#notRenewed(fault));
    else await look;
    const verdict = this.#lease.verdict(bid.ttlMs, this.#leading);
    const standing = verdict.kind === 'mine' ? await this.#bidInStore(bid) : following(bid, verdict);
    this.#leading = standing.kind === 'leading';
    return standing;
  }

  async resign(role: LeaderRole, holder: string, term: number): Promise<void> {
    this.#leading = false;
    await this.#deps.election.resign(role, holder, term);
    await this.#looking?.catch(() => undefined);
    await this.#lease.release(holder).catch((fault: unknown) => {
      this.#deps.log('the Lease could not be given up; it runs out by itself', { fault });
    });
  }

  #notRenewed(fault: unknown): void {
    this.#deps.log('the Lease could not be renewed; leading goes on', { fault });
  }

  /**
   * Reads or renews the Lease when that is due; one at a time. One who cannot reach the store lets the Lease run out, and gives
   * another the time to take it.
   */
  #look(bid: Bid): Promise<void> {
    if (this.#looking) return this.#looking;
    const everyMs = this.#failingSince === undefined ? bid.ttlMs / 3 : 2 * bid.ttlMs;
    if (!this.#lease.due(everyMs)) return Promise.resolve();
    this.#looking = this.#lease.look(bid).finally(() => (this.#looking = undefined));
    return this.#looking;
  }

  async #bidInStore(bid: Bid): Promise<Standing> {
    const { clock } = this.#deps;
    try {
      const standing = await this.#bidOrDepose(bid);
      this.#failingSince = undefined;
      return standing;
    } catch (fault) {
      this.#failingSince ??= clock.monotonic();
      if (clock.monotonic() - this.#failingSince >= bid.ttlMs) this.#leading = false;
      throw fault;
    }
  }

  /**
   * Another may lead by the store although the Lease is ours: its lead there has not run out yet, or it cannot reach the API server
   * and bids on. The latter is deposed: it can drive nothing, and this one can.
   */
  async #bidOrDepose(bid: Bid): Promise<Standing> {
    const { election, log } = this.#deps;
    const standing = await election.bid(bid);
    if (standing.kind === 'leading' || this.#lease.heldMs() < 2 * bid.ttlMs) return standing;
    log('the store has another leader than the Lease; it is deposed', { leader: standing.leader.holder });
    await election.resign(bid.role, standing.leader.holder, standing.term);
    return election.bid(bid);
  }
}

const following = (bid: Bid, { holder, url }: Extract<Verdict, { kind: 'other' }>): Standing => ({
  kind: 'following',
  term: bid.seenTerm,
  leader: { holder, url },
});
