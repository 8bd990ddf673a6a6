// How the fields of an object merge, by the structural schema of its CustomResourceDefinition. Decides only.
// Does not own merging (merge.ts), nor what values are valid (structural validation).
// Source: k8s.io/kube-openapi/pkg/schemaconv/openapi.go; what objects are made of, structured-merge-diff v6 schema/elements.go.

/** The part of a structural schema that says how fields merge. */
export interface SchemaPart {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, SchemaPart>>;
  readonly additionalProperties?: SchemaPart;
  readonly items?: SchemaPart;
  readonly [keyword: string]: unknown;
}

export type Scalar = 'numeric' | 'string' | 'boolean' | 'untyped';

export interface ListType {
  /** One value for whoever owns it; else each element is owned by itself. */
  readonly atomic: boolean;
  /** The fields that tell elements apart; empty: the elements are a set. */
  readonly keys: readonly string[];
  readonly element: FieldType;
}

export interface MapType {
  readonly atomic: boolean;
  readonly fields: ReadonlyMap<string, FieldType>;
  /** What a field is that is not named; absent where no other may be there. */
  readonly element?: FieldType;
  readonly defaults: ReadonlyMap<string, unknown>;
}

/** What a value may be: one of these, or whichever it is of several. */
export interface FieldType {
  readonly scalar?: Scalar;
  readonly list?: ListType;
  readonly map?: MapType;
}

interface Growing {
  scalar?: Scalar;
  list?: ListType;
  map?: MapType;
}

const openMap = (element: FieldType, atomic: boolean): MapType => ({
  atomic,
  element,
  fields: new Map(),
  defaults: new Map(),
});

/** Anything, as one value. */
const untyped: Growing = { scalar: 'untyped' };
untyped.list = { atomic: true, keys: [], element: untyped };
untyped.map = openMap(untyped, true);

/** Anything, by what it looks like: maps merge, lists are one value. */
const deduced: Growing = { scalar: 'untyped', list: { atomic: true, keys: [], element: untyped } };
deduced.map = openMap(deduced, false);

const scalars: Readonly<Record<string, Scalar>> = {
  integer: 'numeric',
  number: 'numeric',
  string: 'string',
  boolean: 'boolean',
};

function listOf(schema: SchemaPart, open: boolean): ListType {
  const kind = schema['x-kubernetes-list-type'];
  const keys = kind === 'map' ? (schema['x-kubernetes-list-map-keys'] as readonly string[]) : [];
  const element = schema.items ? typeOf(schema.items, open) : untyped;
  return { atomic: kind !== 'map' && kind !== 'set', keys, element };
}

function elementOf({ properties, additionalProperties }: SchemaPart, open: boolean): FieldType | undefined {
  if (additionalProperties) return typeOf(additionalProperties, open);
  return open || properties === undefined ? deduced : undefined;
}

function mapOf(schema: SchemaPart, open: boolean): MapType {
  const properties = Object.entries(schema.properties ?? {});
  const element = elementOf(schema, open);
  return {
    atomic: schema['x-kubernetes-map-type'] === 'atomic',
    fields: new Map(properties.map(([name, part]) => [name, typeOf(part, open)])),
    defaults: new Map(
      properties.flatMap(([name, part]): [string, unknown][] =>
        part['default'] === undefined ? [] : [[name, part['default']]],
      ),
    ),
    ...(element && { element }),
  };
}

/** A part that keeps unknown fields keeps them in all its parts. */
function typeOf(schema: SchemaPart, inOpen: boolean): FieldType {
  const open = inOpen || schema['x-kubernetes-preserve-unknown-fields'] === true;
  if (schema.type === 'object') return { map: mapOf(schema, open) };
  if (schema.type === 'array') return { list: listOf(schema, open) };
  const scalar = schema.type === undefined ? undefined : scalars[schema.type];
  return scalar ? { scalar } : { scalar: 'untyped', list: listOf(schema, open), map: mapOf(schema, open) };
}

const texts: SchemaPart = { type: 'object', additionalProperties: { type: 'string' } };
const textFields = (...names: readonly string[]): Record<string, SchemaPart> =>
  Object.fromEntries(names.map((name) => [name, { type: 'string' }]));

const ownerReference: SchemaPart = {
  type: 'object',
  'x-kubernetes-map-type': 'atomic',
  properties: {
    ...textFields('apiVersion', 'kind', 'name', 'uid'),
    blockOwnerDeletion: { type: 'boolean' },
    controller: { type: 'boolean' },
  },
};

/** metav1.ObjectMeta, which every object has. */
export const metadataSchema: SchemaPart = {
  type: 'object',
  properties: {
    ...textFields('name', 'namespace', 'generateName', 'selfLink', 'uid', 'resourceVersion'),
    ...textFields('creationTimestamp', 'deletionTimestamp'),
    generation: { type: 'integer' },
    deletionGracePeriodSeconds: { type: 'integer' },
    labels: texts,
    annotations: texts,
    finalizers: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' },
    ownerReferences: {
      type: 'array',
      items: ownerReference,
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['uid'],
    },
    managedFields: { type: 'array', items: { type: 'object' }, 'x-kubernetes-list-type': 'atomic' },
  },
};

/** How objects of a kind merge; `schema` is the definition's, whose metadata says nothing. */
export const objectType = (schema: SchemaPart): FieldType =>
  typeOf({ ...schema, properties: { ...schema.properties, metadata: metadataSchema } }, false);

/** What a field of a map is; undefined where it may not be there. */
export const fieldTypeIn = ({ fields, element }: MapType, name: string): FieldType | undefined =>
  fields.get(name) ?? element;
