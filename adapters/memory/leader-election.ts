// Leader election within one process: for tests and simulations. Each bid is one turn of the event loop: one atomic operation.
// The rules are those of a real store: a term grows with each change of leader, and when the store turns out to have lost or
// turned back its count of the leader's bids. Does not own when to bid (model/elector.ts).
import type { Clock } from '../../model/clock.ts';
import type {
  Bid,
  LeaderElection,
  LeaderRole,
  Standing,
  StorePreparation,
} from '../../model/leader-election.ts';

interface Lead {
  readonly holder: string;
  readonly url: string;
  readonly term: number;
  readonly beats: number;
  /** By the clock's `now`. */
  readonly until: number;
}

/** What a store remembers of its elections. */
interface Remembered {
  readonly leads: ReadonlyMap<LeaderRole, Lead>;
  readonly terms: ReadonlyMap<LeaderRole, number>;
}

export interface MemoryLeaderElection extends LeaderElection {
  /** The term that a write of this role must carry; undefined when nobody ever led, or it was forgotten. Outlives the lead itself. */
  currentTerm(role: LeaderRole): number | undefined;
  /** The store was emptied. */
  forget(): void;
  /** Remembers how things stand; the answer brings it back, as a store restored from an old copy would. */
  snapshot(): () => void;
}

/** `clock`: the store's own; a lead ends by its `now`. */
export function memoryLeaderElection(clock: Pick<Clock, 'now'>): MemoryLeaderElection {
  let leads = new Map<LeaderRole, Lead>();
  let terms = new Map<LeaderRole, number>();

  const enter = (bid: Bid, term: number, beats: number): Standing => {
    leads.set(bid.role, { ...pick(bid), term, beats, until: clock.now() + bid.ttlMs });
    terms.set(bid.role, term);
    return { kind: 'leading', term, beats };
  };
  const restore = (past: Remembered): void => {
    leads = new Map(past.leads);
    terms = new Map(past.terms);
  };

  return {
    async bid(bid) {
      const lead = leads.get(bid.role);
      const alive = lead !== undefined && lead.until > clock.now();
      if (alive && lead.holder !== bid.holder) {
        const { holder, url, term } = lead;
        return { kind: 'following', term, leader: { holder, url } };
      }
      // One that knows of no term may have forgotten it; whoever still writes by it must not meet it again.
      const stored = terms.get(bid.role) ?? clock.now() - 1;
      if (alive && lead.term === stored && keepsTerm(lead, bid)) return enter(bid, stored, lead.beats + 1);
      return enter(bid, Math.max(stored, bid.seenTerm) + 1, 1);
    },
    async resign(role, holder, term) {
      const lead = leads.get(role);
      if (lead?.holder === holder && lead.term === term) leads.delete(role);
    },
    currentTerm: (role) => terms.get(role),
    forget: () => restore({ leads: new Map(), terms: new Map() }),
    snapshot() {
      const past = { leads: new Map(leads), terms: new Map(terms) };
      return () => restore(past);
    },
  };
}

const pick = ({ holder, url }: Bid): Pick<Lead, 'holder' | 'url'> => ({ holder, url });

/** The store knows of every bid that this leader knows to have been taken, and of no later term. */
const keepsTerm = (lead: Lead, bid: Bid): boolean =>
  bid.beats > 0 && lead.beats >= bid.beats && lead.term >= bid.seenTerm;

/** A store that is prepared when somebody said so, until `forget`. */
export function memoryPreparation(): StorePreparation & { forget(): void } {
  let prepared = false;
  return {
    prepared: async () => prepared,
    markPrepared: async () => {
      prepared = true;
    },
    forget: () => {
      prepared = false;
    },
  };
}
