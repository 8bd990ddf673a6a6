// Status conditions as Kubernetes keeps them (metav1.Condition): one of each type, and since when it is so.
// Does not own which conditions a runtime has (runtime-status.ts).
import type { Condition } from '../../model/metadata.ts';

/** A condition without its time, which follows from what was there before. */
export interface ConditionNow {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
  readonly observedGeneration: number;
}

/** RFC 3339, UTC, whole seconds, as Kubernetes writes times. `at` is ms since the epoch. */
export const timeText = (at: number): string => `${new Date(at).toISOString().slice(0, 19)}Z`;

/** The conditions with one of them brought up to date; its time moves only when its status does. */
export function withCondition(
  conditions: readonly Condition[],
  fresh: ConditionNow,
  now: number,
): Condition[] {
  const before = conditions.find((one) => one.type === fresh.type);
  const lastTransitionTime = before?.status === fresh.status ? before.lastTransitionTime : timeText(now);
  const updated = { ...fresh, lastTransitionTime };
  if (!before) return [...conditions, updated];
  return conditions.map((one) => (one.type === fresh.type ? updated : one));
}
