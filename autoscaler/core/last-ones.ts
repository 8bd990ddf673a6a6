// Class `kpa`, between the pods that were decided and those that are applied: Knative's bounds, and its way from and to zero.
// `scale` and `handleScaleToZero` of Knative Serving (pkg/reconciler/autoscaling/kpa/scaler.go), with the states of its
// PodAutoscaler (Activating, Active, Inactive) as times. Does not own what was decided (kpa.ts).
// Invariant: between `min` and `max`, and at least 1 until a stable window has passed since sandboxes were wanted.
import type { KpaPolicy } from '../../model/scaling.ts';

/** After so long without the initial scale Knative gives up waiting for it: ten minutes for a Deployment, ten seconds for the cause. */
const activationTimeoutMs = 610_000;

export interface LastOnesState {
  /** Whether the initial scale was reached once. */
  readonly initialized: boolean;
  readonly activeSince: number | null;
  readonly inactiveSince: number | null;
  readonly size: number | null;
}

/** How the pool stands in one round. */
export interface Standing {
  readonly elapsed: number;
  /** Undefined: nothing is known yet, and what is there stays. */
  readonly desired: number | undefined;
  readonly ready: number;
  /** Ready and starting. */
  readonly have: number;
}

export interface Applied {
  readonly size: number;
  /** Why it is not what was decided. */
  readonly rule?: string;
}

export class LastOnes {
  readonly #policy: KpaPolicy;
  #initialized: boolean;
  #activeSince: number | null;
  #inactiveSince: number | null;
  #size: number | null;

  constructor(policy: KpaPolicy, state?: LastOnesState) {
    this.#policy = policy;
    this.#initialized = state?.initialized ?? false;
    this.#activeSince = state?.activeSince ?? null;
    this.#inactiveSince = state?.inactiveSince ?? null;
    this.#size = state?.size ?? null;
  }

  state(): LastOnesState {
    return {
      initialized: this.#initialized,
      activeSince: this.#activeSince,
      inactiveSince: this.#inactiveSince,
      size: this.#size,
    };
  }

  /** What was applied last; null before the first time. */
  get size(): number | null {
    return this.#size;
  }

  apply({ elapsed, desired, ready, have }: Standing): Applied {
    const { min, max, initialScale } = this.#policy;
    if (ready >= Math.max(min, initialScale) || elapsed >= activationTimeoutMs) this.#initialized = true;
    const least = this.#initialized ? min : Math.max(min, initialScale);
    const asked = desired ?? this.#size ?? have;
    const size = Math.min(max, Math.max(least, asked));
    const applied = size > 0 ? this.#active(elapsed, size, asked) : this.#towardsZero(elapsed);
    this.#size = Math.min(max, applied.size);
    return { ...applied, size: this.#size };
  }

  #active(elapsed: number, size: number, asked: number): Applied {
    this.#activeSince ??= elapsed;
    this.#inactiveSince = null;
    if (size === asked) return { size };
    if (size < asked) return { size, rule: 'max' };
    return { size, rule: this.#initialized ? 'min' : 'initial scale' };
  }

  /** Zero is applied only when inactive for long enough; what was applied last stays until then. */
  #towardsZero(elapsed: number): Applied {
    const { stableWindowMs, scaleToZeroGraceMs, scaleToZeroPodRetentionMs } = this.#policy;
    if (this.#activeSince !== null) {
      if (elapsed - this.#activeSince < stableWindowMs)
        return { size: 1, rule: 'active for less than a window' };
      this.#activeSince = null;
      this.#inactiveSince = elapsed;
    }
    const longest = Math.max(scaleToZeroGraceMs, scaleToZeroPodRetentionMs);
    if (this.#inactiveSince === null || elapsed - this.#inactiveSince >= longest) return { size: 0 };
    return { size: this.#size ?? 0, rule: 'the last one stays' };
  }
}
