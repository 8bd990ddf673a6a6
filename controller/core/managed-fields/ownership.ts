// How the owners of fields change with a write, and what an apply makes of an object: it merges, takes away what its manager
// applied before and does no more unless somebody else owns it, and is refused where it would change what others own.
// Does not own the wire form (managers.ts) nor what is never tracked (tracking.ts).
// Source: sigs.k8s.io/structured-merge-diff v6, merge/update.go. All owners are of one version of the schema.
import { compareObjects, type Comparison } from './compare.ts';
import {
  difference,
  differenceWithChildren,
  emptySet,
  intersection,
  isEmptySet,
  union,
  type FieldSet,
} from './field-set.ts';
import type { FieldType } from './field-type.ts';
import { fieldSetOf } from './fields.ts';
import { writerId, type Owned, type Owners, type Writer } from './managers.ts';
import { mergeObjects } from './merge.ts';
import { withNamedFields, withoutSet } from './remove.ts';
import { sameValue, type Fields } from './typed.ts';

/** How a kind of object is tracked. */
export interface Tracked {
  readonly type: FieldType;
  /** Fields that no writer of this resource owns, with all below them. */
  readonly ignored: FieldSet;
}

/** What a writer would change and others own. */
export interface Taken {
  readonly owner: Owned;
  readonly fields: FieldSet;
}

const compared = ({ type, ignored }: Tracked, before: Fields, after: Fields): Comparison => {
  const { removed, modified, added } = compareObjects(type, before, after);
  return {
    removed: differenceWithChildren(removed, ignored),
    modified: differenceWithChildren(modified, ignored),
    added: differenceWithChildren(added, ignored),
  };
};

function takenFrom(owners: Owners, id: string, { modified, added }: Comparison): Taken[] {
  const changed = union(modified, added);
  return [...owners]
    .filter(([other]) => other !== id)
    .map(([, owner]) => ({ owner, fields: intersection(owner.fields, changed) }))
    .filter(({ fields }) => !isEmptySet(fields));
}

/** The owners without what the writer took from them or removed; whoever is left with nothing is gone. */
function othersAfter(owners: Owners, id: string, { removed, modified, added }: Comparison): Owners {
  const lost = union(removed, union(modified, added));
  const left = [...owners].map(([other, owned]): [string, Owned] =>
    other === id ? [other, owned] : [other, { ...owned, fields: difference(owned.fields, lost) }],
  );
  return new Map(left.filter(([, { fields }]) => !isEmptySet(fields)));
}

/** The owners after `writer` wrote `after` over `before`, as a create, update or patch; it owns what it changed. */
export function ownersAfterUpdate(
  tracked: Tracked,
  owners: Owners,
  writer: Writer,
  { before, after }: { readonly before: Fields; readonly after: Fields },
): Owners {
  const id = writerId(writer);
  const comparison = compared(tracked, before, after);
  const { removed, modified, added } = comparison;
  const left = new Map(othersAfter(owners, id, comparison));
  const had = left.get(id)?.fields ?? emptySet;
  const has = union(union(difference(had, removed), modified), added);
  const fields = differenceWithChildren(has, tracked.ignored);
  left.delete(id);
  if (!isEmptySet(fields)) left.set(id, { ...writer, fields });
  return left;
}

/** The merged object without what the manager applied before and nobody owns now. */
function pruned(type: FieldType, merged: Fields, owners: Owners, before: FieldSet): Fields {
  if (isEmptySet(before)) return merged;
  const named = (set: FieldSet): FieldSet => withNamedFields(set, type);
  const all = named(fieldSetOf(type, merged));
  const owned = [...owners.values()].map(({ fields }) => fields).reduce(union, emptySet);
  const last = named(before);
  const bare = withoutSet(type, merged, last);
  const kept = union(named(fieldSetOf(type, bare)), named(owned));
  const withOwned = withoutSet(type, merged, difference(all, kept));
  // What is left of the applied fields' surroundings, such as other entries of a map that nobody owns, stays.
  const gone = difference(all, named(fieldSetOf(type, withOwned)));
  return withoutSet(type, merged, intersection(gone, last));
}

export type Applied =
  | { readonly ok: true; readonly object: Fields; readonly owners: Owners; readonly changed: boolean }
  | { readonly ok: false; readonly taken: readonly Taken[] };

/** What `writer` makes of the live object by applying part of one. With `force` it takes what others own. */
export function applied(
  tracked: Tracked,
  owners: Owners,
  writer: Writer,
  { live, config, force }: { readonly live: Fields; readonly config: Fields; readonly force: boolean },
): Applied {
  const { type, ignored } = tracked;
  const id = writerId(writer);
  const before = owners.get(id)?.fields ?? emptySet;
  const time = owners.get(id)?.time;
  const fields = differenceWithChildren(fieldSetOf(type, config), ignored);
  const withMine = new Map(owners).set(id, { ...writer, fields, ...(time !== undefined && { time }) });
  const object = pruned(type, mergeObjects(type, live, config), withMine, before);
  const comparison = compared(tracked, live, object);
  const taken = takenFrom(withMine, id, comparison);
  if (!force && taken.length > 0) return { ok: false, taken };
  const changed = !sameValue(live, object);
  return { ok: true, object, owners: othersAfter(withMine, id, comparison), changed };
}
