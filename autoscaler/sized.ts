// One runtime that the autoscaler sizes a pool for: its scaler, its last decision, and what has to be kept in mind of it.
// Does not own the books nor the budget (rounds.ts). Invariant: what was learned outlives a change of the policy within its class.
import type { DeployedRuntime } from '../model/platform.ts';
import type { Scaling } from '../model/scaling.ts';
import { runtimeKeyText } from '../model/sandbox.ts';
import { createScaler } from './core/scaler.ts';
import type { Decision, Scaler, Signals } from './core/signals.ts';
import type { Strikes } from './strikes.ts';

/** How long arrivals are remembered one by one for a schedule that they may belong to (ms). */
const rememberMs = 60_000;

type Seen = Omit<Signals, 'scheduled'>;

/** What decides a runtime's size, when anything does. */
interface Deciding {
  readonly scaling: Scaling;
  readonly scaler: Scaler;
}

export class Sized {
  readonly text: string;
  #runtime: DeployedRuntime;
  #deciding: Deciding | undefined;
  #decision: Decision | undefined;
  /** Ready and starting, as the last round saw it. */
  #there = 0;
  #arrivals: (readonly [at: number, count: number])[] = [];
  #arrivedAt = -Infinity;
  #unsaved = true;

  constructor(runtime: DeployedRuntime) {
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
  deploy(runtime: DeployedRuntime, decides: boolean, state?: unknown): void {
    this.#runtime = runtime;
    const { scaling } = runtime;
    if (!scaling || !decides) {
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
    if (schedule.length > 0) this.#remember(now, arrivals);
    const scheduled = schedule.length === 0 ? [] : strikes.coming(schedule, now, (time) => this.#since(time));
    const decision = scaler.round(scheduled.length === 0 ? seen : { ...seen, scheduled });
    this.#unsaved ||= arrivals + startUps.length + failures > 0 || decision.size !== this.#decision?.size;
    this.#decision = decision;
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

  #remember(now: number, arrivals: number): void {
    if (arrivals > 0) this.#arrivals.push([now, arrivals]);
    this.#arrivals = this.#arrivals.filter(([at]) => Math.abs(now - at) < rememberMs);
  }

  #since(time: number): number {
    return this.#arrivals.reduce((sum, [at, count]) => (at >= time ? sum + count : sum), 0);
  }
}

const same = (one: object, other: object): boolean => JSON.stringify(one) === JSON.stringify(other);
