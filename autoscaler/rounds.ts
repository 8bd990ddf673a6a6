// The rounds: what the books hold of each deployed runtime goes through its scaler, and what comes out becomes targets, within
// the budget. Does not own when a round is (autoscaler.ts), nor who is told (leading.ts). Reads no clock.
// Invariants: nothing is decided for a pool of which nobody has told how it stands; a runtime of which nothing is decided has
// its own warmPoolSize; no target is beyond the budget.
import type { DemandReport, SupplyReport } from '../model/demand.ts';
import type { DeployedRuntime, PoolTarget } from '../model/platform.ts';
import { runtimeKeyText } from '../model/sandbox.ts';
import { DemandBook } from './demand-book.ts';
import { limitsOn, type BudgetSettings } from './limits.ts';
import { Sized, type ScalingMode } from './sized.ts';
import { Strikes } from './strikes.ts';
import { SupplyBook } from './supply-book.ts';
import { targetsOf } from './targets.ts';

export interface RoundsOptions {
  readonly mode: ScalingMode;
  readonly budget: BudgetSettings;
  /** Told of a runtime whose scaler or schedule failed. */
  readonly onFault: (fault: unknown, runtime?: string) => void;
}

/** When a round is: by the wall clock, which may go back, and by one that never does (ms). */
export interface Moment {
  readonly now: number;
  readonly at: number;
}

/** How often the books are rid of what nobody will draw (ms). */
const tidyMs = 5_000;

export class Rounds {
  readonly #options: RoundsOptions;
  readonly #demand = new DemandBook();
  readonly #supply = new SupplyBook();
  readonly #strikes: Strikes;
  readonly #sized = new Map<string, Sized>();
  /** What was learned of runtimes that are not deployed yet, or no more. */
  readonly #remembered = new Map<string, string>();
  #tidiedAt = -Infinity;
  #rememberedOf: ReadonlySet<string> = new Set();

  constructor(options: RoundsOptions) {
    this.#options = options;
    this.#strikes = new Strikes(options.onFault);
  }

  /** What scalers have learned, by runtimeKeyText; for runtimes that are deployed later. */
  remember(rows: ReadonlyMap<string, string>): void {
    for (const [text, row] of rows) this.#remembered.set(text, row);
    this.#rememberedOf = new Set(rows.keys());
  }

  /** Of which runtimes `remember` told. */
  get remembered(): ReadonlySet<string> {
    return this.#rememberedOf;
  }

  /** Everything that is deployed. */
  deploy(runtimes: readonly DeployedRuntime[]): void {
    const names = new Set<string>();
    for (const runtime of runtimes) names.add(this.#deploy(runtime));
    for (const text of this.#sized.keys()) if (!names.has(text)) this.#sized.delete(text);
  }

  /** Takes a report in; answers runtimes that should not wait for the next round: their pools may be used up before it. */
  hearDemand(report: DemandReport, at: number): readonly string[] {
    this.#demand.take(report, at);
    if (!this.#supply.known) return [];
    const came = report.demands.filter(({ arrivals }) => arrivals > 0);
    return came.map(({ runtime }) => runtimeKeyText(runtime)).filter((text) => this.#mayRunOut(text));
  }

  /** Whether anybody has told how the pools stand. */
  get known(): boolean {
    return this.#supply.known;
  }

  hearSupply(report: SupplyReport): void {
    this.#supply.take(report);
  }

  /** A round of all runtimes. */
  round(moment: Moment): void {
    this.#tidy(moment.at);
    if (this.#supply.known) for (const sized of this.#sized.values()) this.#roundOf(sized, moment);
  }

  /** A round of some runtimes, between rounds of all. */
  roundOf(runtimes: Iterable<string>, moment: Moment): void {
    if (!this.#supply.known) return;
    for (const text of runtimes) {
      const sized = this.#sized.get(text);
      if (sized) this.#roundOf(sized, moment);
    }
  }

  /** A first round of runtimes that have had none. */
  roundOfNew(moment: Moment): void {
    const fresh = [...this.#sized.values()].filter((sized) => sized.decides && !sized.decision);
    this.roundOf(
      fresh.map(({ text }) => text),
      moment,
    );
  }

  /** Whether it is known of every runtime what its pool is to hold. */
  get complete(): boolean {
    for (const sized of this.#sized.values()) if (sized.decides && !sized.decision) return false;
    return true;
  }

  /** What all pools together may hold now; undefined when nothing is limited. */
  get limits(): ReturnType<typeof limitsOn> {
    const { mode, budget } = this.#options;
    return mode === 'off' ? undefined : limitsOn(budget, this.#supply.nodes);
  }

  /** What pools are to hold as of the last round: of some runtimes or of all, and of those of which that is known. */
  targets(some?: readonly string[]): ReadonlyMap<string, PoolTarget> {
    const { limits } = this;
    // In a budget one pool's size is another's.
    if (!some || limits) return targetsOf(this.#sized.values(), limits);
    return targetsOf(
      some.flatMap((text) => this.#sized.get(text) ?? []),
      undefined,
    );
  }

  /** All runtimes that are sized, by runtimeKeyText. */
  get sized(): ReadonlyMap<string, Sized> {
    return this.#sized;
  }

  #tidy(at: number): void {
    if (at - this.#tidiedAt < tidyMs) return;
    this.#tidiedAt = at;
    this.#demand.tidy(this.#sized, at);
    this.#supply.tidy(this.#sized);
  }

  #deploy(runtime: DeployedRuntime): string {
    const text = runtimeKeyText(runtime.key);
    const known = this.#sized.get(text);
    const sized = known ?? new Sized(runtime, this.#options.mode);
    this.#sized.set(text, sized);
    const row = this.#remembered.get(text);
    this.#remembered.delete(text);
    try {
      const state: unknown = row === undefined ? undefined : JSON.parse(row);
      sized.deploy(runtime, state);
    } catch (fault) {
      this.#options.onFault(fault, text);
      sized.deploy(runtime);
    }
    return text;
  }

  #mayRunOut(text: string): boolean {
    if (this.#sized.get(text)?.decides !== true) return false;
    const { arrivals, coldStarts } = this.#demand.waiting(text);
    return coldStarts > 0 || arrivals * 2 >= this.#supply.ready(text);
  }

  #roundOf(sized: Sized, { now, at }: Moment): void {
    const { text } = sized;
    const { arrivals, coldStarts, inFlight } = this.#demand.draw(text, at);
    const { ready, starting, startUps, failures } = this.#supply.draw(text);
    const seen = { now, arrivals, coldStarts, inFlight, ready, starting, startUps, failures };
    try {
      sized.round(seen, at, this.#strikes);
    } catch (fault) {
      this.#options.onFault(fault, text);
      sized.startOver();
    }
  }
}
