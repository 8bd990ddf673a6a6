// What all programs' reports of demand add up to, runtime by runtime, until a round draws it.
// Does not own what a runtime is, nor how reports travel. Times are milliseconds of a clock that never goes back.
// Invariant: an arrival is drawn once; requests in hand of a program that fell silent count no more.
import type { DemandReport, RuntimeDemand } from '../model/demand.ts';
import { runtimeKeyText } from '../model/sandbox.ts';

/** What was seen of one runtime since it was drawn last. */
export interface SeenDemand {
  readonly arrivals: number;
  readonly coldStarts: number;
  /** Requests in hand, on average over that time. */
  readonly inFlight: number;
}

interface Row {
  arrivals: number;
  coldStarts: number;
  /** Requests in hand now: of each program that has any, and of all. */
  readonly holders: Map<string, number>;
  inFlight: number;
  /** Requests in hand times milliseconds, from `drawnAt` to `summedAt`. */
  area: number;
  summedAt: number;
  drawnAt: number;
}

/** Whoever has requests in hand says so every few seconds; one that has not been heard of for so long has died. */
const silentMs = 15_000;

const nothing: SeenDemand = { arrivals: 0, coldStarts: 0, inFlight: 0 };

export class DemandBook {
  readonly #rows = new Map<string, Row>();
  /** When each program was heard of last. */
  readonly #heard = new Map<string, number>();

  /** Takes a report in. */
  take({ from, demands }: DemandReport, at: number): void {
    this.#heard.set(from, at);
    for (const demand of demands) this.#add(from, demand, at);
  }

  /** What came for a runtime that no round has drawn yet. */
  waiting(runtime: string): { readonly arrivals: number; readonly coldStarts: number } {
    return this.#rows.get(runtime) ?? nothing;
  }

  /** What was seen of a runtime since this was asked last, or since it was heard of first. */
  draw(runtime: string, at: number): SeenDemand {
    const row = this.#rows.get(runtime);
    if (!row) return nothing;
    sum(row, at);
    const { arrivals, coldStarts } = row;
    const passed = at - row.drawnAt;
    const inFlight = passed > 0 ? row.area / passed : row.inFlight;
    if (row.holders.size === 0) this.#rows.delete(runtime);
    else Object.assign(row, { arrivals: 0, coldStarts: 0, area: 0, drawnAt: at });
    return { arrivals, coldStarts, inFlight };
  }

  /** Forgets programs that fell silent, and all that came for runtimes that are not among `known`. */
  tidy(known: { has(runtime: string): boolean }, at: number): void {
    for (const runtime of this.#rows.keys()) if (!known.has(runtime)) this.#rows.delete(runtime);
    for (const [from, heardAt] of this.#heard) if (at - heardAt >= silentMs) this.#forget(from, at);
  }

  #add(from: string, { runtime, arrivals, coldStarts, inFlight }: RuntimeDemand, at: number): void {
    const text = runtimeKeyText(runtime);
    const row = this.#rows.get(text) ?? fresh(at);
    this.#rows.set(text, row);
    row.arrivals += arrivals;
    row.coldStarts += coldStarts;
    hold(row, from, inFlight, at);
  }

  #forget(from: string, at: number): void {
    this.#heard.delete(from);
    for (const row of this.#rows.values()) if (row.holders.has(from)) hold(row, from, 0, at);
  }
}

const fresh = (at: number): Row => ({
  ...{ arrivals: 0, coldStarts: 0, holders: new Map(), inFlight: 0, area: 0 },
  ...{ summedAt: at, drawnAt: at },
});

function sum(row: Row, at: number): void {
  row.area += row.inFlight * (at - row.summedAt);
  row.summedAt = at;
}

function hold(row: Row, from: string, count: number, at: number): void {
  sum(row, at);
  row.inFlight += count - (row.holders.get(from) ?? 0);
  if (count > 0) row.holders.set(from, count);
  else row.holders.delete(from);
}
