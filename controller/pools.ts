// Brings each runtime's warm pool to its size, up and down: its own `warmPoolSize`, or what somebody else decided.
// Works from memory: what is offered, claimed and lost is heard, and compared with the store now and then.
// Does not own claims: those are store operations; it only hears of them. Nor which warm sandboxes there are (warm-book.ts), nor
// how and in whose turn they start (pool-starter.ts).
import type { Clock } from '../model/clock.ts';
import type { Ids } from '../model/open-session.ts';
import type { PoolTargets } from '../model/platform.ts';
import { runtimeKeyText, type RuntimeKey } from '../model/sandbox.ts';
import type { SessionStore, WarmSandbox } from '../model/session-store.ts';
import type { Session } from '../model/session.ts';
import { planPool } from './core/pool-plan.ts';
import type { Deployment, Deployments, PoolStanding, PoolStatus } from './deployments.ts';
import type { Freezer, SandboxLifecycle } from './driver.ts';
import { PoolStarter } from './pool-starter.ts';
import type { PoolStand } from './supply-reporter.ts';
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
   * On how many other machines warm sandboxes start: as many at the same time as they do without slowing each other down. Without
   * it they start on this one: on half of its processors, and while sessions start cold at most one.
   */
  readonly nodes?: (() => number) | undefined;
  /** How many sessions are being started cold at this moment. */
  readonly coldStarts: () => number;
  /** Told of a session that has a sandbox which was thought to wait in the pool. */
  readonly onClaimed: (session: Session) => void;
  /** Told how a pool stands after that changed. */
  readonly onStanding?: (stand: PoolStand) => void;
  readonly log: (message: string, fields: Readonly<Record<string, unknown>>) => void;
}

/** How many are stopped at the same time: the more, the more work it is for this machine, or for others. */
const stopsAtOnceHere = 4;
const stopsAtOnceElsewhere = 64;
const retryMs = 1_000;
const looksAtATime = 500;

interface Told {
  readonly key: RuntimeKey;
  /** Absent of what is left of a runtime that is not deployed any more. */
  readonly deployment?: Deployment;
  readonly status?: PoolStatus;
}

export class Pools {
  readonly #deps: PoolsDeps;
  readonly #book: WarmBook;
  readonly #starter: PoolStarter;
  /** Pools that there is something of, and what was told of them last. */
  readonly #told = new Map<string, Told>();
  /** Pools that have more than could be taken out at once. */
  readonly #overfull = new Map<string, RuntimeKey>();
  readonly #retiring = new Set<Promise<void>>();
  #open = false;
  #closed = false;

  constructor(deps: PoolsDeps) {
    this.#deps = deps;
    this.#book = new WarmBook(deps);
    this.#starter = new PoolStarter({
      ...deps,
      offer: (entry) => this.#book.offer(entry),
      onChange: (key) => this.look(key),
    });
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
    this.#book.opened();
    this.#lookAtAll();
  }

  /** Looks at a runtime's pool and does what it lacks, or has too much. Returns at once; asking often costs little. */
  look(key: RuntimeKey): void {
    if (!this.#open || this.#closed) return;
    const deployment = this.#deps.deployments.find(key);
    const wanted = deployment && { revision: deployment.runtime.revision, size: this.#sizeOf(deployment) };
    const mine = this.#book.waiting(key);
    const starting = wanted ? this.#starter.starting(key, wanted.revision) : 0;
    const plan = planPool({ wanted: wanted ?? null, mine, starting });
    this.#retire(key, plan.retire);
    if (!deployment || !wanted) return this.#gone(key, mine);
    this.#starter.need(deployment, { lacking: plan.start, ready: plan.ready, size: wanted.size });
    this.#tell(deployment);
  }

  /** Looks at all pools as if nothing had been heard: what a message would have told is found out. Rejects with STORE_UNAVAILABLE. */
  async lookAgain(): Promise<void> {
    if (!this.#open || this.#closed) return;
    try {
      await this.#book.compare();
    } finally {
      this.#lookAtAll();
    }
  }

  /** Takes a sandbox out that died while it waited. Rejects with STORE_UNAVAILABLE. */
  async lost(sandboxId: string): Promise<void> {
    const entry = await this.#book.died(sandboxId);
    if (entry) this.look(entry.runtime);
  }

  /** How the pool of a deployed runtime stands. */
  standing({ runtime }: Pick<Deployment, 'runtime'>): PoolStanding {
    const { wanted: _, ...standing } = this.#statusOf({ runtime });
    return { runtime, ...standing };
  }

  /** Starts, offers and stops nothing any more; what is under way is left as it is. */
  resign(): void {
    this.#closed = true;
    this.#starter.resign();
    this.#book.resign();
  }

  /** Starts nothing any more and waits for what is under way. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#book.close();
    await this.#starter.close();
    while (this.#retiring.size > 0) await Promise.all(this.#retiring);
  }

  /** Some at a time, so that live work gets in between. */
  #lookAtAll(): void {
    const keys = [...this.#all()];
    for (let i = 0; i < keys.length; i += looksAtATime)
      this.#deps.clock.after(0, () => keys.slice(i, i + looksAtATime).forEach((key) => this.look(key)));
  }

  /** Every runtime that is deployed, or of which something is left. */
  #all(): Iterable<RuntimeKey> {
    const left = [...this.#told.values()].map(({ key }) => key);
    const deployed = this.#deps.deployments.all().map(({ runtime }) => runtime.key);
    return new Map(
      [...left, ...this.#book.runtimes(), ...deployed].map((key) => [runtimeKeyText(key), key]),
    ).values();
  }

  #sizeOf({ runtime }: Pick<Deployment, 'runtime'>): number {
    return this.#deps.targets?.find(runtime.key)?.size ?? runtime.warmPoolSize;
  }

  #statusOf({ runtime }: Pick<Deployment, 'runtime'>): PoolStatus {
    const { key, revision } = runtime;
    const wanted = this.#sizeOf({ runtime });
    const current = this.#book.waiting(key).filter((entry) => entry.revision === revision);
    const target = this.#deps.targets?.find(key);
    const trouble = this.#starter.trouble(key, revision);
    return {
      ...{ wanted, ready: Math.min(current.length, wanted), starting: this.#starter.starting(key, revision) },
      ...(trouble !== undefined && { trouble }),
      ...(target && { target }),
    };
  }

  /** Says how a pool stands, to whoever shows it and whoever decides its size; nothing while it is as it was told. */
  #tell(deployment: Deployment): void {
    const { key } = deployment.runtime;
    const text = runtimeKeyText(key);
    const status = this.#statusOf(deployment);
    const before = this.#told.get(text);
    // Whoever shows it begins anew with another deployment.
    if (before?.deployment === deployment && before.status && isSame(before.status, status)) return;
    this.#told.set(text, { key, deployment, status });
    this.#deps.deployments.reportPool(key, status);
    const { ready, starting, trouble } = status;
    this.#deps.onStanding?.({ runtime: key, ready, starting, ...(trouble !== undefined && { trouble }) });
  }

  /** A runtime that is not deployed any more. */
  #gone(key: RuntimeKey, left: readonly WarmSandbox[]): void {
    const text = runtimeKeyText(key);
    this.#starter.forget(key);
    if (left.length === 0) this.#told.delete(text);
    else this.#told.set(text, { key });
    this.#deps.onStanding?.({ runtime: key, ready: 0, starting: 0 });
  }

  /** Takes out as many as may be stopped at once; the rest when those are gone, unless they are wanted again by then. */
  #retire(key: RuntimeKey, surplus: readonly WarmSandbox[]): void {
    const text = runtimeKeyText(key);
    const most = this.#deps.nodes === undefined ? stopsAtOnceHere : stopsAtOnceElsewhere;
    this.#overfull.delete(text);
    for (const entry of surplus) {
      if (this.#book.isBusy(entry)) continue;
      if (this.#retiring.size >= most) return void this.#overfull.set(text, key);
      this.#retireOne(key, entry);
    }
  }

  #retireOne(key: RuntimeKey, entry: WarmSandbox): void {
    const { clock, log } = this.#deps;
    const work = this.#book
      .retire(entry)
      .then(
        () => this.look(key),
        (fault: unknown) => {
          if (this.#closed) return;
          log('a warm sandbox could not be taken out', { runtime: runtimeKeyText(key), fault });
          clock.after(retryMs, () => this.look(key));
        },
      )
      .finally(() => {
        this.#retiring.delete(work);
        for (const other of [...this.#overfull.values()]) this.look(other);
      });
    this.#retiring.add(work);
  }
}

const isSame = (one: PoolStatus, other: PoolStatus): boolean =>
  one.wanted === other.wanted &&
  one.ready === other.ready &&
  one.starting === other.starting &&
  one.trouble === other.trouble &&
  one.target === other.target;
