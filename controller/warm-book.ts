// The warm sandboxes that this leader made or found, until each is given away or gone: what the pool in the store should hold.
// A store that cannot be reached may have done what it was asked or not; so an offer is made again until it is answered, and
// nothing is stopped unless the store said that it was taken out (S1, S5). Does not own pool sizes (pools.ts).
import type { Clock } from '../model/clock.ts';
import { PlatformError } from '../model/errors.ts';
import { runtimeKeyText, type RuntimeKey } from '../model/sandbox.ts';
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
const deadRemembered = 10_000;

/** Warm sandboxes by their ids, and by runtime in the order in which they became ready. */
class Shelf {
  readonly #byId = new Map<string, WarmSandbox>();
  readonly #byRuntime = new Map<string, Map<string, WarmSandbox>>();

  has(id: string): boolean {
    return this.#byId.has(id);
  }

  all(): readonly WarmSandbox[] {
    return [...this.#byId.values()];
  }

  /** One of each runtime that there are some of. */
  samples(): readonly WarmSandbox[] {
    return [...this.#byRuntime.values()].flatMap((shelf) => shelf.values().next().value ?? []);
  }

  of(runtime: RuntimeKey): readonly WarmSandbox[] {
    return [...(this.#byRuntime.get(runtimeKeyText(runtime))?.values() ?? [])];
  }

  put(entry: WarmSandbox): void {
    const text = runtimeKeyText(entry.runtime);
    const shelf = this.#byRuntime.get(text) ?? new Map<string, WarmSandbox>();
    this.#byRuntime.set(text, shelf.set(entry.sandbox.id, entry));
    this.#byId.set(entry.sandbox.id, entry);
  }

  /** False when it was not there. */
  take(id: string): boolean {
    const entry = this.#byId.get(id);
    if (!entry) return false;
    const text = runtimeKeyText(entry.runtime);
    const shelf = this.#byRuntime.get(text);
    shelf?.delete(id);
    if (shelf?.size === 0) this.#byRuntime.delete(text);
    return this.#byId.delete(id);
  }
}

export class WarmBook {
  readonly #deps: WarmBookDeps;
  readonly #known = new Shelf();
  readonly #offering = new Set<string>();
  /** Being offered or taken out at this moment. */
  readonly #busy = new Set<string>();
  /** Taken out of the pool, and not stopped yet. */
  readonly #withdrawn = new Set<string>();
  /** The newest of which nothing is left, or soon will not: an offer that arrives late may bring them back into the pool. */
  readonly #dead = new Set<string>();
  /** Those of them that may have left something: they died before they were offered, or it is unknown whether they were taken out. */
  readonly #unburied = new Set<string>();
  /** Those that were given away while a list was read, on which they may still be. */
  readonly #forgotten = new Set<string>();
  /** How many lists are being read; whoever begins reads one for `adopt`. */
  #reading = 1;
  #closed = false;
  #resigned = false;

  constructor(deps: WarmBookDeps) {
    this.#deps = deps;
  }

  /** Takes note of what is in the pool already. */
  adopt(entries: readonly WarmSandbox[]): void {
    for (const entry of entries) {
      const { id } = entry.sandbox;
      if (!this.#dead.has(id) && !this.#forgotten.has(id)) this.#known.put(entry);
    }
  }

  /** All that an earlier leader left has been adopted. */
  opened(): void {
    this.#read();
  }

  /** What waits in the pool for sessions of a runtime, oldest first, as far as is known here. */
  waiting(runtime: RuntimeKey): readonly WarmSandbox[] {
    return this.#known.of(runtime).filter((entry) => !this.#offering.has(entry.sandbox.id));
  }

  /** Runtimes of which something waits. */
  runtimes(): readonly RuntimeKey[] {
    return this.#known.samples().map(({ runtime }) => runtime);
  }

  /** Whether it is being offered or taken out. */
  isBusy({ sandbox: { id } }: WarmSandbox): boolean {
    return this.#busy.has(id);
  }

  /** Puts a sandbox into the pool; resolves when the store has answered, or when nobody here may ask it any more. */
  async offer(entry: WarmSandbox): Promise<void> {
    const { id } = entry.sandbox;
    if (this.#dead.has(id)) return void this.#unburied.add(id);
    this.#known.put(entry);
    this.#busy.add(id);
    this.#offering.add(id);
    try {
      await this.#offered(entry);
    } finally {
      this.#busy.delete(id);
      this.#offering.delete(id);
    }
    if (this.#dead.has(id)) await this.retire(entry);
  }

  /** Takes a sandbox out of the pool and stops it; leaves it alone when somebody was faster. Rejects with STORE_UNAVAILABLE. */
  async retire(entry: WarmSandbox): Promise<void> {
    const { id } = entry.sandbox;
    if (this.#busy.has(id) || this.#closed) return;
    this.#busy.add(id);
    try {
      const taken = await this.#deps.store.withdraw(id);
      if (this.#resigned) return;
      if (taken) {
        this.#withdrawn.add(id);
        this.#known.take(id);
        return await this.#stopWithdrawn(id);
      }
    } finally {
      this.#busy.delete(id);
    }
    await this.#strayed(entry);
  }

  /** A sandbox died that no session has. Answers whether it waited in the pool. Rejects with STORE_UNAVAILABLE. */
  async died(id: string): Promise<WarmSandbox | undefined> {
    this.#isDead(id);
    if (this.#known.take(id)) this.#unburied.add(id);
    const entry = (await this.#deps.store.entries()).find((one) => one.sandbox.id === id);
    if (entry) await this.retire(entry);
    return entry;
  }

  /** It is a session's now, or nothing is left of it. */
  forget(id: string): void {
    this.#known.take(id);
    if (this.#reading > 0) this.#forgotten.add(id);
  }

  /**
   * Compares the store's pool with what is known here: whose claim was not heard of is told, what is neither in the pool nor
   * anybody's goes back into it, and what is in it is known from then on. Rejects with STORE_UNAVAILABLE.
   */
  async compare(): Promise<void> {
    for (const id of [...this.#withdrawn]) if (!this.#busy.has(id)) await this.#stopWithdrawn(id);
    const entries = await this.#entries();
    for (const entry of entries) if (this.#dead.has(entry.sandbox.id)) await this.retire(entry);
    const pooled = new Set(entries.map((entry) => entry.sandbox.id));
    for (const id of [...this.#unburied]) if (!pooled.has(id)) await this.#bury(id);
    for (const entry of this.#known.all()) if (!pooled.has(entry.sandbox.id)) await this.#strayed(entry);
  }

  /** Begins nothing any more; what is being taken out is still stopped. */
  close(): void {
    this.#closed = true;
  }

  /** Asks nothing of anybody any more. */
  resign(): void {
    this.#closed = true;
    this.#resigned = true;
  }

  /** The store's pool; what is in it and not known here is known then. */
  async #entries(): Promise<readonly WarmSandbox[]> {
    this.#reading += 1;
    try {
      const entries = await this.#deps.store.entries();
      const isNew = ({ sandbox: { id } }: WarmSandbox): boolean =>
        !this.#known.has(id) && !this.#busy.has(id) && !this.#withdrawn.has(id);
      this.adopt(entries.filter(isNew));
      return entries;
    } finally {
      this.#read();
    }
  }

  #read(): void {
    this.#reading -= 1;
    if (this.#reading === 0) this.#forgotten.clear();
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

  async #strayed(entry: WarmSandbox): Promise<void> {
    const { id } = entry.sandbox;
    const isMine = (): boolean => this.#known.has(id) && !this.#busy.has(id) && !this.#closed;
    if (!isMine()) return;
    const record = await this.#deps.store.bySandbox(id);
    if (!isMine()) return;
    if (!record) return this.offer(entry);
    this.#known.take(id);
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
    this.#isDead(id);
  }

  #isDead(id: string): void {
    this.#dead.add(id);
    if (this.#dead.size <= deadRemembered) return;
    const [oldest] = this.#dead;
    if (oldest !== undefined) this.#dead.delete(oldest);
  }
}
