// One runtime that the autoscaler sizes a pool for: its scaler, its last decision, and what has to be kept in mind of it.
// Does not own the books nor the budget (rounds.ts). Invariant: what was learned outlives a change of the policy within its class.
import type { DeployedRuntime, PoolTarget } from '../model/platform.ts';
import type { Scaling } from '../model/scaling.ts';
import { runtimeKeyText } from '../model/sandbox.ts';
import { createScaler } from './core/scaler.ts';
import type { Decision, Scaler, Signals } from './core/signals.ts';
import type { Strikes } from './strikes.ts';

type Seen = Omit<Signals, 'scheduled'>;

/** `dry-run`: sizes are `warmPoolSize`, and what would have been is said. `off`: nothing is decided. */
export type ScalingMode = 'on' | 'dry-run' | 'off';

/** What decides a runtime's size, when anything does. */
interface Deciding {
  readonly scaling: Scaling;
  readonly scaler: Scaler;
}

export class Sized {
  readonly text: string;
  readonly #mode: ScalingMode;
  #runtime: DeployedRuntime;
  #deciding: Deciding | undefined;
  #decision: Decision | undefined;
  /** Made anew only with a new decision, so that whoever compares sees at once that nothing changed. */
  #target: PoolTarget | undefined;
  /** Ready and starting, as the last round saw it. */
  #there = 0;
  #arrivedAt = -Infinity;
  #unsaved = true;

  constructor(runtime: DeployedRuntime, mode: ScalingMode) {
    this.#mode = mode;
    this.text = runtimeKeyText(runtime.key);
    this.#runtime = runtime;
  }

  get runtime(): DeployedRuntime {
    return this.#runtime;
  }

  /** Undefined where nothing is decided, and before the first round. */
  get decision(): Decision | undefined {
    return this.#decision;
  }

  get decides(): boolean {
    return this.#deciding !== undefined;
  }

  get there(): number {
    return this.#there;
  }

  /** When new sessions came last, as the rounds' `at`. */
  get arrivedAt(): number {
    return this.#arrivedAt;
  }

  /** The newest version of the runtime. `state`: what a scaler of it has learned, for the first one. */
  deploy(runtime: DeployedRuntime, state?: unknown): void {
    this.#runtime = runtime;
    this.#target = undefined;
    const { scaling } = runtime;
    if (!scaling || this.#mode === 'off') {
      this.#deciding = undefined;
      this.#decision = undefined;
      return;
    }
    const before = this.#deciding;
    if (before && same(before.scaling.policy, scaling.policy)) {
      this.#deciding = { ...before, scaling };
      return;
    }
    this.#deciding = { scaling, scaler: createScaler(scaling.policy, state ?? before?.scaler.state()) };
    this.#decision = undefined;
  }

  /** A round: `at` is the time of a clock that never goes back. */
  round(seen: Seen, at: number, strikes: Strikes): void {
    const { now, arrivals, startUps, failures } = seen;
    this.#there = seen.ready + seen.starting;
    if (arrivals > 0) this.#arrivedAt = at;
    if (!this.#deciding) return;
    const { scaler, scaling } = this.#deciding;
    const { schedule } = scaling;
    const scheduled = schedule.length === 0 ? [] : strikes.coming(schedule, now);
    const decision = scaler.round(scheduled.length === 0 ? seen : { ...seen, scheduled });
    this.#unsaved ||= arrivals + startUps.length + failures > 0 || decision.size !== this.#decision?.size;
    if (decision !== this.#decision) this.#target = undefined;
    this.#decision = decision;
  }

  /** Whether a decision is only said, and the size is the runtime's own. */
  get onlySays(): boolean {
    return this.#mode === 'dry-run' || this.#runtime.scaling?.dryRun === true;
  }

  /** What its pool is to hold before any budget; undefined while nobody knows. */
  get target(): PoolTarget | undefined {
    if (this.decides && !this.#decision) return undefined;
    return (this.#target ??= this.#asTarget());
  }

  #asTarget(): PoolTarget {
    const { key, warmPoolSize } = this.#runtime;
    if (!this.#decision) return { runtime: key, size: warmPoolSize };
    const { size, why } = this.#decision;
    if (!this.onlySays) return { runtime: key, size, wanted: size, why };
    // `dryRun` tells whoever shows it, for it may be the autoscaler's setting and not the runtime's.
    const numbers = { ...why.numbers, dryRun: 1 };
    return { runtime: key, size: warmPoolSize, wanted: size, why: { ...why, numbers } };
  }

  /** Its scaler failed: a new one goes on that has seen nothing. */
  startOver(): void {
    if (!this.#deciding) return;
    const { scaling } = this.#deciding;
    this.#deciding = { scaling, scaler: createScaler(scaling.policy) };
  }

  /** What was learned since this was asked last, to be saved; undefined when there is nothing new. */
  learned(): string | undefined {
    if (!this.#deciding || !this.#unsaved) return undefined;
    this.#unsaved = false;
    return JSON.stringify(this.#deciding.scaler.state());
  }

  /** What was saved may be gone. */
  unsaved(): void {
    this.#unsaved = true;
  }
}

const same = (one: object, other: object): boolean => JSON.stringify(one) === JSON.stringify(other);
