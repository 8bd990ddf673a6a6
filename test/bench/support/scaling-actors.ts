// Who tells an autoscaler what it sees, without sandboxes: an activator with sessions that have nothing to do, and pools that follow their
// targets a start-up later. Both tell through the programs' own reporters. Does not own the load (scaling-load.ts).
import type { RedisConnection } from '../../../adapters/redis/connection.ts';
import { redisDemand } from '../../../adapters/redis/demand.ts';
import { systemClock as clock } from '../../../adapters/system/clock.ts';
import type { SupplyReporter } from '../../../controller/supply-reporter.ts';
import { DemandReporter } from '../../../model/demand-reporter.ts';
import type { PoolTargets } from '../../../model/platform.ts';
import { runtimeKeyText, type RuntimeKey } from '../../../model/sandbox.ts';

export const startUpMs = 1_500;
/** How long a session's requests are in hand (ms). */
const inHandMs = 5_000;

/** Opens sessions and tells of them. */
export class Activator {
  readonly reporter: DemandReporter;
  readonly #inHand = new Map<string, [RuntimeKey, number]>();

  constructor({ link }: RedisConnection, from: string) {
    const reports = redisDemand({ link, bus: { onMessage: () => () => undefined } });
    this.reporter = new DemandReporter({ reports, from, clock, inFlight: () => this.#inHand.values() });
    this.reporter.start();
  }

  /** A new session whose sandbox is there after so long. */
  open(key: RuntimeKey, how: 'claim' | 'cold', waitMs: number): void {
    const text = runtimeKeyText(key);
    this.reporter.opened(key, how);
    const hand = this.#inHand.get(text) ?? [key, 0];
    this.#inHand.set(text, hand);
    hand[1] += 1;
    setTimeout(() => this.reporter.served(key, waitMs), waitMs);
    setTimeout(() => (hand[1] -= 1) || this.#inHand.delete(text), waitMs + inHandMs);
  }
}

/** Pools that follow their targets, a start-up later. */
export class Pools {
  readonly #supply: SupplyReporter;
  readonly #targets: PoolTargets;
  readonly #pools = new Map<string, { ready: number; starting: number }>();

  constructor(supply: SupplyReporter, targets: PoolTargets) {
    this.#supply = supply;
    this.#targets = targets;
    targets.onChange((key) => this.#follow(key));
  }

  claim(key: RuntimeKey): 'claim' | 'cold' {
    const pool = this.#of(key);
    if (pool.ready === 0) {
      setTimeout(() => this.#supply.started(key, startUpMs), startUpMs);
      return 'cold';
    }
    pool.ready -= 1;
    this.#follow(key);
    return 'claim';
  }

  #of(key: RuntimeKey): { ready: number; starting: number } {
    const text = runtimeKeyText(key);
    const pool = this.#pools.get(text) ?? { ready: 0, starting: 0 };
    this.#pools.set(text, pool);
    return pool;
  }

  #follow(runtime: RuntimeKey): void {
    const pool = this.#of(runtime);
    const size = this.#targets.find(runtime)?.size ?? 0;
    for (; pool.ready + pool.starting < size; pool.starting += 1) {
      setTimeout(() => this.#started(runtime), startUpMs);
    }
    pool.ready = Math.max(0, Math.min(pool.ready, size - pool.starting));
    this.#supply.stands({ runtime, ...pool });
  }

  #started(runtime: RuntimeKey): void {
    const pool = this.#of(runtime);
    pool.starting -= 1;
    pool.ready += 1;
    this.#supply.started(runtime, startUpMs);
    this.#follow(runtime);
  }
}
