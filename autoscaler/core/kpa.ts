// Class `kpa`: Knative's pod autoscaler on new sessions a second or on requests in hand, one runtime's.
// The decision is `autoscaler.Scale` of Knative Serving (pkg/autoscaler/scaling/autoscaler.go) and what it does when it is made
// (`newAutoscaler`); the windows are in window.ts, bounds and the way from and to zero in last-ones.ts. Names are Knative's.
// What is ours: start-ups that fail are tried one at a time (start-up.ts).
import type { KpaPolicy } from '../../model/scaling.ts';
import { LastOnes, type LastOnesState } from './last-ones.ts';
import type { Decision, Scaler, Signals } from './signals.ts';
import { StartUps, type StartUpState } from './start-up.ts';
import { isStateOf } from './state.ts';
import { SteadyTime } from './steady-time.ts';
import { Buckets, type BucketsState } from './window.ts';
import { Worth, type WorthState } from './worth.ts';

/** Of `KpaState`: grows whenever what is in it means something else. */
const version = 1;

export interface KpaState {
  readonly class: 'kpa';
  readonly version: number;
  readonly elapsed: number;
  readonly stable: BucketsState;
  readonly panic: BucketsState;
  readonly panicTime: number | null;
  readonly maxPanicPods: number;
  /** Falling maxima of the scale-down delay: when, how many. */
  readonly delayed: readonly (readonly [number, number])[];
  readonly desired: number | null;
  readonly lastOnes: LastOnesState;
  readonly startUps: StartUpState;
  readonly worth: WorthState;
}

/** What `state()` wrote, if this version wrote it. */
export const kpaState = (state: unknown): KpaState | undefined =>
  isStateOf<KpaState>(state, 'kpa', version) ? state : undefined;

const nothing = {
  elapsed: 0,
  stable: undefined,
  panic: undefined,
  panicTime: null,
  maxPanicPods: 0,
  delayed: [],
  desired: null,
  lastOnes: undefined,
  startUps: undefined,
  worth: undefined,
};

/** Knative's `MakeMetric`: whole seconds, at least one. */
const panicWindowMs = ({ stableWindowMs, panicWindowPercentage }: KpaPolicy): number =>
  1_000 * Math.max(1, Math.round((stableWindowMs * panicWindowPercentage) / 100_000));

export class KpaScaler implements Scaler {
  readonly #policy: KpaPolicy;
  readonly #time: SteadyTime;
  readonly #stable: Buckets;
  readonly #panic: Buckets;
  readonly #lastOnes: LastOnes;
  readonly #startUps: StartUps;
  readonly #worth: Worth;
  /** Of the round before; undefined before the first one. */
  #last: number | undefined;
  #panicTime: number | null;
  #maxPanicPods: number;
  #delayed: (readonly [number, number])[];
  #desired: number | undefined;
  #begun: boolean;

  constructor(policy: KpaPolicy, state?: KpaState) {
    const from = state ?? nothing;
    this.#policy = policy;
    this.#time = new SteadyTime(from.elapsed);
    this.#stable = new Buckets(policy.stableWindowMs, from.stable);
    this.#panic = new Buckets(panicWindowMs(policy), from.panic);
    this.#lastOnes = new LastOnes(policy, from.lastOnes);
    this.#startUps = new StartUps(from.startUps);
    this.#worth = new Worth(from.worth);
    this.#panicTime = from.panicTime;
    this.#maxPanicPods = from.maxPanicPods;
    this.#delayed = [...from.delayed];
    this.#desired = from.desired ?? undefined;
    this.#begun = state !== undefined;
  }

  state(): KpaState {
    return {
      class: 'kpa',
      version,
      elapsed: this.#time.elapsed,
      stable: this.#stable.state(),
      panic: this.#panic.state(),
      panicTime: this.#panicTime,
      maxPanicPods: this.#maxPanicPods,
      delayed: [...this.#delayed],
      desired: this.#desired ?? null,
      lastOnes: this.#lastOnes.state(),
      startUps: this.#startUps.state(),
      worth: this.#worth.state(),
    };
  }

  round(seen: Signals): Decision {
    const elapsed = this.#time.at(seen.now);
    this.#takeIn(seen, elapsed);
    if (!this.#begun) this.#begin(elapsed, seen.ready);
    const stable = this.#stable.average(elapsed);
    const panic = this.#panic.average(elapsed);
    const scaled = this.#stable.empty(elapsed)
      ? undefined
      : this.#scale(elapsed, seen.ready, { stable, panic });
    if (scaled !== undefined) this.#desired = this.#delay(elapsed, scaled);
    const desired = this.#desired;
    const applied = this.#lastOnes.apply(elapsed, desired, seen.ready, seen.ready + seen.starting);
    const { size, rule } = this.#tried(applied.size, seen.ready, elapsed);
    const known = scaled === undefined ? {} : { scaled, delayed: desired ?? scaled };
    const { target } = this.#policy;
    const numbers = {
      stable,
      panic,
      target,
      ready: seen.ready,
      ...known,
      failing: this.#startUps.failing,
      size,
    };
    return {
      size,
      why: { rule: rule ?? applied.rule ?? this.#rule(scaled), numbers },
      worth: this.#worth.each,
    };
  }

  #rule(scaled: number | undefined): string {
    if (scaled === undefined) return 'kpa without data';
    if (scaled !== this.#desired) return 'kpa, scale-down delay';
    return this.#panicTime === null ? 'kpa' : 'kpa in panic';
  }

  /** One write a round, as one scrape: while there are pods or something came. */
  #takeIn(seen: Signals, elapsed: number): void {
    // Of a first round it is not known how long it was; Knative scrapes every second.
    const passed = elapsed - (this.#last ?? elapsed - 1_000);
    this.#worth.see(seen, passed);
    this.#startUps.see(seen.startUps, seen.failures, elapsed);
    this.#last = elapsed;
    const held = ((seen.inFlight ?? 0) * passed) / 1_000;
    const count = this.#policy.metric === 'concurrency' ? held : seen.arrivals;
    if (count === 0 && seen.ready === 0) return;
    this.#stable.add(count, elapsed, passed / 1_000);
    this.#panic.add(count, elapsed, passed / 1_000);
  }

  /** As `newAutoscaler`: over one pod it begins in panic, so that nothing is scaled down on an empty window. */
  #begin(elapsed: number, ready: number): void {
    this.#begun = true;
    this.#maxPanicPods = ready;
    if (ready > 1) this.#panicTime = elapsed;
  }

  /** `Scale`, up to the delay. */
  #scale(elapsed: number, ready: number, { stable, panic }: { stable: number; panic: number }): number {
    const { maxScaleUpRate, maxScaleDownRate, activationScale, target } = this.#policy;
    const pods = Math.max(1, ready);
    const maxScaleUp = Math.ceil(maxScaleUpRate * pods);
    const maxScaleDown = Math.floor(pods / maxScaleDownRate);
    const dspc = Math.ceil(stable / target);
    const dppc = Math.ceil(panic / target);
    const within = (count: number): number => {
      const bounded = Math.min(Math.max(count, maxScaleDown), maxScaleUp);
      return activationScale > 1 && count > 0 ? Math.max(bounded, activationScale) : bounded;
    };
    this.#panicking(elapsed, dppc / pods);
    if (this.#panicTime === null) return within(dspc);
    // Only increases are applied in panic.
    this.#maxPanicPods = Math.max(this.#maxPanicPods, within(dspc), within(dppc));
    return this.#maxPanicPods;
  }

  #panicking(elapsed: number, over: number): void {
    const { panicThresholdPercentage, stableWindowMs } = this.#policy;
    if (over >= panicThresholdPercentage / 100) {
      this.#panicTime = elapsed;
    } else if (this.#panicTime !== null && this.#panicTime + stableWindowMs < elapsed) {
      this.#panicTime = null;
      this.#maxPanicPods = 0;
    }
  }

  /** The largest wish within the scale-down delay (`delayWindow`, pkg/autoscaler/aggregation/max). */
  #delay(elapsed: number, desired: number): number {
    const since = elapsed - this.#policy.scaleDownDelayMs;
    this.#delayed = this.#delayed.filter(([at, count]) => at > since && count > desired);
    this.#delayed.push([elapsed, desired]);
    return this.#delayed[0]?.[1] ?? desired;
  }

  /** While start-ups fail one is tried at a time, after a pause that doubles. */
  #tried(size: number, ready: number, elapsed: number): { size: number; rule?: string } {
    if (this.#startUps.failing === 0 || size <= ready) return { size };
    if (this.#startUps.pauseLeft(elapsed) > 0) return { size: ready, rule: 'start-ups fail, waiting' };
    return { size: ready + 1, rule: 'start-ups fail, trying one' };
  }
}
