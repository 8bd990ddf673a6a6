// What a runtime may ask of its warm pool, what the autoscaler sees of it, and what it answers.
// Owns no rule: each class of policy is a file of its own. Spans are milliseconds, shares are between 0 and 1.

/** Bounds that hold for every class. */
interface Bounds {
  readonly min: number;
  /** Infinity when there is none. */
  readonly max: number;
}

/** As many as the share of warm starts asks for. */
export interface TargetPolicy extends Bounds {
  readonly class: 'target';
  /** Wanted share of new sessions that find a sandbox ready, above 0 and below 1. */
  readonly warmStarts: number;
  /** After so long without a new session the pool is empty; undefined: never for that reason alone. */
  readonly toZeroAfterMs?: number;
}

/** Knative's autoscaler, on new sessions a second. */
export interface KpaPolicy extends Bounds {
  readonly class: 'kpa';
  /** New sessions a second that one warm sandbox stands for: `autoscaling.knative.dev/target`, utilization applied. */
  readonly target: number;
  readonly stableWindowMs: number;
  readonly panicWindowPercentage: number;
  readonly panicThresholdPercentage: number;
  readonly scaleDownDelayMs: number;
  readonly maxScaleUpRate: number;
  readonly maxScaleDownRate: number;
  readonly scaleToZeroGraceMs: number;
  readonly scaleToZeroPodRetentionMs: number;
  readonly initialScale: number;
  readonly activationScale: number;
}

/** Exactly so many. */
export interface FixedPolicy {
  readonly class: 'fixed';
  readonly size: number;
}

export type ScalingPolicy = TargetPolicy | KpaPolicy | FixedPolicy;

/** Knative's defaults (its ConfigMap `config-autoscaler` and the annotations' documentation). */
export const kpaDefaults: Omit<KpaPolicy, 'target'> = {
  class: 'kpa',
  min: 0,
  max: Infinity,
  stableWindowMs: 60_000,
  panicWindowPercentage: 10,
  panicThresholdPercentage: 200,
  scaleDownDelayMs: 0,
  maxScaleUpRate: 1_000,
  maxScaleDownRate: 2,
  scaleToZeroGraceMs: 30_000,
  scaleToZeroPodRetentionMs: 0,
  initialScale: 1,
  activationScale: 1,
};

/** What was seen of one runtime since the round before. */
export interface Signals {
  /** Milliseconds; may go back. */
  readonly now: number;
  /** New sessions. */
  readonly arrivals: number;
  /** Those of them that found no sandbox ready. */
  readonly coldStarts: number;
  /** Sandboxes in the pool now, and those on their way to it. */
  readonly ready: number;
  readonly starting: number;
  /** How long each start-up took that succeeded (ms). */
  readonly startUps: readonly number[];
  /** How many start-ups failed. */
  readonly failures: number;
}

/** Why a pool has its size: the rule that decided last, and every number that it was decided from. */
export interface Why {
  readonly rule: string;
  readonly numbers: Readonly<Record<string, number>>;
}

/** What the pool is to hold, ready and starting together. */
export interface Decision {
  readonly size: number;
  readonly why: Why;
}

/** Decides for one runtime, round after round. What it has learned is in `state`. */
export interface Scaler {
  /** One round: takes in what was seen and answers what the pool is to hold. */
  round(seen: Signals): Decision;
  /** What the next leader is given: JSON. */
  state(): object;
}

/** A reason as one line: `rule: name 1.5, other 3`. */
export const explain = ({ rule, numbers }: Why): string =>
  `${rule}: ${Object.entries(numbers)
    .map(([name, value]) => `${name} ${Number.isInteger(value) ? value : Number(value.toPrecision(4))}`)
    .join(', ')}`;
