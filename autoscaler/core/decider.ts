// Class `kpa`: from two averages to a number of pods. `autoscaler.Scale` of Knative Serving (pkg/autoscaler/scaling/autoscaler.go)
// with the state it has when it is made (`newAutoscaler`). Does not own the averages (window.ts), nor what is applied of its answer
// (last-ones.ts). Names are Knative's; a revision that is being scaled is always reachable here.
import type { KpaPolicy } from '../../model/scaling.ts';

export interface DeciderState {
  /** When panic began or was last extended; null when there is none. */
  readonly panicTime: number | null;
  readonly maxPanicPods: number;
  /** Falling maxima within the scale-down delay: when, how many. */
  readonly delayed: readonly (readonly [number, number])[];
}

export interface Decided {
  /** By rates, windows and panic. */
  readonly scaled: number;
  /** After the scale-down delay. */
  readonly desired: number;
}

export class Decider {
  readonly #policy: KpaPolicy;
  #panicTime: number | null;
  #maxPanicPods: number;
  #delayed: (readonly [number, number])[];

  constructor(policy: KpaPolicy, state?: DeciderState) {
    this.#policy = policy;
    this.#panicTime = state?.panicTime ?? null;
    this.#maxPanicPods = state?.maxPanicPods ?? 0;
    this.#delayed = [...(state?.delayed ?? [])];
  }

  state(): DeciderState {
    return {
      panicTime: this.#panicTime,
      maxPanicPods: this.#maxPanicPods,
      delayed: [...this.#delayed],
    };
  }

  get panicking(): boolean {
    return this.#panicTime !== null;
  }

  /** Without a memory, over one pod: begins in panic, so that nothing is scaled down on an empty window. */
  begin(elapsed: number, ready: number): void {
    this.#maxPanicPods = ready;
    if (ready > 1) this.#panicTime = elapsed;
  }

  /** `stable` and `panic`: averages of the metric. */
  scale(elapsed: number, ready: number, { stable, panic }: { stable: number; panic: number }): Decided {
    const { target } = this.#policy;
    const pods = Math.max(1, ready);
    const dspc = Math.ceil(stable / target);
    const dppc = Math.ceil(panic / target);
    this.#panic(elapsed, dppc / pods);
    // Only increases are applied in panic.
    if (this.panicking)
      this.#maxPanicPods = Math.max(this.#maxPanicPods, this.#within(dspc, pods), this.#within(dppc, pods));
    const scaled = this.panicking ? this.#maxPanicPods : this.#within(dspc, pods);
    return { scaled, desired: this.#delay(elapsed, scaled) };
  }

  /** Rates round away from what is there, so that one pod more or less is always possible. */
  #within(count: number, pods: number): number {
    const { maxScaleUpRate, maxScaleDownRate, activationScale } = this.#policy;
    const most = Math.ceil(maxScaleUpRate * pods);
    const least = Math.floor(pods / maxScaleDownRate);
    const bounded = Math.min(Math.max(count, least), most);
    return activationScale > 1 && count > 0 ? Math.max(bounded, activationScale) : bounded;
  }

  #panic(elapsed: number, over: number): void {
    const { panicThresholdPercentage, stableWindowMs } = this.#policy;
    if (over >= panicThresholdPercentage / 100) {
      this.#panicTime = elapsed;
    } else if (this.#panicTime !== null && this.#panicTime + stableWindowMs < elapsed) {
      this.#panicTime = null;
      this.#maxPanicPods = 0;
    }
  }

  /** The largest wish within the delay (`delayWindow`, pkg/autoscaler/aggregation/max). */
  #delay(elapsed: number, desired: number): number {
    const since = elapsed - this.#policy.scaleDownDelayMs;
    this.#delayed = this.#delayed.filter(([at, count]) => at > since && count > desired);
    this.#delayed.push([elapsed, desired]);
    return this.#delayed[0]?.[1] ?? desired;
  }
}
