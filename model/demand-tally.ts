// What one program saw of new sessions since it told last: sums per runtime. Pure; does not own when it is told (demand-reporter.ts).
// A report that was not sent is given back, and what came meanwhile is added to it.
import type { RuntimeDemand } from './demand.ts';
import type { OpenedSession } from './open-session.ts';
import { runtimeKeyText, type RuntimeKey } from './sandbox.ts';

/** Whoever opens sessions tells it so. */
export interface DemandCounter {
  /** A new session was opened: with a sandbox that was ready, or without. */
  opened(runtime: RuntimeKey, how: OpenedSession['how']): void;
  /** A new session got its sandbox after so long (ms). */
  served(runtime: RuntimeKey, waitedMs: number): void;
}

/** Sums of one runtime; the gauge `inFlight` is no sum, and not here. */
export type Tallied = Omit<RuntimeDemand, 'inFlight'>;

type Sums = { -readonly [K in keyof Tallied]: Tallied[K] };

export class DemandTally implements DemandCounter {
  #sums = new Map<string, Sums>();

  get isEmpty(): boolean {
    return this.#sums.size === 0;
  }

  opened(runtime: RuntimeKey, how: OpenedSession['how']): void {
    const sums = this.#of(runtime);
    sums.arrivals += 1;
    if (how === 'cold') sums.coldStarts += 1;
  }

  served(runtime: RuntimeKey, waitedMs: number): void {
    const sums = this.#of(runtime);
    sums.served += 1;
    sums.waitedMs += waitedMs;
  }

  /** All sums, by runtimeKeyText; the tally is empty then. */
  take(): ReadonlyMap<string, Tallied> {
    const taken = this.#sums;
    this.#sums = new Map();
    return taken;
  }

  /** Adds what was taken and could not be told. */
  giveBack(taken: Iterable<Tallied>): void {
    for (const back of taken) {
      const sums = this.#of(back.runtime);
      sums.arrivals += back.arrivals;
      sums.coldStarts += back.coldStarts;
      sums.waitedMs += back.waitedMs;
      sums.served += back.served;
    }
  }

  #of(runtime: RuntimeKey): Sums {
    const text = runtimeKeyText(runtime);
    const known = this.#sums.get(text);
    if (known) return known;
    const fresh = { runtime, arrivals: 0, coldStarts: 0, waitedMs: 0, served: 0 };
    this.#sums.set(text, fresh);
    return fresh;
  }
}
