// The loop of an autoscaler: it listens, and a round is made every second, at once where a pool may be used up before that.
// It does so whether it leads or not, so that whoever leads next has seen what the one before has seen.
// Does not own what a round decides (rounds.ts) nor what a leader does with it (leading.ts).
// Invariant: no round before it is known what was learned earlier and what is deployed.
import type { Cancel, Clock } from '../model/clock.ts';
import type { DemandFeed, SupplyFeed, SupplyReport } from '../model/demand.ts';
import type { DeployedRuntime, PoolTargetWrites } from '../model/platform.ts';
import { Lead } from './leading.ts';
import { Rounds, type Moment, type RoundsOptions } from './rounds.ts';
import type { ScalerMemory } from './scaler-memory.ts';

/** What is deployed, from memory. */
export interface DeployedRuntimes {
  /** Whether a controller has told yet. Until then nothing is decided. */
  known(): boolean;
  all(): readonly DeployedRuntime[];
  /** Told each time that it was told anew. */
  onRead(listener: () => void): Cancel;
}

export interface AutoscalerDeps extends Pick<RoundsOptions, 'mode' | 'budget'> {
  readonly runtimes: DeployedRuntimes;
  readonly demand: DemandFeed;
  readonly supply: SupplyFeed;
  readonly memory: Pick<ScalerMemory, 'load'>;
  readonly openTargets: (term: number) => PoolTargetWrites;
  readonly openMemory: (term: number) => Pick<ScalerMemory, 'save'>;
  /** Told when messages may have been lost. */
  readonly onGap: (listener: () => void) => Cancel;
  /** Told how long each round of all runtimes took (ms). */
  readonly onRound?: (ms: number) => void;
  readonly clock: Clock;
  readonly log: (message: string, fields: Readonly<Record<string, unknown>>) => void;
}

const roundMs = 1_000;
/** Rounds in between are at least so far apart (ms), for each may be a message; and they take at most this share of the time. */
const betweenMs = 250;
const betweenShare = 0.05;
/** How soon what could not be read is read again (ms). */
const againMs = 500;

export class Autoscaler {
  readonly #deps: AutoscalerDeps;
  readonly #rounds: Rounds;
  readonly #urgent = new Set<string>();
  readonly #listeners = new Set<(runtimes?: readonly string[]) => void>();
  #stops: Cancel[] = [];
  #lead: Lead | undefined;
  #between: Cancel | undefined;
  #notBefore = -Infinity;
  #remembers = false;
  #stopped = false;

  constructor(deps: AutoscalerDeps) {
    const { log } = deps;
    this.#deps = deps;
    this.#rounds = new Rounds({
      ...deps,
      onFault: (fault, runtime) => log('a pool could not be sized by what was seen', { runtime, fault }),
    });
  }

  /** Listens from now on, and makes rounds as soon as it can. */
  start(): void {
    const { demand, supply, runtimes, clock } = this.#deps;
    this.#stops = [
      demand.onDemand((report) => this.#urge(this.#rounds.hearDemand(report, clock.monotonic()))),
      supply.onSupply((report) => this.#supplied(report)),
      runtimes.onRead(() => this.#deployed()),
      clock.every(roundMs, () => this.#round()),
    ];
    void this.#remember();
  }

  stop(): void {
    this.#stopped = true;
    for (const stop of this.#stops) stop();
    this.#between?.();
  }

  /** What the elector calls with each new term. */
  async lead(term: number): Promise<Lead> {
    const { openTargets, openMemory, onGap, clock, log } = this.#deps;
    this.#lead = new Lead({
      ...{ rounds: this.#rounds, onGap, clock, log },
      targets: openTargets(term),
      memory: openMemory(term),
      ready: () => this.#ready,
      onDecided: (listener) => {
        this.#listeners.add(listener);
        return () => void this.#listeners.delete(listener);
      },
    });
    return this.#lead;
  }

  /** Saves all that was learned, if this one leads; before an orderly stop. Never rejects. */
  async save(): Promise<void> {
    await this.#lead?.save();
  }

  /** What all pools together may hold now; undefined when nothing is limited. */
  get limits(): Rounds['limits'] {
    return this.#rounds.limits;
  }

  get #ready(): boolean {
    return this.#remembers && this.#deps.runtimes.known();
  }

  get #moment(): Moment {
    const { clock } = this.#deps;
    return { now: clock.now(), at: clock.monotonic() };
  }

  async #remember(): Promise<void> {
    const { memory, clock, log } = this.#deps;
    try {
      const rows = await memory.load();
      if (this.#stopped) return;
      this.#rounds.remember(rows);
      this.#remembers = true;
      this.#deployed();
    } catch (fault) {
      if (this.#stopped) return;
      log('what was learned about runtimes could not be read; trying again', { fault });
      this.#stops.push(clock.after(againMs, () => void this.#remember()));
    }
  }

  #supplied(report: SupplyReport): void {
    const { known } = this.#rounds;
    this.#rounds.hearSupply(report);
    if (!known && this.#rounds.known) this.#deployed();
  }

  #deployed(): void {
    if (!this.#ready) return;
    this.#rounds.deploy(this.#deps.runtimes.all());
    this.#rounds.roundOfNew(this.#moment);
    this.#decided();
  }

  #round(): void {
    if (!this.#ready) return;
    const { clock, onRound } = this.#deps;
    const start = clock.monotonic();
    this.#urgent.clear();
    this.#rounds.round(this.#moment);
    this.#decided();
    onRound?.(clock.monotonic() - start);
  }

  #urge(runtimes: readonly string[]): void {
    if (runtimes.length === 0 || !this.#ready) return;
    for (const runtime of runtimes) this.#urgent.add(runtime);
    if (this.#between) return;
    const { clock } = this.#deps;
    const inMs = Math.max(0, this.#notBefore - clock.monotonic());
    this.#between = clock.after(inMs, () => this.#roundBetween());
  }

  #roundBetween(): void {
    const { clock } = this.#deps;
    this.#between = undefined;
    if (this.#urgent.size === 0) return;
    const start = clock.monotonic();
    const urgent = [...this.#urgent];
    this.#urgent.clear();
    this.#rounds.roundOf(urgent, this.#moment);
    this.#decided(urgent);
    const took = clock.monotonic() - start;
    this.#notBefore = start + Math.max(betweenMs, took / betweenShare);
  }

  #decided(runtimes?: readonly string[]): void {
    for (const tell of [...this.#listeners]) tell(runtimes);
  }
}
