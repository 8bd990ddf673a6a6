// The condition `Sleeps` of a runtime: whether its idle sessions give their processor back. Decides only; does not own the facts.
import type { ConditionNow } from './conditions.ts';

type Told = Pick<ConditionNow, 'status' | 'reason' | 'message'>;

/** Whether its idle sessions sleep. */
export interface Sleep {
  /** It says itself that they never do. */
  readonly never: boolean;
  /** What keeps them from it, in words. */
  readonly because: readonly string[];
}

const says = (status: Told['status'], reason: string, message: string): Told => ({ status, reason, message });

/** The condition without its type, time and generation. */
export function sleeping({ never, because }: Sleep): Told {
  if (because.length > 0)
    return says(
      'False',
      'LivenessProbe',
      `${because.join(', ')}: a sleeping container does not answer and would be restarted. ` +
        'Sessions stay awake; use a readiness or startup probe instead',
    );
  if (never) return says('False', 'NotWanted', 'pauseAfter is never: sessions stay awake');
  return says('True', 'Supported', 'idle sessions sleep with their memory');
}
