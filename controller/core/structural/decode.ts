// An object as an API server takes it in: without fields that nobody declared, and without nulls, which say "not given". What was
// left out is told, for whoever wants to be refused or warned.
// Does not own what values are valid (validate.ts). Source: k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning.
import { metadataSchema, type SchemaPart } from '../managed-fields/field-type.ts';
import { isFields, type Fields } from '../managed-fields/typed.ts';

export interface Decoded {
  readonly object: Fields;
  /** Paths such as `spec.foo` and `spec.ports[0].foo`, in order. */
  readonly unknownFields: readonly string[];
}

const keepsUnknown = (schema: SchemaPart | undefined): boolean =>
  schema?.['x-kubernetes-preserve-unknown-fields'] === true;

const below = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`);

class Pruner {
  readonly unknown: string[] = [];

  /** What is kept without being declared keeps all that is in it, but for what is declared there again. */
  prune(value: unknown, schema: SchemaPart | undefined, path: string): unknown {
    if (Array.isArray(value))
      return value.map((item, at) => this.prune(item, schema?.items ?? kept(schema), `${path}[${at}]`));
    if (!isFields(value)) return value;
    const left = Object.entries(value).flatMap(([name, content]): [string, unknown][] =>
      this.#field(name, content, schema, below(path, name)),
    );
    return Object.fromEntries(left);
  }

  #field(name: string, content: unknown, schema: SchemaPart | undefined, path: string): [string, unknown][] {
    const { properties, additionalProperties } = schema ?? {};
    const declared = properties && Object.hasOwn(properties, name) ? properties[name] : additionalProperties;
    if (!declared && !keepsUnknown(schema)) {
      this.unknown.push(path);
      return [];
    }
    if (content === null) return [];
    return [[name, declared ? this.prune(content, declared, path) : content]];
  }
}

const open: SchemaPart = { 'x-kubernetes-preserve-unknown-fields': true };
const kept = (schema: SchemaPart | undefined): SchemaPart | undefined =>
  keepsUnknown(schema) ? open : undefined;

/** Lists of objects in metadata are not looked into: who wrote them knows them. */
const metadataLists = { managedFields: open, ownerReferences: open };

const withMetadata = (schema: SchemaPart): SchemaPart => ({
  ...schema,
  properties: {
    ...schema.properties,
    metadata: { ...metadataSchema, properties: { ...metadataSchema.properties, ...metadataLists } },
  },
});

/** An object of the kind whose definition's schema is given. */
export function decoded(value: Fields, schema: SchemaPart): Decoded {
  const pruner = new Pruner();
  const object = pruner.prune(value, withMetadata(schema), '') as Fields;
  return { object, unknownFields: pruner.unknown.sort() };
}
