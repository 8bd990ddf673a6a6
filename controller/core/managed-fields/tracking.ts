// managedFields of an object with each write, as a Kubernetes API server keeps them: who writes owns what it changed, who applies
// owns what it applied. What every object has anyway (name, uid, times) is never owned.
// Does not own what an apply makes of an object otherwise (ownership.ts), nor reading a request.
// Source: k8s.io/apimachinery/pkg/util/managedfields/internal: fieldmanager.go and what it wraps, from the outside in.
import { difference, emptySet, isEmptySet, setOf, union, type FieldSet } from './field-set.ts';
import { objectType, type SchemaPart } from './field-type.ts';
import {
  compareOwned,
  entriesOf,
  isReset,
  readOwners,
  writerId,
  type Owned,
  type Owners,
  type Writer,
} from './managers.ts';
import { kubectl, retold, takenBeyond } from './last-applied.ts';
import { applied, ownersAfterUpdate, type Taken, type Tracked } from './ownership.ts';
import { fieldElement } from './path-element.ts';
import { fieldsIn, type Fields } from './typed.ts';

const inMetadata = ['name', 'namespace', 'creationTimestamp', 'selfLink', 'uid', 'clusterName'].concat([
  'generation',
  'managedFields',
  'resourceVersion',
]);

/** What nobody owns, whoever wrote it. */
const stripped: FieldSet = setOf(
  ...['apiVersion', 'kind', 'metadata'].map((name) => [fieldElement(name)]),
  ...inMetadata.map((name) => [fieldElement('metadata'), fieldElement(name)]),
);

/** More of them than so many are told as one. */
const mostUpdaters = 10;
const ancient = 'ancient-changes';
const beforeApply = 'before-first-apply';

/** What a resource's writers own: all but the status, which is a subresource of its own. */
export const trackedResource = (schema: SchemaPart): Tracked => ({
  type: objectType(schema),
  ignored: setOf([fieldElement('status')]),
});

/** Of the status subresource: the status alone. */
export const trackedStatus = (schema: SchemaPart): Tracked => ({
  type: objectType(schema),
  ignored: setOf(...['metadata', 'spec'].map((name) => [fieldElement(name)])),
});

/** Who writes, as it will be told, and when (RFC 3339, whole seconds). */
export interface Write {
  readonly writer: Writer;
  readonly time: string;
}

const entriesIn = (object: Fields | undefined): unknown => fieldsIn(object?.['metadata'])?.['managedFields'];

function withEntries(object: Fields, owners: Owners): Fields {
  const { managedFields: _, ...metadata } = fieldsIn(object['metadata']) ?? {};
  const managedFields = entriesOf(owners);
  return { ...object, metadata: { ...metadata, ...(managedFields && { managedFields }) } };
}

const withoutEntries = (object: Fields): Fields => withEntries(object, new Map());

/** What a write's own object says of owners, where it says something that can be read; else what is there. */
function ownersOf(live: Fields | undefined, next: Fields): Owners {
  const given = entriesIn(next);
  if (isReset(given)) return new Map();
  const said = readOwners(given);
  return said && said.size > 0 ? said : (readOwners(entriesIn(live)) ?? new Map());
}

function stripOf(owners: Owners, id: string): Owners {
  const owned = owners.get(id);
  if (!owned) return owners;
  const fields = difference(owned.fields, stripped);
  const left = new Map(owners).set(id, { ...owned, fields });
  if (isEmptySet(fields)) left.delete(id);
  return left;
}

/** The oldest updaters as one, as long as there are too many. */
function capped(owners: Owners): Owners {
  const updaters = [...owners].filter(([, { operation }]) => operation === 'Update');
  const tooMany = updaters.length - mostUpdaters;
  if (tooMany <= 0) return owners;
  const oldest = updaters.sort(([, one], [, other]) => compareOwned(one, other)).slice(0, tooMany + 1);
  const fields = oldest.map(([, owned]) => owned.fields).reduce(union, emptySet);
  const { apiVersion, time } = oldest.at(-1)?.[1] ?? { apiVersion: '' };
  const bucket: Owned = {
    manager: ancient,
    operation: 'Update',
    apiVersion,
    fields,
    ...(time !== undefined && { time }),
  };
  const left = new Map(owners);
  for (const [id] of oldest) left.delete(id);
  return left.set(writerId(bucket), bucket);
}

/** What was changed is told as of now, together with what the same writer owned before. */
function updated(tracked: Tracked, owners: Owners, write: Write, before: Fields, after: Fields): Owners {
  const { writer, time } = write;
  // Under a name of its own, so that what it changes is told apart from what it owned.
  const now: Writer = { ...writer, manager: '\0now' };
  const next = new Map(stripOf(ownersAfterUpdate(tracked, owners, now, { before, after }), writerId(now)));
  const changed = next.get(writerId(now));
  if (!changed) return next;
  next.delete(writerId(now));
  const id = writerId(writer);
  const fields = union(changed.fields, next.get(id)?.fields ?? emptySet);
  return next.set(id, { ...writer, fields, time });
}

const hasUid = (object: Fields | undefined): boolean => Boolean(fieldsIn(object?.['metadata'])?.['uid']);

/** The object with the owners that it has after `next` was written over `live`, or as a new one. */
export function trackUpdate(tracked: Tracked, live: Fields | undefined, next: Fields, write: Write): Fields {
  const owners = ownersOf(live, next);
  const bare = withoutEntries(next);
  // Nobody has ever owned anything of it: so it stays until somebody applies.
  if (owners.size === 0 && hasUid(live)) return bare;
  const before = withoutEntries(live ?? {});
  return withEntries(bare, capped(updated(tracked, owners, write, before, bare)));
}

/** What is there already belongs to somebody, so that an apply that changes it is asked about it. */
function ownersBefore(tracked: Tracked, live: Fields | undefined, { writer, time }: Write): Owners {
  const owners = readOwners(entriesIn(live)) ?? new Map<string, Owned>();
  if (owners.size > 0 || !hasUid(live)) return owners;
  const first: Writer = { ...writer, manager: beforeApply, operation: 'Update' };
  const { apiVersion, kind } = live ?? {};
  return updated(tracked, owners, { writer: first, time }, { apiVersion, kind }, withoutEntries(live ?? {}));
}

export type TrackedApply =
  { readonly ok: true; readonly object: Fields } | { readonly ok: false; readonly taken: readonly Taken[] };

interface Apply extends Write {
  readonly force: boolean;
}

function apply(
  tracked: Tracked,
  live: Fields | undefined,
  config: Fields,
  { force, ...write }: Apply,
): TrackedApply {
  const { writer, time } = write;
  const before = withoutEntries(live ?? {});
  const result = applied(tracked, ownersBefore(tracked, live, write), writer, {
    live: before,
    config,
    force,
  });
  if (!result.ok) return result;
  const id = writerId(writer);
  const owners = stripOf(result.owners, id);
  const mine = owners.get(id);
  const told = mine && result.changed ? new Map(owners).set(id, { ...mine, time }) : owners;
  return { ok: true, object: withEntries(result.object, told) };
}

/** What `config` makes of `live`, or of nothing, and who owns it then; or what others own and it would change. */
export function trackApply(
  tracked: Tracked,
  live: Fields | undefined,
  config: Fields,
  how: Apply,
): TrackedApply {
  const result = apply(tracked, live, config, how);
  if (how.writer.manager !== kubectl) return result;
  if (result.ok) return { ok: true, object: retold(result.object, config) };
  const taken = takenBeyond(tracked.type, live ?? {}, result.taken);
  if (taken.length > 0) return { ok: false, taken };
  const forced = apply(tracked, live, config, { ...how, force: true });
  return forced.ok ? { ok: true, object: retold(forced.object, config) } : forced;
}
