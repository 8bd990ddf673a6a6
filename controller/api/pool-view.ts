// A warm pool as the control API tells of it: how many it holds, how many it is to hold, and why, in numbers and in words.
// Does not own the decision (the autoscaler's), what a status says of it (core/scaling-status.ts), nor the pool (pools.ts).
import { reasonOf, toldScaling } from '../core/scaling-status.ts';
import type { PoolStanding } from '../deployments.ts';
import type { PoolView } from './schemas.ts';

/** The pool in numbers alone. */
export function poolNumbers({ runtime, ready, starting, target }: PoolStanding) {
  const size = target?.size ?? runtime.warmPoolSize;
  const policy = runtime.scaling?.policy.class ?? 'fixed';
  return {
    ...{ runtime: runtime.key, class: policy, ready, starting },
    ...{ target: size, wanted: target?.wanted ?? size },
  };
}

/** The pool as it is told. */
export function poolView({ runtime, ready, starting, trouble, target }: PoolStanding): PoolView {
  const told = toldScaling(runtime, { ready, ...(target && { target }) });
  const { rule, numbers } = reasonOf(runtime, target);
  return {
    ...runtime.key,
    class: told.class,
    target: told.target,
    wanted: told.wanted,
    ready,
    starting,
    dryRun: told.dryRun ?? false,
    why: { rule, numbers: { ...numbers } },
    text: told.why,
    ...(trouble !== undefined && { trouble }),
  };
}
