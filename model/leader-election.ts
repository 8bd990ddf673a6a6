// The port through which programs of one kind agree on one leader, and what a bid and its answer say.
// A leader's term grows with each change of leader, and every write that only a leader may make carries it: the store
// refuses one of an older term with NOT_LEADER, so a leader that was frozen and wakes up late changes nothing.
// Does not own when to bid (elector.ts).

export type LeaderRole = 'controller' | 'autoscaler';

export interface Bid {
  readonly role: LeaderRole;
  /** Names this process among those that bid; new with each start. */
  readonly holder: string;
  /** Where this process is reached by the others; empty when it serves nobody. */
  readonly url: string;
  /** How long the lead lasts from when the store takes the bid (ms). */
  readonly ttlMs: number;
  /** The highest term this process has seen: a store that lost its own count goes on above it. */
  readonly seenTerm: number;
  /** How many bids of its present term this leader knows to have been taken: fewer in the store means that the store went back in time. */
  readonly beats: number;
}

export type Standing =
  /** `term` above the one it led before: it leads anew, and trusts nothing that it remembers of the store. */
  | { readonly kind: 'leading'; readonly term: number; readonly beats: number }
  | {
      readonly kind: 'following';
      readonly term: number;
      readonly leader: { readonly holder: string; readonly url: string };
    };

export interface LeaderElection {
  /** Takes, keeps or is refused the lead. Rejects with STORE_UNAVAILABLE. */
  bid(bid: Bid): Promise<Standing>;
  /** Gives the lead up, so that the next bid of another is taken. Ignored when it is not the leader. Rejects with STORE_UNAVAILABLE. */
  resign(role: LeaderRole, holder: string, term: number): Promise<void>;
}

/**
 * Whether the store holds what it should. One that was lost (emptied, replaced) does not, and refuses everybody but the leader
 * with STORE_UNAVAILABLE until the leading controller has rebuilt it: a lost session must never look like one that never was.
 */
export interface StorePreparation {
  prepared(): Promise<boolean>;
  /** Rejects with STORE_UNAVAILABLE or NOT_LEADER. */
  markPrepared(): Promise<void>;
}
