// Keeps each runtime's warm pool at its size: started, verified ready, paused, then offered to the store (S5).
// Refills start at once but wait while sessions start cold, and few at a time: live work goes first.
// Does not own claims: those are store operations; it only hears of them. Nor which warm sandboxes there are (warm-book.ts).
import os from 'node:os';
import type { Clock } from '../model/clock.ts';
import { asPlatformError, type PlatformError } from '../model/errors.ts';
import type { Ids } from '../model/open-session.ts';
import type { PoolTargets } from '../model/platform.ts';
import { runtimeKeyText, type RuntimeKey } from '../model/sandbox.ts';
import type { SessionStore, WarmSandbox } from '../model/session-store.ts';
import type { Session } from '../model/session.ts';
import { backoffMs, planPool } from './core/pool-plan.ts';
import type { Deployment, Deployments } from './deployments.ts';
import type { Freezer, SandboxLifecycle } from './driver.ts';
import { WarmBook } from './warm-book.ts';

export interface PoolsDeps {
  readonly store: Pick<SessionStore, 'offer' | 'withdraw' | 'entries' | 'bySandbox'>;
  readonly driver: SandboxLifecycle & Freezer;
  readonly deployments: Deployments;
  /** Sizes that somebody else decided; a runtime without one has its own `warmPoolSize`. */
  readonly targets?: PoolTargets;
  readonly ids: Ids;
  readonly clock: Clock;
  /**
   * How many warm sandboxes may start at the same time where they start on other machines. Without it they start on this one:
   * on half of its processors, and never while a session starts cold.
   */
  readonly startsAtOnce?: number;
  /** How many sessions are being started cold at this moment. */
  readonly coldStarts: () => number;
  /** Told of a session that has a sandbox which was thought to wait in the pool. */
  readonly onClaimed: (session: Session) => void;
  readonly log: (message: string, fields: Readonly<Record<string, unknown>>) => void;
}

/** State of one runtime's pool that is not in the store. */
interface Tending {
  readonly key: RuntimeKey;
  /** What the failures are about. */
  revision: string | undefined;
  starting: number;
  failures: number;
  quietUntil: number;
  looking: boolean;
  again: boolean;
  trouble?: string;
}

const waitForLiveMs = 20;
const atOnceHere = Math.max(1, Math.floor(os.availableParallelism() / 2));

/** A start's reason says all; another failure's only with what failed. */
function troubleOf({ code, message, details: { reason } }: PlatformError): string {
  if (reason === undefined) return message;
  return code.startsWith('SANDBOX_') ? reason : `${message} (${reason})`;
}

/** What failed before says nothing of another revision: whoever mended it need not wait. */
function beginAnew(pool: Tending, revision: string): void {
  pool.revision = revision;
  pool.failures = 0;
  pool.quietUntil = 0;
  delete pool.trouble;
}

export class Pools {
  readonly #deps: PoolsDeps;
  readonly #tendings = new Map<string, Tending>();
  readonly #underway = new Set<Promise<void>>();
  readonly #book: WarmBook;
  #startingInAll = 0;
  #open = false;
  #closed = false;
  #resigned = false;

  constructor(deps: PoolsDeps) {
    this.#deps = deps;
    this.#book = new WarmBook(deps);
  }

  /** Takes note of warm sandboxes that are in the pool already. */
  adopt(entries: readonly WarmSandbox[]): void {
    this.#book.adopt(entries);
  }

  /** Puts a warm sandbox into the pool. */
  offer(entry: WarmSandbox): Promise<void> {
    return this.#book.offer(entry);
  }

  /** A sandbox is a session's now, or nothing is left of it. */
  forget(sandboxId: string): void {
    this.#book.forget(sandboxId);
  }

  /** Pools are looked after from now on: what an earlier leader left has been told to `adopt` and `offer`. */
  open(): void {
    this.#open = true;
    for (const { runtime } of this.#deps.deployments.all())
      this.#deps.clock.after(0, () => this.look(runtime.key));
  }

  /** Looks at a runtime's pool and does what it lacks. Returns at once; asking often costs little. */
  look(key: RuntimeKey): void {
    if (!this.#open || this.#closed) return;
    const pool = this.#tending(key);
    pool.again = true;
    if (pool.looking) return;
    pool.looking = true;
    const work = this.#tendUntilQuiet(pool).catch((fault: unknown) => {
      if (this.#closed) return;
      this.#deps.log('a pool could not be looked after', { runtime: runtimeKeyText(key), fault });
      this.#deps.clock.after(backoffMs(1), () => this.look(key));
    });
    this.#track(work.finally(() => (pool.looking = false)));
  }

  /** Looks at all pools as if nothing had been heard: what a message would have told is found out. Rejects with STORE_UNAVAILABLE. */
  async lookAgain(): Promise<void> {
    if (!this.#open || this.#closed) return;
    const keys = [
      ...[...this.#tendings.values()].map((pool) => pool.key),
      ...this.#deps.deployments.all().map(({ runtime }) => runtime.key),
    ];
    for (const key of keys) this.look(key);
    await this.#book.compare();
  }

  /** Takes a sandbox out that died while it waited. Rejects with STORE_UNAVAILABLE. */
  async lost(sandboxId: string): Promise<void> {
    const entry = await this.#book.died(sandboxId);
    if (entry) this.look(entry.runtime);
  }

  /** Starts, offers and stops nothing any more; what is under way is left as it is. */
  resign(): void {
    this.#closed = true;
    this.#resigned = true;
    this.#book.close();
  }

  /** Starts nothing any more and waits for what is under way. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#book.close();
    while (this.#underway.size > 0) await Promise.all(this.#underway);
  }

  #tending(key: RuntimeKey): Tending {
    const text = runtimeKeyText(key);
    const known = this.#tendings.get(text);
    if (known) return known;
    const untried = { revision: undefined, starting: 0, failures: 0, quietUntil: 0 };
    const fresh = { key, ...untried, looking: false, again: false };
    this.#tendings.set(text, fresh);
    return fresh;
  }

  #track(work: Promise<void>): void {
    this.#underway.add(work);
    void work.finally(() => this.#underway.delete(work));
  }

  async #tendUntilQuiet(pool: Tending): Promise<void> {
    do {
      pool.again = false;
      await this.#tend(pool);
    } while (pool.again && !this.#closed);
  }

  async #tend(pool: Tending): Promise<void> {
    const { deployments, store, targets } = this.#deps;
    const deployment = deployments.find(pool.key);
    const size = targets?.find(pool.key)?.size ?? deployment?.runtime.warmPoolSize ?? 0;
    const wanted = deployment ? { revision: deployment.runtime.revision, size } : null;
    const entries = await store.entries();
    const plan = planPool({ key: pool.key, wanted, entries, starting: pool.starting });
    for (const entry of plan.retire) await this.#book.retire(entry);
    if (!deployment || this.#closed) return;
    this.#startSome(pool, deployment, plan.start);
    const trouble = pool.trouble === undefined ? {} : { trouble: pool.trouble };
    deployments.reportPool(pool.key, {
      wanted: size,
      ready: plan.ready,
      ...trouble,
    });
  }

  #startSome(pool: Tending, deployment: Deployment, lacking: number): void {
    const { revision } = deployment.runtime;
    if (pool.revision !== revision) beginAnew(pool, revision);
    const starts = lacking > 0 ? Math.min(lacking, this.#allowance(pool)) : 0;
    for (let i = 0; i < starts; i += 1) this.#startOne(pool, deployment);
  }

  /** How many may start now; 0 asks to look again shortly. */
  #allowance(pool: Tending): number {
    const { coldStarts, clock, startsAtOnce } = this.#deps;
    if (startsAtOnce === undefined && coldStarts() > 0) {
      clock.after(waitForLiveMs, () => this.look(pool.key));
      return 0;
    }
    if (clock.now() < pool.quietUntil) return 0;
    // One that fails may take its time for it: it does not get to hold up the others.
    const own = pool.failures > 0 ? 1 - pool.starting : Infinity;
    return Math.min(own, (startsAtOnce ?? atOnceHere) - this.#startingInAll);
  }

  #startOne(pool: Tending, deployment: Deployment): void {
    pool.starting += 1;
    this.#startingInAll += 1;
    const work = this.#makeOne(pool, deployment).finally(() => {
      pool.starting -= 1;
      this.#startingInAll -= 1;
      for (const other of this.#tendings.values()) this.look(other.key);
    });
    this.#track(work);
  }

  async #makeOne(pool: Tending, { runtime, workload }: Deployment): Promise<void> {
    const { ids, driver, clock } = this.#deps;
    const id = ids.uuid();
    const name = `${runtime.key.name}-${ids.suffix()}`;
    const { revision } = runtime;
    try {
      const sandbox = await driver.start({ id, name, generation: 1, workload, revision });
      if (this.#resigned) return;
      await driver.pause(id, 0);
      if (this.#resigned) return;
      if (this.#closed) return await driver.stop(id, 'remove');
      if (pool.revision === revision) beginAnew(pool, revision);
      await this.#book.offer({ sandbox, runtime: runtime.key, revision, readyAt: clock.now() });
    } catch (fault) {
      await this.#failed(pool, { id, revision }, fault);
    }
  }

  async #failed(
    pool: Tending,
    { id, revision }: { readonly id: string; readonly revision: string },
    fault: unknown,
  ): Promise<void> {
    if (this.#resigned) return;
    const { clock, driver, log } = this.#deps;
    const why = troubleOf(asPlatformError(fault));
    if (pool.revision === revision) {
      pool.failures += 1;
      pool.trouble = why;
      pool.quietUntil = clock.now() + backoffMs(pool.failures);
      clock.after(backoffMs(pool.failures), () => this.look(pool.key));
    }
    log('a warm sandbox did not start', { runtime: runtimeKeyText(pool.key), why, fault });
    await driver.stop(id, 'remove').catch(() => undefined);
  }
}
