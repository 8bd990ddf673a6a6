// What a write makes of a stored object, as a Kubernetes API server would: uid, generation and times are the server's,
// the rest is the writer's. Decides only; what is valid and where it is stored is not its business.
// S7 and status: a writer of the spec cannot move either the creation time or the status.
import type { Metadata } from '../../model/metadata.ts';
import type { Resource } from '../../model/resource.ts';
import { timeText } from './conditions.ts';
import { isOfStatus } from './managed-fields/status-owner.ts';

/** Whether two JSON values are equal; the order of an object's fields does not count. */
export function sameJson(one: unknown, other: unknown): boolean {
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) {
    return one === other;
  }
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const fields = Object.entries(one);
  return (
    fields.length === Object.keys(other).length &&
    fields.every(([name, value]) => Object.hasOwn(other, name) && sameJson(value, Reflect.get(other, name)))
  );
}

/** The part of metadata that belongs to whoever writes the object. */
const writable = [
  'labels',
  'annotations',
  'finalizers',
  'ownerReferences',
  'generateName',
  'managedFields',
] as const;

function written(metadata: Metadata): Metadata {
  const { name, namespace = 'default', managedFields } = metadata;
  const given = writable.filter((field) => metadata[field] !== undefined);
  return {
    name,
    namespace,
    ...Object.fromEntries(given.map((field) => [field, metadata[field]])),
    // Who owns the status is told anew, as the status is.
    ...(managedFields && { managedFields: managedFields.filter((entry) => !isOfStatus(entry)) }),
  };
}

/** The same but for the times of managedFields, which are no change of their own. */
const compared = (metadata: Metadata): object => ({
  ...written(metadata),
  managedFields: (written(metadata).managedFields ?? []).map(({ time: _, ...entry }) => entry),
});

const without = <R extends Resource>(object: R, metadata: Metadata): R => {
  const { status: _, ...rest } = object;
  return { ...rest, metadata } as R;
};

/** An object as it is stored the first time: generation 1, no status. `now` is ms since the epoch. */
export const asCreated = <R extends Resource>(object: R, uid: string, now: number): R =>
  without(object, {
    ...written(object.metadata),
    uid,
    generation: 1,
    creationTimestamp: timeText(now),
  });

/** What only the server writes, and keeps. */
const kept = ['uid', 'creationTimestamp', 'deletionTimestamp', 'deletionGracePeriodSeconds'] as const;

const keptOf = (metadata: Metadata): Partial<Metadata> =>
  Object.fromEntries(
    kept.flatMap((field) => (metadata[field] === undefined ? [] : [[field, metadata[field]]])),
  );

/** What is stored after `next` was written over `current`; `unchanged` when that is what is there. */
export function asUpdated<R extends Resource>(current: R, next: R): R | 'unchanged' {
  const { generation = 1 } = current.metadata;
  const sameSpec = sameJson(current.spec, next.spec);
  if (sameSpec && sameJson(compared(current.metadata), compared(next.metadata))) return 'unchanged';
  const metadata = {
    ...written(next.metadata),
    ...keptOf(current.metadata),
    generation: sameSpec ? generation : generation + 1,
  };
  const { status } = current;
  return { ...without(next, metadata), ...(status !== undefined && { status }) };
}

/** Whether nothing keeps an object that is being deleted. */
export const isGone = ({ metadata }: Resource): boolean =>
  metadata.deletionTimestamp !== undefined && (metadata.finalizers ?? []).length === 0;

/**
 * What becomes of an object that is deleted while finalizers keep it: it says since when. `undefined` when nothing keeps it;
 * `now` is ms since the epoch.
 */
export function asLeaving<R extends Resource>(current: R, now: number): R | undefined {
  const { finalizers = [], deletionTimestamp, generation = 1 } = current.metadata;
  if (finalizers.length === 0) return undefined;
  if (deletionTimestamp !== undefined) return current;
  const metadata = {
    ...current.metadata,
    generation: generation + 1,
    deletionTimestamp: timeText(now),
    deletionGracePeriodSeconds: 0,
  };
  return { ...current, metadata };
}

/**
 * Whether whoever saw an object at a version saw what is written now: it was written at `writtenAt`, and later changes up to
 * `version` were of its status alone.
 */
export const sawWhatIsWritten = (seen: string, writtenAt: string, version: string): boolean =>
  Number(seen) >= Number(writtenAt) && Number(seen) <= Number(version);
