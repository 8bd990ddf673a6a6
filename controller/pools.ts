// Keeps each runtime's warm pool at its size: started, verified ready, paused, then offered to the store (S5).
// Refills start at once but wait while sessions start cold, and few at a time: live work goes first.
// Does not own claims: those are store operations; it only hears of them.
import os from 'node:os';
import type { Clock } from '../model/clock.ts';
import { asPlatformError } from '../model/errors.ts';
import type { Ids } from '../model/open-session.ts';
import { runtimeKeyText, type RuntimeKey } from '../model/sandbox.ts';
import type { WarmPool, WarmSandbox } from '../model/session-store.ts';
import { backoffMs, planPool } from './core/pool-plan.ts';
import type { Deployment, Deployments } from './deployments.ts';
import type { Freezer, SandboxLifecycle } from './driver.ts';

export interface PoolsDeps {
  readonly store: Pick<WarmPool, 'offer' | 'withdraw' | 'entries'>;
  readonly driver: SandboxLifecycle & Freezer;
  readonly deployments: Deployments;
  readonly ids: Ids;
  readonly clock: Clock;
  /** How many sessions are being started cold at this moment. */
  readonly coldStarts: () => number;
  readonly log: (message: string, fields: Readonly<Record<string, unknown>>) => void;
}

export interface Pools {
  /** Looks at a runtime's pool and does what it lacks. Returns at once; asking often costs little. */
  look(key: RuntimeKey): void;
  /** Takes a sandbox out that died while it waited. */
  lost(sandboxId: string): Promise<void>;
  /** Starts nothing any more and waits for what is under way. */
  close(): Promise<void>;
}

/** State of one runtime's pool that is not in the store. */
interface Tending {
  readonly key: RuntimeKey;
  starting: number;
  failures: number;
  quietUntil: number;
  looking: boolean;
  again: boolean;
  trouble?: string;
}

const waitForLiveMs = 20;

export function createPools(deps: PoolsDeps): Pools {
  const { store, driver, deployments, clock } = deps;
  const tendings = new Map<string, Tending>();
  const underway = new Set<Promise<void>>();
  const atOnce = Math.max(1, Math.floor(os.availableParallelism() / 2));
  let startingInAll = 0;
  let closed = false;

  function tending(key: RuntimeKey): Tending {
    const text = runtimeKeyText(key);
    const known = tendings.get(text);
    if (known) return known;
    const fresh = { key, starting: 0, failures: 0, quietUntil: 0, looking: false, again: false };
    tendings.set(text, fresh);
    return fresh;
  }

  const track = (work: Promise<void>): void => {
    underway.add(work);
    void work.finally(() => underway.delete(work));
  };

  async function makeOne(pool: Tending, { runtime, workload }: Deployment): Promise<void> {
    const id = deps.ids.uuid();
    const name = `${runtime.key.name}-${deps.ids.suffix()}`;
    try {
      const { revision } = runtime;
      const sandbox = await driver.start({ id, name, generation: 1, workload, revision });
      await driver.pause(id);
      if (closed) return await driver.stop(id, 'remove');
      await store.offer({ sandbox, runtime: runtime.key, revision, readyAt: clock.now() });
      pool.failures = 0;
      delete pool.trouble;
    } catch (fault) {
      await failed(pool, id, fault);
    }
  }

  async function failed(pool: Tending, id: string, fault: unknown): Promise<void> {
    const error = asPlatformError(fault);
    pool.failures += 1;
    pool.trouble = error.details.reason ?? error.message;
    pool.quietUntil = clock.now() + backoffMs(pool.failures);
    clock.after(backoffMs(pool.failures), () => look(pool.key));
    deps.log('a warm sandbox did not start', { runtime: runtimeKeyText(pool.key), why: pool.trouble, fault });
    await driver.stop(id, 'remove').catch(() => undefined);
  }

  function startOne(pool: Tending, deployment: Deployment): void {
    pool.starting += 1;
    startingInAll += 1;
    track(
      makeOne(pool, deployment).finally(() => {
        pool.starting -= 1;
        startingInAll -= 1;
        for (const other of tendings.values()) look(other.key);
      }),
    );
  }

  async function retire(entry: WarmSandbox): Promise<void> {
    if (await store.withdraw(entry.sandbox.id)) await driver.stop(entry.sandbox.id, 'remove');
  }

  /** How many may start now; 0 asks to look again shortly. */
  function allowance(pool: Tending): number {
    if (deps.coldStarts() > 0) {
      clock.after(waitForLiveMs, () => look(pool.key));
      return 0;
    }
    return clock.now() < pool.quietUntil ? 0 : atOnce - startingInAll;
  }

  async function tend(pool: Tending): Promise<void> {
    const deployment = deployments.find(pool.key);
    const wanted = deployment && { revision: deployment.runtime.revision, size: deployment.runtime.warmPoolSize };
    const entries = await store.entries();
    const plan = planPool({ key: pool.key, wanted: wanted ?? null, entries, starting: pool.starting });
    for (const entry of plan.retire) await retire(entry);
    if (!deployment) return;
    const starts = plan.start > 0 ? Math.min(plan.start, allowance(pool)) : 0;
    for (let i = 0; i < starts; i += 1) startOne(pool, deployment);
    const trouble = pool.trouble === undefined ? {} : { trouble: pool.trouble };
    deployments.reportPool(pool.key, { wanted: deployment.runtime.warmPoolSize, ready: plan.ready, ...trouble });
  }

  async function tendUntilQuiet(pool: Tending): Promise<void> {
    do {
      pool.again = false;
      await tend(pool);
    } while (pool.again && !closed);
  }

  function look(key: RuntimeKey): void {
    if (closed) return;
    const pool = tending(key);
    pool.again = true;
    if (pool.looking) return;
    pool.looking = true;
    const work = tendUntilQuiet(pool).catch((fault: unknown) => {
      deps.log('a pool could not be looked after', { runtime: runtimeKeyText(key), fault });
      clock.after(backoffMs(1), () => look(key));
    });
    track(work.finally(() => (pool.looking = false)));
  }

  return {
    look,
    async lost(sandboxId) {
      const entry = (await store.entries()).find((one) => one.sandbox.id === sandboxId);
      if (!entry) return;
      await retire(entry);
      look(entry.runtime);
    },
    async close() {
      closed = true;
      while (underway.size > 0) await Promise.all(underway);
    },
  };
}
