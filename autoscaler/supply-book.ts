// How pools stand and what start-ups are like, as the leading controller tells it, until a round draws it.
// Does not own how reports travel. Invariant: a start-up is drawn once; how a pool stands is what the newest leader told last.
// A controller that fell silent is believed on: its pools stand as they were until another tells of them.
import type { PoolSupply, SupplyReport } from '../model/demand.ts';
import { runtimeKeyText } from '../model/sandbox.ts';

/** How one pool stands, and the start-ups since it was drawn last. */
export interface SeenSupply {
  readonly ready: number;
  readonly starting: number;
  /** How long each start-up took that succeeded (ms). */
  readonly startUps: readonly number[];
  readonly failures: number;
}

interface Row {
  ready: number;
  starting: number;
  startUps: number[];
  failures: number;
}

const nothing: SeenSupply = { ready: 0, starting: 0, startUps: [], failures: 0 };

export class SupplyBook {
  readonly #rows = new Map<string, Row>();
  /** Who told of all pools last. */
  #leader: string | undefined;
  #nodes = 1;

  /** Whether anybody has told of all pools. Until then nobody knows what is there. */
  get known(): boolean {
    return this.#leader !== undefined;
  }

  /** Machines that sandboxes are on; 1 while nobody has told. */
  get nodes(): number {
    return this.#nodes;
  }

  /** Takes a report in. */
  take({ from, nodes, all, pools }: SupplyReport): void {
    if (all) {
      this.#leader = from;
      for (const row of this.#rows.values()) Object.assign(row, { ready: 0, starting: 0 });
    }
    // One that leads no more knows how long its start-ups took, but not how pools stand now.
    const leads = this.#leader === undefined || this.#leader === from;
    if (leads) this.#nodes = Math.max(1, nodes);
    for (const pool of pools) this.#add(pool, leads);
  }

  /** How many wait in a runtime's pool. */
  ready(runtime: string): number {
    return this.#rows.get(runtime)?.ready ?? 0;
  }

  /** How a runtime's pool stands, and its start-ups since this was asked last. */
  draw(runtime: string): SeenSupply {
    const row = this.#rows.get(runtime);
    if (!row) return nothing;
    if (row.ready + row.starting === 0) this.#rows.delete(runtime);
    else if (row.startUps.length + row.failures > 0)
      this.#rows.set(runtime, { ...row, startUps: [], failures: 0 });
    return row;
  }

  /** Forgets runtimes that are not among `known`. */
  tidy(known: { has(runtime: string): boolean }): void {
    for (const runtime of this.#rows.keys()) if (!known.has(runtime)) this.#rows.delete(runtime);
  }

  #add({ runtime, ready, starting, startUps, failures }: PoolSupply, leads: boolean): void {
    const text = runtimeKeyText(runtime);
    const row = this.#rows.get(text) ?? { ready: 0, starting: 0, startUps: [], failures: 0 };
    this.#rows.set(text, row);
    if (leads) Object.assign(row, { ready, starting });
    row.startUps.push(...startUps);
    row.failures += failures;
  }
}
