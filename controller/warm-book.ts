// The warm sandboxes that this leader made or found, until each is given away or gone: what the pool in the store should hold.
// A store that cannot be reached may have done what it was asked or not; so an offer is made again until it is answered, and
// nothing is stopped unless the store said that it was taken out (S1, S5). Does not own pool sizes (pools.ts).
import type { Clock } from '../model/clock.ts';
import { PlatformError } from '../model/errors.ts';
import type { SessionStore, WarmSandbox } from '../model/session-store.ts';
import type { Session } from '../model/session.ts';
import type { SandboxLifecycle } from './driver.ts';

export interface WarmBookDeps {
  readonly store: Pick<SessionStore, 'offer' | 'withdraw' | 'entries' | 'bySandbox'>;
  readonly driver: Pick<SandboxLifecycle, 'stop'>;
  readonly clock: Clock;
  /** Told of a session that has a sandbox which was thought to wait in the pool. */
  readonly onClaimed: (session: Session) => void;
  readonly log: (message: string, fields: Readonly<Record<string, unknown>>) => void;
}

const retryOfferMs = 500;

export class WarmBook {
  readonly #deps: WarmBookDeps;
  readonly #known = new Map<string, WarmSandbox>();
  /** Being offered or taken out at this moment. */
  readonly #busy = new Set<string>();
  /** Taken out of the pool, and not stopped yet. */
  readonly #withdrawn = new Set<string>();
  readonly #dead = new Set<string>();
  /** Those of them that may have left something: they died before they were offered, or it is unknown whether they were taken out. */
  readonly #unburied = new Set<string>();
  #closed = false;

  constructor(deps: WarmBookDeps) {
    this.#deps = deps;
  }

  /** Takes note of what is in the pool already. */
  adopt(entries: readonly WarmSandbox[]): void {
    for (const entry of entries)
      if (!this.#dead.has(entry.sandbox.id)) this.#known.set(entry.sandbox.id, entry);
  }

  /** Puts a sandbox into the pool; resolves when the store has answered, or when nobody here may ask it any more. */
  async offer(entry: WarmSandbox): Promise<void> {
    const { id } = entry.sandbox;
    if (this.#dead.has(id)) return void this.#unburied.add(id);
    this.#known.set(id, entry);
    this.#busy.add(id);
    try {
      await this.#offered(entry);
    } finally {
      this.#busy.delete(id);
    }
    if (this.#dead.has(id)) await this.retire(entry);
  }

  /** Takes a sandbox out of the pool and stops it; leaves it alone when somebody was faster. Rejects with STORE_UNAVAILABLE. */
  async retire({ sandbox: { id } }: WarmSandbox): Promise<void> {
    if (this.#busy.has(id) || this.#closed) return;
    this.#busy.add(id);
    try {
      if (!(await this.#deps.store.withdraw(id)) || this.#closed) return;
      this.#withdrawn.add(id);
      this.#known.delete(id);
      await this.#stopWithdrawn(id);
    } finally {
      this.#busy.delete(id);
    }
  }

  /** A sandbox died that no session has. Answers whether it waited in the pool. Rejects with STORE_UNAVAILABLE. */
  async died(id: string): Promise<WarmSandbox | undefined> {
    this.#dead.add(id);
    if (this.#known.delete(id)) this.#unburied.add(id);
    const entry = (await this.#deps.store.entries()).find((one) => one.sandbox.id === id);
    if (entry) await this.retire(entry);
    return entry;
  }

  /** It is a session's now, or nothing is left of it. */
  forget(id: string): void {
    this.#known.delete(id);
  }

  /**
   * Compares the store's pool with what is known here: whose claim was not heard of is told, what is neither in the pool nor
   * anybody's goes back into it. Rejects with STORE_UNAVAILABLE.
   */
  async compare(): Promise<void> {
    const { store } = this.#deps;
    for (const id of [...this.#withdrawn]) if (!this.#busy.has(id)) await this.#stopWithdrawn(id);
    const entries = await store.entries();
    for (const entry of entries) if (this.#dead.has(entry.sandbox.id)) await this.retire(entry);
    const pooled = new Set(entries.map((entry) => entry.sandbox.id));
    for (const id of [...this.#unburied]) if (!pooled.has(id)) await this.#bury(id);
    for (const [id, entry] of [...this.#known]) if (!pooled.has(id)) await this.#strayed(id, entry);
  }

  /** Asks nothing of anybody any more. */
  close(): void {
    this.#closed = true;
  }

  async #offered(entry: WarmSandbox): Promise<void> {
    while (!this.#closed) {
      try {
        return await this.#deps.store.offer(entry);
      } catch (fault) {
        if (fault instanceof PlatformError && fault.code === 'NOT_LEADER') return;
        this.#deps.log('a warm sandbox could not be offered; trying again', { id: entry.sandbox.id, fault });
        await new Promise<void>((resolve) => this.#deps.clock.after(retryOfferMs, resolve));
      }
    }
  }

  async #strayed(id: string, entry: WarmSandbox): Promise<void> {
    const isMine = (): boolean => this.#known.has(id) && !this.#busy.has(id) && !this.#closed;
    if (!isMine()) return;
    const record = await this.#deps.store.bySandbox(id);
    if (!isMine()) return;
    if (!record) return this.offer(entry);
    this.#known.delete(id);
    this.#deps.onClaimed(record.session);
  }

  /** S5: what died in the pool and is neither in it any more nor anybody's goes. */
  async #bury(id: string): Promise<void> {
    if (this.#busy.has(id) || this.#closed) return;
    const { store } = this.#deps;
    const record = await store.bySandbox(id);
    // A write, which a store that was lost refuses: it knows of no session, and nothing follows from that.
    await store.withdraw(id);
    if (this.#closed) return;
    this.#unburied.delete(id);
    if (record) return;
    this.#withdrawn.add(id);
    await this.#stopWithdrawn(id);
  }

  async #stopWithdrawn(id: string): Promise<void> {
    await this.#deps.driver.stop(id, 'remove');
    this.#withdrawn.delete(id);
    this.#unburied.delete(id);
  }
}
