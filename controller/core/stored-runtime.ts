// What a write makes of a stored object, as a Kubernetes API server would: uid, generation and times are the server's,
// the rest is the writer's. Decides only; what is valid and where it is stored is not its business.
// S7 and status: a writer of the spec cannot move either the creation time or the status.
import type { Metadata } from '../../model/metadata.ts';
import type { Resource } from '../../model/resource.ts';
import { timeText } from './conditions.ts';

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
const written = ({ name, namespace, labels, annotations }: Metadata): Metadata => ({
  name,
  namespace: namespace ?? 'default',
  ...(labels !== undefined && { labels }),
  ...(annotations !== undefined && { annotations }),
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

/** What is stored after `next` was written over `current`; `unchanged` when that is what is there. */
export function asUpdated<R extends Resource>(current: R, next: R): R | 'unchanged' {
  const { uid, creationTimestamp, generation = 1 } = current.metadata;
  const mine = written(next.metadata);
  const sameSpec = sameJson(current.spec, next.spec);
  if (sameSpec && sameJson(written(current.metadata), mine)) return 'unchanged';
  const metadata = {
    ...mine,
    ...(uid !== undefined && { uid }),
    ...(creationTimestamp !== undefined && { creationTimestamp }),
    generation: sameSpec ? generation : generation + 1,
  };
  const { status } = current;
  return { ...without(next, metadata), ...(status !== undefined && { status }) };
}

/**
 * Whether whoever saw an object at a version saw what is written now: it was written at `writtenAt`, and later changes up to
 * `version` were of its status alone.
 */
export const sawWhatIsWritten = (seen: string, writtenAt: string, version: string): boolean =>
  Number(seen) >= Number(writtenAt) && Number(seen) <= Number(version);
