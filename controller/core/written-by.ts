// Objects that the platform itself writes, such as those of a deployed folder, tell so in their managedFields.
// Does not own how those are kept (managed-fields/).
import type { Resource } from '../../model/resource.ts';
import { timeText } from './conditions.ts';
import type { Tracked } from './managed-fields/ownership.ts';
import { trackUpdate } from './managed-fields/tracking.ts';

/** As who writes what nobody asked for over the control port. */
export const platform = 'agentcube';

/** What others keep in an object's metadata, and a file of ours says nothing of. */
function keeping<R extends Resource>(
  { metadata: { finalizers, ownerReferences, generateName } }: R,
  next: R,
): R {
  const metadata = {
    ...(finalizers !== undefined && { finalizers }),
    ...(ownerReferences !== undefined && { ownerReferences }),
    ...(generateName !== undefined && { generateName }),
    ...next.metadata,
  };
  return { ...next, metadata };
}

/** `next` as the platform writes it over `current`, or as a new one. `now` is ms since the epoch. */
export function writtenByPlatform<R extends Resource>(
  tracked: Tracked,
  current: R | undefined,
  next: R,
  now: number,
): R {
  const writer = { manager: platform, operation: 'Update', apiVersion: next.apiVersion } as const;
  const whole = current ? keeping(current, next) : next;
  // A whole object in, the same with its managedFields out.
  return trackUpdate(tracked, current, whole, { writer, time: timeText(now) }) as unknown as R;
}
