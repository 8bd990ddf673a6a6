// What a runtime's status says of the size of its pool: class, sizes and why, and whether the pool follows what was decided.
// Decides only. Does not own the decision (the autoscaler's) nor the pool. What was not decided is told as what it is.
import type { DeployedRuntime, PoolTarget } from '../../model/platform.ts';
import { explain, type Scaling, type Why } from '../../model/scaling.ts';
import type { ToldScaling } from '../../model/told-status.ts';

/** How a runtime's pool stands, and what was decided of it. */
export interface ScaledPool {
  readonly ready: number;
  readonly trouble?: string;
  readonly target?: PoolTarget;
}

type Sized = Pick<DeployedRuntime, 'warmPoolSize' | 'scaling'>;

const isFixed = (scaling: Scaling | undefined): boolean =>
  scaling === undefined || scaling.policy.class === 'fixed';

const isDryRun = ({ scaling }: Sized, target: PoolTarget | undefined): boolean =>
  scaling?.dryRun === true || target?.why?.numbers['dryRun'] === 1;

/** Why a pool has its size: as was decided, or because nobody decides but the runtime itself. */
export const reasonOf = ({ warmPoolSize, scaling }: Sized, target: PoolTarget | undefined): Why =>
  target?.why ?? { rule: isFixed(scaling) ? 'fixed' : 'undecided', numbers: { warmPoolSize } };

/** Sizes, and why, as a status tells them. */
export function toldScaling(runtime: Sized, { ready, target }: ScaledPool): ToldScaling {
  const size = target?.size ?? runtime.warmPoolSize;
  return {
    class: runtime.scaling?.policy.class ?? 'fixed',
    target: size,
    wanted: target?.wanted ?? size,
    ready,
    why: explain(reasonOf(runtime, target)),
    ...(isDryRun(runtime, target) && { dryRun: true }),
  };
}

/**
 * How many warm sandboxes a runtime is not ready without. A pool whose size follows the load is short whenever the load grows:
 * that is its work. Only what it is to hold at least counts.
 */
export function leastReady({ scaling }: Sized, wanted: number, target: PoolTarget | undefined): number {
  if (scaling === undefined || scaling.policy.class === 'fixed' || target?.why === undefined) return wanted;
  return isDryRun({ warmPoolSize: wanted, scaling }, target) ? wanted : Math.min(wanted, scaling.policy.min);
}

/** A condition without its type, time and generation. */
interface Told {
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
}

const says = (status: Told['status'], reason: string, message: string): Told => ({ status, reason, message });

/** The condition `Scaled`; undefined where nothing was asked of the autoscaler. Its words have no numbers: those change each second. */
export function scaled(runtime: Sized, { trouble, target }: ScaledPool): Told | undefined {
  const { scaling } = runtime;
  if (scaling === undefined || scaling.policy.class === 'fixed') return undefined;
  const { class: name } = scaling.policy;
  if (target?.why === undefined)
    return says('Unknown', 'Undecided', 'no autoscaler has decided a size; the pool keeps warmPoolSize');
  if (isDryRun(runtime, target))
    return says('False', 'DryRun', `a dry run: the pool keeps warmPoolSize, whatever class ${name} wants`);
  if (trouble !== undefined)
    return says('False', 'StartUpsFail', `start-ups fail, and are tried ever more rarely: ${trouble}`);
  if (target.why.rule === 'budget')
    return says('False', 'BudgetBound', `a budget allows fewer warm sandboxes than class ${name} wants`);
  return says('True', 'Following', `the pool follows class ${name}`);
}
