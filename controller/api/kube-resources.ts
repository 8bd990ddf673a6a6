// What the Kubernetes-style routes need of each kind: the registry that keeps it.
// Does not own what a write does (registry.ts, trigger-registry.ts) nor HTTP (kube-routes.ts).
import { PlatformError } from '../../model/errors.ts';
import type { Resource, ResourceKind } from '../../model/resource.ts';
import { runtimeKinds, type Runtime } from '../../model/runtime.ts';
import type { RuntimeKind } from '../../model/sandbox.ts';
import { triggerKind, type Trigger } from '../../model/trigger.ts';
import { withStatusOwner } from '../core/managed-fields/status-owner.ts';
import type { Selection } from '../core/selection.ts';
import type { RuntimeReads, RuntimeWrites, Written } from '../registry.ts';
import type { ResourceChanges } from '../resource-log.ts';
import { servedSchema } from '../served-schemas.ts';
import type { TriggerRegistry, WrittenTrigger } from '../trigger-registry.ts';
import type { Change, Removed, RemoveOptions, WriteOptions } from '../writing.ts';

export type KubeRegistry = RuntimeReads & RuntimeWrites;
export type KubeTriggers = Pick<TriggerRegistry, 'get' | 'list' | 'changes' | 'write' | 'remove'>;

export interface Place {
  readonly namespace: string;
  readonly name: string;
}

/** An object as it is now, and what its writer should know besides. */
export interface WrittenObject {
  readonly object: Resource;
  readonly warnings: readonly string[];
}

/** One kind, for its routes. Throws and rejects as its registry does. */
export interface KubeResource {
  readonly kind: ResourceKind;
  /** What deleting one means, for the document. */
  readonly deleting: string;
  list(selection: Selection): { readonly items: readonly Resource[]; readonly resourceVersion: string };
  /** For watches; also of other kinds. */
  readonly changes: ResourceChanges;
  get(place: Place): Resource | undefined;
  /** Whatever the change makes of what is there. */
  write(place: Place, change: Change<Resource>, options: WriteOptions): Promise<WrittenObject>;
  remove(place: Place, options: RemoveOptions<Resource>): Promise<Removed<Resource>>;
}

/** Objects are values: each is made ready to be shown once. */
const ready = new WeakMap<Resource, Resource>();

/** An object as clients see it: it also tells who owns its status. */
export function shown(object: Resource): Resource {
  const known = ready.get(object) ?? withStatusOwner(servedSchema(object.kind).trackedStatus, object);
  ready.set(object, known);
  return known;
}

const ofRuntime = ({ runtime, warnings }: Written): WrittenObject => ({ object: shown(runtime), warnings });
const ofTrigger = ({ trigger, warnings }: WrittenTrigger): WrittenObject => ({
  object: shown(trigger),
  warnings,
});

type Listed = ReturnType<KubeResource['list']>;
const shownList = ({ items, resourceVersion }: Listed): Listed => ({
  items: items.map(shown),
  resourceVersion,
});
const shownOne = (object: Resource | undefined): Resource | undefined => object && shown(object);

const otherKind = (kind: ResourceKind): PlatformError =>
  new PlatformError('INTERNAL', `the change made no ${kind}`);

/** A change of objects in general, as one of a kind of runtime. */
const runtimeChange =
  (change: Change<Resource>, kind: RuntimeKind): Change<Runtime> =>
  (current) => {
    const next = change(current);
    if (next.kind === triggerKind) throw otherKind(kind);
    return next;
  };

const triggerChange =
  (change: Change<Resource>): Change<Trigger> =>
  (current) => {
    const next = change(current);
    if (next.kind !== triggerKind) throw otherKind(triggerKind);
    return next;
  };

const runtimesOf = (registry: KubeRegistry, kind: RuntimeKind): KubeResource => ({
  kind,
  deleting: 'its warm pool drains, its sessions go on',
  list: (selection) => shownList(registry.list({ kind, ...selection })),
  changes: registry.changes,
  get: (place) => shownOne(registry.get({ kind, ...place })),
  write: async (place, change, options) =>
    ofRuntime(await registry.write({ kind, ...place }, runtimeChange(change, kind), options)),
  remove: (place, options) => registry.remove({ kind, ...place }, options),
});

const triggersOf = (registry: KubeTriggers): KubeResource => ({
  kind: triggerKind,
  deleting: 'what waits for it becomes dead letters',
  list: (selection) => shownList(registry.list(selection)),
  changes: registry.changes,
  get: (place) => shownOne(registry.get(place)),
  write: async (place, change, options) =>
    ofTrigger(await registry.write(place, triggerChange(change), options)),
  remove: (place, options) => registry.remove(place, options),
});

/** Every kind that is kept here. */
export const kubeResources = (registry: KubeRegistry, triggers: KubeTriggers | undefined): KubeResource[] => [
  ...runtimeKinds.map((kind) => runtimesOf(registry, kind)),
  ...(triggers ? [triggersOf(triggers)] : []),
];
