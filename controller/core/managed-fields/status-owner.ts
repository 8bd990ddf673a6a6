// That the platform owns an object's status, as its managedFields tell. The status is told and never stored, and so is this.
// Does not own other owners (tracking.ts). On a cluster the controller applies the status over the API server, and it says the same.
import { fieldSetOf } from './fields.ts';
import { differenceWithChildren } from './field-set.ts';
import { entriesOf, readOwners, writerId, type Owned } from './managers.ts';
import type { Tracked } from './ownership.ts';
import { fieldsIn, isFields, type Fields } from './typed.ts';

const manager = 'agentcube-controller';
const subresource = 'status';

/** Whether an entry of managedFields is about the status. */
export const isOfStatus = (entry: unknown): boolean =>
  isFields(entry) && entry['subresource'] === subresource;

/** When the status last became another, as its conditions tell (RFC 3339). */
function timeOf(status: Fields): string | undefined {
  const conditions = Array.isArray(status['conditions']) ? status['conditions'].filter(isFields) : [];
  const times = conditions.map((one) => one['lastTransitionTime']).filter((time) => typeof time === 'string');
  return times.sort().at(-1);
}

/** The same object, whose managedFields tell who owns its status; itself where it has none. `tracked` is of the status. */
export function withStatusOwner<O extends object>(tracked: Tracked, object: O): O {
  const fields = object as unknown as Fields;
  const status = fieldsIn(fields['status']);
  if (!status) return object;
  const metadata = fieldsIn(fields['metadata']) ?? {};
  const others = Array.isArray(metadata['managedFields']) ? metadata['managedFields'] : [];
  const owners = new Map(readOwners(others.filter((entry) => !isOfStatus(entry))) ?? []);
  const time = timeOf(status);
  const owned: Owned = {
    ...{ manager, operation: 'Apply', apiVersion: String(fields['apiVersion']), subresource },
    fields: differenceWithChildren(fieldSetOf(tracked.type, { status }), tracked.ignored),
    ...(time !== undefined && { time }),
  };
  const managedFields = entriesOf(owners.set(writerId(owned), owned));
  return { ...object, metadata: { ...metadata, managedFields } };
}
