// Leases that should have been given back and perhaps were not: the store did not answer. They are given back when it does, with
// the activity that it has not heard of. Each stays under the name it was held by, which is used for nothing new any more
// (lease-book.ts), so that a return that arrives late takes no lease that somebody relies on.
import type { LeaseClaim, Leases } from '../model/session-store.ts';

export class OwedLeases {
  readonly #store: Pick<Leases, 'release'>;
  /** By the name of their holder, then by session. */
  readonly #owed = new Map<string, Map<string, LeaseClaim>>();
  #settling = false;

  constructor(store: Pick<Leases, 'release'>) {
    this.#store = store;
  }

  add(holder: string, claims: readonly LeaseClaim[]): void {
    const owed = this.#owed.get(holder) ?? new Map<string, LeaseClaim>();
    this.#owed.set(holder, owed);
    for (const claim of claims) owed.set(claim.sessionId, claim);
  }

  /** Tries to give all of them back, one command for each name; what fails is tried at the next call. Never rejects. */
  async settle(): Promise<void> {
    if (this.#settling || this.#owed.size === 0) return;
    this.#settling = true;
    await Promise.allSettled([...this.#owed].map(([holder, owed]) => this.#settleOne(holder, owed)));
    this.#settling = false;
  }

  async #settleOne(holder: string, owed: Map<string, LeaseClaim>): Promise<void> {
    const claims = [...owed.values()];
    await this.#store.release(claims, holder);
    for (const claim of claims) if (owed.get(claim.sessionId) === claim) owed.delete(claim.sessionId);
    if (owed.size === 0) this.#owed.delete(holder);
  }
}
