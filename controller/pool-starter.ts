// Starts warm sandboxes: verified ready, paused, then offered (S5). Shares the starts that may be under way at the same time
// fairly between the pools that lack some, waits longer and longer after failures, and lets sessions that start cold go first.
// Does not own how many a pool lacks (pools.ts), nor whose turn it is (core/pool-plan.ts).
import os from 'node:os';
import type { Cancel, Clock } from '../model/clock.ts';
import { asPlatformError, type PlatformError } from '../model/errors.ts';
import type { Ids } from '../model/open-session.ts';
import { runtimeKeyText, type RuntimeKey } from '../model/sandbox.ts';
import type { WarmSandbox } from '../model/session-store.ts';
import { backoffMs, nextToStart, type Lack } from './core/pool-plan.ts';
import { fastestAfter, firstLimit, limitAfter } from './core/start-limit.ts';
import type { Deployment } from './deployments.ts';
import type { Freezer, SandboxLifecycle } from './driver.ts';

export interface PoolStarterDeps {
  readonly driver: SandboxLifecycle & Freezer;
  readonly ids: Ids;
  readonly clock: Clock;
  /** See PoolsDeps. */
  readonly nodes?: (() => number) | undefined;
  readonly coldStarts: () => number;
  readonly offer: (entry: WarmSandbox) => Promise<void>;
  /** Told after a start of a runtime's sandbox began or ended, and when one that failed may be tried again. */
  readonly onChange: (key: RuntimeKey) => void;
  readonly log: (message: string, fields: Readonly<Record<string, unknown>>) => void;
}

/** What a pool needs of one revision of its runtime. */
export interface Need {
  readonly lacking: number;
  readonly ready: number;
  readonly size: number;
}

/** The starts of one revision of a runtime. What failed before says nothing of another: whoever mended it need not wait. */
interface Attempts extends Lack {
  readonly revision: string;
  deployment: Deployment;
  lacking: number;
  starting: number;
  ready: number;
  size: number;
  failures: number;
  quietUntil: number;
  lastTurn: number;
  fastestMs?: number;
  trouble?: string;
}

const lookForLiveMs = 20;
/** A session that starts cold has the machine to itself for so long (ms); while they never end, one warm sandbox starts at a time. */
const liveFirstMs = 250;
const atOnceHere = Math.max(1, Math.floor(os.availableParallelism() / 2));

/** A start's reason says all; another failure's only with what failed. */
function troubleOf({ code, message, details: { reason } }: PlatformError): string {
  if (reason === undefined) return message;
  return code.startsWith('SANDBOX_') ? reason : `${message} (${reason})`;
}

const untried = {
  ...{ lacking: 0, starting: 0, ready: 0, size: 0 },
  ...{ failures: 0, quietUntil: 0, lastTurn: 0 },
};

export class PoolStarter {
  readonly #deps: PoolStarterDeps;
  readonly #attempts = new Map<string, Attempts>();
  /** Those of them that lack some. */
  readonly #lacking = new Set<Attempts>();
  readonly #underway = new Set<Promise<void>>();
  #startingInAll = 0;
  /** How many may start at once on other machines, as learned until now. */
  #limit: number | undefined;
  #turn = 0;
  /** Since when sessions have been starting cold without a pause (ms, monotonic). */
  #liveSince: number | undefined;
  #stopLooking: Cancel | undefined;
  #closed = false;
  #resigned = false;

  constructor(deps: PoolStarterDeps) {
    this.#deps = deps;
  }

  /** Sandboxes of the revision that are on their way to the pool. */
  starting(key: RuntimeKey, revision: string): number {
    return this.#known(key, revision)?.starting ?? 0;
  }

  /** Why the newest start of the revision failed, while it is so. */
  trouble(key: RuntimeKey, revision: string): string | undefined {
    return this.#known(key, revision)?.trouble;
  }

  /** Says what a pool needs from now on; as much of it as may be begins at once. */
  need(deployment: Deployment, need: Need): void {
    const attempts = this.#of(deployment);
    attempts.deployment = deployment;
    Object.assign(attempts, need);
    if (need.lacking > 0) this.#lacking.add(attempts);
    else this.#lacking.delete(attempts);
    this.#startSome();
  }

  /** The runtime is not deployed any more. */
  forget(key: RuntimeKey): void {
    const text = runtimeKeyText(key);
    const attempts = this.#attempts.get(text);
    if (attempts) this.#lacking.delete(attempts);
    this.#attempts.delete(text);
  }

  /** Starts and offers nothing any more; what is under way is left as it is. */
  resign(): void {
    this.#resigned = true;
    this.#stop();
  }

  /** Starts nothing any more and waits for what is under way. */
  async close(): Promise<void> {
    this.#stop();
    while (this.#underway.size > 0) await Promise.all(this.#underway);
  }

  #stop(): void {
    this.#closed = true;
    this.#stopLooking?.();
  }

  #known(key: RuntimeKey, revision: string): Attempts | undefined {
    const known = this.#attempts.get(runtimeKeyText(key));
    return known?.revision === revision ? known : undefined;
  }

  #of(deployment: Deployment): Attempts {
    const { key, revision } = deployment.runtime;
    const known = this.#known(key, revision);
    if (known) return known;
    this.forget(key);
    const fresh = { revision, deployment, ...untried };
    this.#attempts.set(runtimeKeyText(key), fresh);
    return fresh;
  }

  #startSome(): void {
    while (!this.#closed && this.#lacking.size > 0 && this.#startingInAll < this.#allowed()) {
      const next = nextToStart(this.#lacking, this.#deps.clock.now());
      if (!next) return;
      this.#startOne(next);
    }
  }

  /** How many may be under way now; looks again by itself while sessions start cold. */
  #allowed(): number {
    const { coldStarts, clock, nodes } = this.#deps;
    if (nodes) return (this.#limit ??= firstLimit(nodes()));
    if (coldStarts() === 0) {
      this.#liveSince = undefined;
      return atOnceHere;
    }
    this.#liveSince ??= clock.monotonic();
    this.#lookForLive();
    return clock.monotonic() - this.#liveSince >= liveFirstMs ? 1 : 0;
  }

  #lookForLive(): void {
    this.#stopLooking ??= this.#deps.clock.after(lookForLiveMs, () => {
      this.#stopLooking = undefined;
      this.#allowed();
      this.#startSome();
    });
  }

  #startOne(attempts: Attempts): void {
    const { onChange } = this.#deps;
    const { key } = attempts.deployment.runtime;
    attempts.starting += 1;
    attempts.lacking -= 1;
    if (attempts.lacking === 0) this.#lacking.delete(attempts);
    attempts.lastTurn = this.#turn += 1;
    this.#startingInAll += 1;
    const work = this.#makeOne(attempts).finally(() => {
      attempts.starting -= 1;
      this.#startingInAll -= 1;
      this.#underway.delete(work);
      onChange(key);
      this.#startSome();
    });
    this.#underway.add(work);
    onChange(key);
  }

  async #makeOne(attempts: Attempts): Promise<void> {
    const { ids, driver, clock, offer } = this.#deps;
    const { runtime, workload } = attempts.deployment;
    const { key, revision } = runtime;
    const id = ids.uuid();
    try {
      const name = `${key.name}-${ids.suffix()}`;
      const since = clock.monotonic();
      const sandbox = await driver.start({ id, name, generation: 1, workload, revision });
      if (this.#resigned) return;
      this.#learn(attempts, clock.monotonic() - since);
      await driver.pause(id, 0);
      if (this.#resigned) return;
      if (this.#closed) return await driver.stop(id, 'remove');
      attempts.failures = 0;
      attempts.quietUntil = 0;
      delete attempts.trouble;
      await offer({ sandbox, runtime: key, revision, readyAt: clock.now() });
    } catch (fault) {
      await this.#failed(attempts, id, fault);
    }
  }

  #learn(attempts: Attempts, tookMs: number): void {
    const { nodes } = this.#deps;
    const fastestMs = fastestAfter(attempts.fastestMs, tookMs);
    attempts.fastestMs = fastestMs;
    const sample = { tookMs, fastestMs, beside: this.#startingInAll };
    if (nodes) this.#limit = limitAfter(this.#limit ?? firstLimit(nodes()), sample, nodes());
  }

  async #failed(attempts: Attempts, id: string, fault: unknown): Promise<void> {
    if (this.#resigned) return;
    const { clock, driver, log, onChange } = this.#deps;
    const { key } = attempts.deployment.runtime;
    const why = troubleOf(asPlatformError(fault));
    attempts.failures += 1;
    attempts.trouble = why;
    const pauseMs = backoffMs(attempts.failures);
    attempts.quietUntil = clock.now() + pauseMs;
    clock.after(pauseMs, () => onChange(key));
    log('a warm sandbox did not start', { runtime: runtimeKeyText(key), why, fault });
    await driver.stop(id, 'remove').catch(() => undefined);
  }
}
