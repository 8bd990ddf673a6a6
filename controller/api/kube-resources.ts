// What the Kubernetes-style routes need of each kind: reading a body as an object of the kind, and the registry that keeps it.
// Does not own what a write does (registry.ts, trigger-registry.ts) nor HTTP (kube-routes.ts).
import type { Metadata } from '../../model/metadata.ts';
import { validateRuntime } from '../../model/problem.ts';
import { validateTrigger, type Resource, type ResourceKind } from '../../model/resource.ts';
import { runtimeKinds } from '../../model/runtime.ts';
import type { RuntimeKind } from '../../model/sandbox.ts';
import { triggerKind } from '../../model/trigger.ts';
import type { Selection } from '../core/selection.ts';
import type { RuntimeReads, RuntimeWrites, Written } from '../registry.ts';
import type { ResourceChanges } from '../resource-log.ts';
import type { TriggerRegistry, WrittenTrigger } from '../trigger-registry.ts';
import { objectIn, type Expected, type Fields } from './kube-body.ts';

export type KubeRegistry = RuntimeReads & RuntimeWrites;
export type KubeTriggers = Pick<
  TriggerRegistry,
  'get' | 'list' | 'changes' | 'create' | 'replace' | 'patch' | 'remove'
>;

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
  create(body: Fields, expected: Expected): Promise<WrittenObject>;
  replace(body: Fields, expected: Expected): Promise<WrittenObject>;
  patch(place: Place, patch: unknown): Promise<WrittenObject>;
  remove(place: Place): Promise<Metadata>;
}

const ofRuntime = ({ runtime, warnings }: Written): WrittenObject => ({ object: runtime, warnings });
const ofTrigger = ({ trigger, warnings }: WrittenTrigger): WrittenObject => ({ object: trigger, warnings });

const runtimeIn = (body: Fields, expected: Expected) =>
  objectIn(body, expected, (value) => {
    const checked = validateRuntime(value);
    return checked.ok ? { ok: true, resource: checked.runtime } : checked;
  });

const triggerIn = (body: Fields, expected: Expected) => objectIn(body, expected, validateTrigger);

const runtimesOf = (registry: KubeRegistry, kind: RuntimeKind): KubeResource => ({
  kind,
  deleting: 'its warm pool drains, its sessions go on',
  list: (selection) => registry.list({ kind, ...selection }),
  changes: registry.changes,
  get: (place) => registry.get({ kind, ...place }),
  create: async (body, expected) => ofRuntime(await registry.create(runtimeIn(body, expected))),
  replace: async (body, expected) => ofRuntime(await registry.replace(runtimeIn(body, expected))),
  patch: async (place, patch) => ofRuntime(await registry.patch({ kind, ...place }, patch)),
  remove: async (place) => (await registry.remove({ kind, ...place })).metadata,
});

const triggersOf = (registry: KubeTriggers): KubeResource => ({
  kind: triggerKind,
  deleting: 'what waits for it becomes dead letters',
  list: (selection) => registry.list(selection),
  changes: registry.changes,
  get: (place) => registry.get(place),
  create: async (body, expected) => ofTrigger(await registry.create(triggerIn(body, expected))),
  replace: async (body, expected) => ofTrigger(await registry.replace(triggerIn(body, expected))),
  patch: async (place, patch) => ofTrigger(await registry.patch(place, patch)),
  remove: async (place) => (await registry.remove(place)).metadata,
});

/** Every kind that is kept here. */
export const kubeResources = (registry: KubeRegistry, triggers: KubeTriggers | undefined): KubeResource[] => [
  ...runtimeKinds.map((kind) => runtimesOf(registry, kind)),
  ...(triggers ? [triggersOf(triggers)] : []),
];
