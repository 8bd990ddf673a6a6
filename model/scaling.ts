// How a runtime wants its warm pool sized, and why a pool has its size: what programs tell each other about scaling.
// Owns no rule: the decision is the autoscaler's. Everything here is JSON. Spans are milliseconds, shares are between 0 and 1.

/** `max` of a policy that has none: the largest count that JSON, Kubernetes and a shift can hold alike. */
export const noMaximum = 2_147_483_647;

/** Bounds that hold for every class. */
interface Bounds {
  readonly min: number;
  /** At least `min`; `noMaximum` when there is none. */
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

/** Knative's autoscaler, on new sessions a second (`rps`) or on requests in hand (`concurrency`). */
export interface KpaPolicy extends Bounds {
  readonly class: 'kpa';
  /** `rps` when absent. */
  readonly metric?: 'rps' | 'concurrency';
  /** What one warm sandbox stands for, in the metric's unit: `autoscaling.knative.dev/target`, utilization applied. */
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
  max: noMaximum,
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

/** So many new sessions are expected whenever the schedule strikes. */
export interface ScheduledSessions {
  /** Five fields as in crontab(5). */
  readonly cron: string;
  /** An IANA name; UTC when absent. */
  readonly timeZone?: string;
  readonly sessions: number;
}

/** What a runtime asks of the autoscaler. */
export interface Scaling {
  readonly policy: ScalingPolicy;
  readonly schedule: readonly ScheduledSessions[];
  /** Only say what would be done: the pool keeps the runtime's own `warmPoolSize`. */
  readonly dryRun: boolean;
}

/** Why a pool has its size: the rule that decided last, and every number that it was decided from. */
export interface Why {
  readonly rule: string;
  readonly numbers: Readonly<Record<string, number>>;
}

/** A reason as one line: `rule: name 1.5, other 3`. */
export const explain = ({ rule, numbers }: Why): string =>
  `${rule}: ${Object.entries(numbers)
    .map(([name, value]) => `${name} ${Number.isInteger(value) ? value : Number(value.toPrecision(4))}`)
    .join(', ')}`;
