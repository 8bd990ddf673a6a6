// The schemas that objects of each kind are served with: those of the CustomResourceDefinitions, so that one machine and a cluster
// take and answer the same. Does not own the definitions (config/crds/definitions.ts).
import { definitionOf } from '../config/crds/definitions.ts';
import type { ResourceKind } from '../model/resource.ts';
import type { SchemaPart } from './core/managed-fields/field-type.ts';
import { trackedResource, trackedStatus } from './core/managed-fields/tracking.ts';
import type { Tracked } from './core/managed-fields/ownership.ts';

interface Definition {
  readonly spec: {
    readonly versions: readonly { readonly schema: { readonly openAPIV3Schema: SchemaPart } }[];
  };
}

export interface ServedSchema {
  readonly schema: SchemaPart;
  /** How its managedFields are kept. */
  readonly tracked: Tracked;
  /** The same of its status. */
  readonly trackedStatus: Tracked;
}

function servedOf(kind: ResourceKind): ServedSchema {
  const [version] = (definitionOf(kind) as Definition).spec.versions;
  const schema = version?.schema.openAPIV3Schema ?? {};
  return { schema, tracked: trackedResource(schema), trackedStatus: trackedStatus(schema) };
}

const served = new Map<ResourceKind, ServedSchema>();

/** Made once for each kind. */
export function servedSchema(kind: ResourceKind): ServedSchema {
  const known = served.get(kind) ?? servedOf(kind);
  served.set(kind, known);
  return known;
}
