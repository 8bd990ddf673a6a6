// A warm pool as the control API tells of it: how many it holds, how many it is to hold, and why, in numbers and in words.
// Does not own the decision (the autoscaler's) nor what a pool does about it (controller/pools.ts).
import { explain, type Why } from '../../model/scaling.ts';
import type { PoolStanding } from '../deployments.ts';
import type { PoolView } from './schemas.ts';

/** Where nobody decided: the runtime's own size, by its wish, or because no autoscaler has told yet. */
function ownReason({ runtime }: PoolStanding): Why {
  const { warmPoolSize } = runtime;
  const decided = runtime.scaling === undefined || runtime.scaling.policy.class === 'fixed';
  return { rule: decided ? 'fixed' : 'undecided', numbers: { warmPoolSize } };
}

/** The pool as it is told. */
export function poolView(standing: PoolStanding): PoolView {
  const { runtime, ready, starting, trouble, target } = standing;
  const size = target?.size ?? runtime.warmPoolSize;
  const why = target?.why ?? ownReason(standing);
  return {
    ...runtime.key,
    class: runtime.scaling?.policy.class ?? 'fixed',
    target: size,
    wanted: target?.wanted ?? size,
    ready,
    starting,
    dryRun: runtime.scaling?.dryRun ?? false,
    why: { rule: why.rule, numbers: { ...why.numbers } },
    text: explain(why),
    ...(trouble !== undefined && { trouble }),
  };
}
