// Class `kpa`: Knative's pod autoscaler on new sessions a second, one runtime's.
// The decision is `autoscaler.Scale` of Knative Serving (pkg/autoscaler/scaling/autoscaler.go), the windows are its
// `TimedFloat64Buckets` (pkg/autoscaler/aggregation/bucketing.go, one second wide), the bounds, the way from and to zero are
// those of its scaler (pkg/reconciler/autoscaling/kpa/scaler.go). Names are Knative's.
import type { KpaPolicy } from '../../model/scaling.ts';
import type { Decision, Scaler, Signals } from './signals.ts';
import { SteadyTime } from './steady-time.ts';
import { Buckets, type BucketsState } from './window.ts';

export interface KpaState {
  readonly elapsed: number;
  readonly buckets: BucketsState;
  readonly panicTime: number | null;
  readonly maxPanicPods: number;
  /** Falling maxima of the scale-down delay: when, how many. */
  readonly delayed: readonly (readonly [number, number])[];
  readonly activeUntil: number;
  readonly started: boolean;
}

const nothing: Omit<KpaState, 'buckets'> = {
  elapsed: 0,
  panicTime: null,
  maxPanicPods: 0,
  delayed: [],
  activeUntil: 0,
  started: false,
};

export class KpaScaler implements Scaler {
  readonly #policy: KpaPolicy;
  readonly #time: SteadyTime;
  readonly #buckets: Buckets;
  #panicTime: number | null;
  #maxPanicPods: number;
  #delayed: (readonly [number, number])[];
  #activeUntil: number;
  #started: boolean;

  constructor(policy: KpaPolicy, state?: KpaState) {
    this.#policy = policy;
    const from = state ?? nothing;
    this.#time = new SteadyTime(from.elapsed);
    this.#buckets = new Buckets(policy.stableWindowMs, state?.buckets);
    this.#panicTime = from.panicTime;
    this.#maxPanicPods = from.maxPanicPods;
    this.#delayed = [...from.delayed];
    this.#activeUntil = from.activeUntil;
    this.#started = from.started;
  }

  state(): KpaState {
    return {
      elapsed: this.#time.elapsed,
      buckets: this.#buckets.state(),
      panicTime: this.#panicTime,
      maxPanicPods: this.#maxPanicPods,
      delayed: this.#delayed,
      activeUntil: this.#activeUntil,
      started: this.#started,
    };
  }

  round({ now, arrivals, ready }: Signals): Decision {
    const { stableWindowMs, panicWindowPercentage, target } = this.#policy;
    const elapsed = this.#time.at(now);
    this.#buckets.add(arrivals, elapsed);
    if (!this.#started) this.#begin(elapsed, ready);
    const stable = this.#buckets.average(stableWindowMs, elapsed);
    const panic = this.#buckets.average((stableWindowMs * panicWindowPercentage) / 100, elapsed);
    const pods = Math.max(1, ready);
    const desired = this.#scale({ elapsed, pods, stable: stable / target, panic: panic / target });
    const delayed = this.#delay(elapsed, desired);
    const size = this.#bounds(elapsed, delayed);
    const panicking = this.#panicTime === null ? 0 : 1;
    return {
      size,
      why: {
        rule: panicking === 1 ? 'kpa in panic' : 'kpa',
        numbers: { stable, panic, target, ready, panicking, desired, delayed, size },
      },
    };
  }

  /** As `newAutoscaler`: over one pod it begins in panic, so that nothing is scaled down on an empty window. */
  #begin(elapsed: number, ready: number): void {
    this.#started = true;
    this.#activeUntil = elapsed;
    if (ready > 1) {
      this.#panicTime = elapsed;
      this.#maxPanicPods = ready;
    }
  }

  /** `Scale`, with `stable` and `panic` as pods. */
  #scale(seen: { elapsed: number; pods: number; stable: number; panic: number }): number {
    const { elapsed, pods } = seen;
    const { maxScaleUpRate, maxScaleDownRate } = this.#policy;
    const maxScaleUp = Math.ceil(maxScaleUpRate * pods);
    const maxScaleDown = Math.floor(pods / maxScaleDownRate);
    const dspc = Math.ceil(seen.stable);
    const dppc = Math.ceil(seen.panic);
    const within = (count: number): number =>
      this.#activated(Math.min(Math.max(count, maxScaleDown), maxScaleUp));
    const stable = within(dspc);
    this.#panicking(elapsed, dppc / pods);
    if (this.#panicTime === null) return stable;
    // Only increases are applied in panic.
    this.#maxPanicPods = Math.max(this.#maxPanicPods, stable, within(dppc));
    return this.#maxPanicPods;
  }

  #activated(count: number): number {
    return count > 0 ? Math.max(count, this.#policy.activationScale) : count;
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

  /** The largest wish within the scale-down delay (`delayWindow`, max.TimeWindow). */
  #delay(elapsed: number, desired: number): number {
    const since = elapsed - this.#policy.scaleDownDelayMs;
    this.#delayed = this.#delayed.filter(([at, count]) => at > since && count > desired);
    this.#delayed.push([elapsed, desired]);
    return this.#delayed[0]?.[1] ?? desired;
  }

  /** Min, max and initial scale; the last pods stay for the grace period and the pod retention period. */
  #bounds(elapsed: number, desired: number): number {
    const { min, max, initialScale, scaleToZeroGraceMs, scaleToZeroPodRetentionMs } = this.#policy;
    let size = desired;
    if (desired > 0) this.#activeUntil = elapsed;
    else if (elapsed - this.#activeUntil < Math.max(scaleToZeroGraceMs, scaleToZeroPodRetentionMs)) size = 1;
    if (this.#buckets.empty && elapsed < this.#policy.stableWindowMs) size = Math.max(size, initialScale);
    return Math.max(min, Math.min(max, size));
  }
}
