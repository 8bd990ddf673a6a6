// The `status` of a trigger: is it accepted, does its target exist, may its events come round, does it take its own ticks. Decides only.
// Does not own what is waiting for it: that is the queue's, and told by metrics.
import type { DeployedTrigger } from '../../model/deployed-trigger.ts';
import type { Condition } from '../../model/metadata.ts';
import { runtimeKeyText } from '../../model/sandbox.ts';
import type { Trigger } from '../../model/trigger.ts';
import { withCondition, type ConditionNow } from './conditions.ts';
import type { Told } from './runtime-status.ts';
import { loopOf } from './trigger-loops.ts';
import { lostTicks } from './trigger-ticks.ts';

export type TriggerVerdict =
  | { readonly accepted: true; readonly deployed: DeployedTrigger; readonly hasTarget: boolean }
  /** Kept, but takes no events. */
  | { readonly accepted: false; readonly message: string };

const says = (status: Told['status'], reason: string, message: string): Told => ({ status, reason, message });

const acceptance = (verdict: TriggerVerdict): Told =>
  verdict.accepted
    ? says('True', 'Valid', 'the trigger is valid')
    : says('False', 'Invalid', verdict.message);

function readiness(verdict: TriggerVerdict): Told {
  if (!verdict.accepted) return says('False', 'NotAccepted', verdict.message);
  const target = runtimeKeyText(verdict.deployed.target.runtime);
  if (verdict.hasTarget) return says('True', 'TargetDeployed', `its events go to ${target}`);
  return says('False', 'NoSuchTarget', `spec.target: ${target} is not deployed`);
}

function loopFree(verdict: TriggerVerdict): Told {
  if (!verdict.accepted) return says('Unknown', 'NotAccepted', verdict.message);
  const loop = loopOf(verdict.deployed);
  if (loop) return says('False', loop.reason, loop.message);
  return says('True', 'Filtered', 'its filters say which events it takes');
}

/** Undefined where there is no schedule, or nobody knows it. */
function ticking(verdict: TriggerVerdict): Told | undefined {
  if (!verdict.accepted || !verdict.deployed.schedule) return undefined;
  const lost = lostTicks(verdict.deployed);
  if (lost !== undefined) return says('False', 'TicksNotTaken', lost);
  return says('True', 'Taken', 'it takes the events of its schedule');
}

/** Conditions as they are to be told, in order of type. `before` keeps the times of those whose status is the same; `now` is ms since the epoch. */
export function triggerConditions(
  verdict: TriggerVerdict,
  observedGeneration: number,
  before: readonly Condition[],
  now: number,
): Condition[] {
  const ticks = ticking(verdict);
  const told: ConditionNow[] = [
    { type: 'Accepted', observedGeneration, ...acceptance(verdict) },
    { type: 'Ready', observedGeneration, ...readiness(verdict) },
    { type: 'LoopFree', observedGeneration, ...loopFree(verdict) },
    ...(ticks ? [{ type: 'TakesTicks', observedGeneration, ...ticks }] : []),
  ];
  const conditions = told.flatMap((one) =>
    withCondition(
      before.filter(({ type }) => type === one.type),
      one,
      now,
    ),
  );
  return conditions.sort((one, other) => (one.type < other.type ? -1 : 1));
}

/** The trigger with its status brought up to date; spec and metadata stay. `now` is ms since the epoch. */
export function withTriggerStatus(trigger: Trigger, verdict: TriggerVerdict, now: number): Trigger {
  const generation = trigger.metadata.generation ?? 1;
  const conditions = triggerConditions(verdict, generation, trigger.status?.conditions ?? [], now);
  const ready = conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
  return { ...trigger, status: { conditions, ready, observedGeneration: generation } };
}

/** What whoever writes a trigger should know at once. */
export function triggerWarnings(verdict: TriggerVerdict): readonly string[] {
  return [readiness(verdict), loopFree(verdict), ticking(verdict)].flatMap((told) =>
    told?.status === 'False' ? [told.message] : [],
  );
}
