// From what each runtime asks for to targets: what is beyond the budget is cut. Pure.
// Does not own what is asked for (sized.ts) nor how a budget is shared (core/budget.ts).
import type { PoolTarget } from '../model/platform.ts';
import type { Why } from '../model/scaling.ts';
import { withinBudget, type Limits, type Wish } from './core/budget.ts';
import type { Sized } from './sized.ts';

/** What nothing but the YAML decides is a minimum: it is exactly what was asked for. */
function minOf({ decision, onlySays, runtime }: Sized, size: number): number {
  const policy = decision && !onlySays ? runtime.scaling?.policy : undefined;
  return policy && policy.class !== 'fixed' ? Math.min(policy.min, size) : size;
}

function wishOf(sized: Sized, { size }: PoolTarget): Wish {
  const { memoryBytes, key } = sized.runtime;
  const worth = sized.decision?.worth;
  return {
    ...{ key: sized.text, namespace: key.namespace, size, min: minOf(sized, size), ready: sized.there },
    ...(memoryBytes !== undefined && { memoryBytes }),
    ...(worth && { worth }),
  };
}

function cut(target: PoolTarget, size: number): PoolTarget {
  const wanted = target.wanted ?? target.size;
  const why: Why = { rule: 'budget', numbers: { ...target.why?.numbers, wanted, size } };
  return { ...target, size, wanted, why };
}

/** What of some runtimes is known that their pools are to hold, by runtimeKeyText. Limits hold for these together. */
export function targetsOf(all: Iterable<Sized>, limits: Limits | undefined): ReadonlyMap<string, PoolTarget> {
  const targets = new Map<string, PoolTarget>();
  const wishes: Wish[] = [];
  for (const sized of all) {
    const { target, text } = sized;
    if (!target) continue;
    targets.set(text, target);
    if (limits) wishes.push(wishOf(sized, target));
  }
  if (!limits) return targets;
  for (const [text, size] of withinBudget(wishes, limits)) {
    const target = targets.get(text);
    if (target && size < target.size) targets.set(text, cut(target, size));
  }
  return targets;
}
