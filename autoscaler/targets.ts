// From decisions to targets: dry runs keep warmPoolSize and only say, and what is beyond the budget is cut. Pure.
// Does not own decisions nor how a budget is shared (core/).
import type { DeployedRuntime, PoolTarget } from '../model/platform.ts';
import type { Why } from '../model/scaling.ts';
import { withinBudget, type Limits, type Wish } from './core/budget.ts';
import type { Decision } from './core/signals.ts';
import type { ScalingMode } from './rounds.ts';

/** A runtime and what was decided of it; no decision where its own warmPoolSize counts, or nobody knows yet. */
export interface Decided {
  readonly text: string;
  readonly runtime: DeployedRuntime;
  readonly decides: boolean;
  readonly decision: Decision | undefined;
  /** Ready and starting. */
  readonly there: number;
}

export interface TargetsOptions {
  readonly mode: ScalingMode;
  readonly limits: Limits | undefined;
}

/** What a pool is to hold before any budget. */
interface Asked {
  readonly target: PoolTarget;
  readonly wish: Wish;
}

const onlySays = ({ runtime }: Decided, mode: ScalingMode): boolean =>
  mode === 'dry-run' || runtime.scaling?.dryRun === true;

function targetOf(one: Decided, mode: ScalingMode): PoolTarget {
  const { runtime, decision } = one;
  const { key, warmPoolSize } = runtime;
  if (!decision) return { runtime: key, size: warmPoolSize };
  const { size, why } = decision;
  if (!onlySays(one, mode)) return { runtime: key, size, wanted: size, why };
  // `dryRun` tells whoever shows it, for it may be the autoscaler's setting and not the runtime's.
  const numbers = { ...why.numbers, dryRun: 1 };
  return { runtime: key, size: warmPoolSize, wanted: size, why: { ...why, numbers } };
}

/** What nothing but the YAML decides is a minimum: it is exactly what was asked for. */
function minOf(one: Decided, mode: ScalingMode, size: number): number {
  const policy = one.decision && !onlySays(one, mode) ? one.runtime.scaling?.policy : undefined;
  return policy && policy.class !== 'fixed' ? Math.min(policy.min, size) : size;
}

function askedOf(one: Decided, mode: ScalingMode): Asked {
  const target = targetOf(one, mode);
  const { memoryBytes, key } = one.runtime;
  const worth = one.decision?.worth;
  const wish: Wish = {
    ...{ key: one.text, namespace: key.namespace, size: target.size, ready: one.there },
    min: minOf(one, mode, target.size),
    ...(memoryBytes !== undefined && { memoryBytes }),
    ...(worth && { worth }),
  };
  return { target, wish };
}

function cut(target: PoolTarget, size: number): PoolTarget {
  const wanted = target.wanted ?? target.size;
  const why: Why = { rule: 'budget', numbers: { ...target.why?.numbers, wanted, size } };
  return { ...target, size, wanted, why };
}

/** Targets of all of whom it is known what their pools are to hold, by runtimeKeyText. */
export function targetsOf(
  all: readonly Decided[],
  { mode, limits }: TargetsOptions,
): ReadonlyMap<string, PoolTarget> {
  const known = all.filter(({ decides, decision }) => !decides || decision);
  if (!limits || mode === 'off') return new Map(known.map((one) => [one.text, targetOf(one, mode)]));
  const asked = known.map((one) => askedOf(one, mode));
  const sizes = withinBudget(
    asked.map(({ wish }) => wish),
    limits,
  );
  return new Map(
    asked.map(({ target, wish: { key } }) => {
      const size = sizes.get(key) ?? 0;
      return [key, size < target.size ? cut(target, size) : target];
    }),
  );
}
