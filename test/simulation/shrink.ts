// Makes a plan that fails shorter: drops actions as long as the same invariant still breaks.
import type { Action } from './plan.ts';
import { planFor, simulate } from './simulation.ts';
import type { Mutant } from './mutants.ts';
import type { Violation } from './world.ts';

export interface Shortest {
  readonly plan: readonly Action[];
  readonly violation: Violation;
  readonly history: readonly string[];
}

/** Drops chunks, halves of what is left first, single actions last, until none can be dropped. */
export async function shrink(
  plan: readonly Action[],
  stillFails: (plan: readonly Action[]) => Promise<boolean>,
): Promise<readonly Action[]> {
  let left = plan;
  for (let size = Math.ceil(left.length / 2); size >= 1;) {
    const shorter = await dropOne(left, size, stillFails);
    if (shorter) left = shorter;
    else if (size === 1) break;
    size = shorter ? Math.min(size, Math.max(1, left.length)) : Math.ceil(size / 2);
  }
  return left;
}

async function dropOne(
  plan: readonly Action[],
  size: number,
  stillFails: (plan: readonly Action[]) => Promise<boolean>,
): Promise<readonly Action[] | undefined> {
  for (let from = 0; from < plan.length; from += size) {
    const without = [...plan.slice(0, from), ...plan.slice(from + size)];
    if (await stillFails(without)) return without;
  }
  return undefined;
}

/** The shortest plan that breaks the same invariant as a seed's own does, with all that happened in it. Undefined when the seed passes. */
export async function shortestFailure(seed: number, mutant?: Mutant): Promise<Shortest | undefined> {
  const first = await simulate(seed, { mutant });
  if (!first.violation) return undefined;
  const { invariant } = first.violation;
  const plan = await shrink(planFor(seed), async (shorter) => {
    const { violation } = await simulate(seed, { mutant, plan: shorter });
    return violation?.invariant === invariant;
  });
  const { violation, history } = await simulate(seed, { mutant, plan, keepHistory: true });
  if (!violation) throw new Error(`seed ${seed} does not fail twice: the simulation is not deterministic`);
  return { plan, violation, history };
}
