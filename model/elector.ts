// When to bid for the lead, and when to stop leading: the same for every program that has one leader.
// A leader stops by its own clock within one bid's time of when the store may choose another, also when the store is out of reach;
// what it does in between the fence refuses, and whoever leads next has made sure that it drives nothing.
// Does not own how bids are counted (leader-election.ts) nor what a leader does.
import type { Cancel, Clock } from './clock.ts';
import type { LeaderElection, LeaderRole, Standing } from './leader-election.ts';

/** What leading means, from its first moment to its last. */
export interface Leading {
  /** Stops all that is under way; resolves when nothing of it can take effect any more. Never rejects. */
  end(): Promise<void>;
}

export interface ElectorDeps {
  readonly election: LeaderElection;
  readonly clock: Clock;
  readonly role: LeaderRole;
  readonly holder: string;
  readonly url: string;
  readonly ttlMs: number;
  /** How often to bid (ms); well below ttlMs. */
  readonly everyMs: number;
  /** Begins to lead. One that rejects gives the lead up and bids again. */
  readonly lead: (term: number) => Promise<Leading>;
  readonly log: (message: string, fields: Readonly<Record<string, unknown>>) => void;
}

interface Rule {
  readonly term: number;
  beats: number;
  /** Ends the lead when no bid renewed it (monotonic ms). */
  until: number;
  /** What `lead` answered; undefined while it has not, or failed. */
  leading: Promise<Leading | undefined>;
}

export class Elector {
  readonly #deps: ElectorDeps;
  #rule: Rule | undefined;
  #ending: Promise<void> = Promise.resolve();
  /** Leads that were stopped and have not ended yet. */
  #unended = 0;
  #seenTerm = 0;
  #leader: { readonly holder: string; readonly url: string } | undefined;
  #bidding = false;
  #notBefore = 0;
  #closed = false;
  #stops: readonly Cancel[] = [];

  constructor(deps: ElectorDeps) {
    this.#deps = deps;
  }

  /** The term that this process leads, undefined when it does not. */
  get term(): number | undefined {
    return this.#rule?.term;
  }

  /** Where the leader is reached, as far as this process knows; undefined when there is none, or it is this one. */
  get leaderUrl(): string | undefined {
    return this.#rule === undefined ? this.#leader?.url : undefined;
  }

  /** Bids from now on. */
  start(): void {
    const { clock, everyMs } = this.#deps;
    this.#stops = [clock.after(0, () => this.#turn()), clock.every(everyMs, () => this.#turn())];
  }

  /** Stops leading in order, and lets another lead at once. Never rejects. */
  async close(): Promise<void> {
    const { election, role, holder, log } = this.#deps;
    this.#closed = true;
    for (const stop of this.#stops) stop();
    const term = this.#rule?.term;
    this.#stop('this process stops');
    await this.#ending;
    if (term === undefined) return;
    await election.resign(role, holder, term).catch((fault: unknown) => {
      log('the lead could not be given up; it runs out by itself', { role, term, fault });
    });
  }

  #turn(): void {
    const rule = this.#rule;
    if (rule && this.#deps.clock.monotonic() >= rule.until)
      this.#stop('the store could not be reached in time');
    if (this.#bidding || this.#closed || this.#deps.clock.monotonic() < this.#notBefore) return;
    this.#bidding = true;
    this.#bid()
      .catch((fault: unknown) =>
        this.#deps.log('a bid for the lead failed', { role: this.#deps.role, fault }),
      )
      .finally(() => (this.#bidding = false));
  }

  async #bid(): Promise<void> {
    const { election, clock, role, holder, url, ttlMs } = this.#deps;
    // The one who leads no more must be done before it may lead again.
    if (!this.#rule) await this.#ending;
    const sentAt = clock.monotonic();
    const beats = this.#rule?.beats ?? 0;
    const standing = await election.bid({ role, holder, url, ttlMs, seenTerm: this.#seenTerm, beats });
    this.#seenTerm = Math.max(this.#seenTerm, standing.term);
    if (!this.#closed) this.#take(standing, sentAt + ttlMs);
  }

  #take(standing: Standing, until: number): void {
    if (standing.kind === 'following') {
      this.#leader = standing.leader;
      return this.#stop(`${standing.leader.holder} leads`);
    }
    const { term, beats } = standing;
    if (this.#rule?.term === term) {
      Object.assign(this.#rule, { beats, until });
      return;
    }
    if (this.#rule) return this.#stop('the store was lost or went back in time');
    // This bid was sent by the lead that was stopped meanwhile; the next one is sent when that is over.
    if (this.#unended > 0) return;
    if (this.#deps.clock.monotonic() < until) this.#begin(term, beats, until);
  }

  #begin(term: number, beats: number, until: number): void {
    const { lead, role, log } = this.#deps;
    log('leading', { role, term });
    const rule: Rule = { term, beats, until, leading: Promise.resolve(undefined) };
    this.#rule = rule;
    rule.leading = lead(term).catch(async (fault: unknown) => {
      log('could not begin to lead; another may', { role, term, fault });
      await this.#yield(rule);
      return undefined;
    });
  }

  /** Somebody else may be able to lead: this one lets a term pass before it bids again. */
  async #yield(rule: Rule): Promise<void> {
    const { election, clock, role, holder, ttlMs } = this.#deps;
    if (this.#rule !== rule) return;
    this.#notBefore = clock.monotonic() + ttlMs;
    this.#stop('it could not begin');
    await election.resign(role, holder, rule.term).catch(() => undefined);
  }

  #stop(why: string): void {
    const rule = this.#rule;
    if (!rule) return;
    this.#rule = undefined;
    this.#deps.log('leading no more', { role: this.#deps.role, term: rule.term, why });
    this.#unended += 1;
    this.#ending = this.#ending
      .then(async () => (await rule.leading)?.end())
      .finally(() => (this.#unended -= 1));
  }
}
