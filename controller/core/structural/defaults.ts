// Writes into an object what its definition says of fields that it does not have. Source: k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting.
import type { SchemaPart } from '../managed-fields/field-type.ts';
import { isFields, type Fields } from '../managed-fields/typed.ts';

function inFields(value: Fields, { properties = {}, additionalProperties }: SchemaPart): Fields {
  const missing = Object.entries(properties).flatMap(([name, part]): [string, unknown][] =>
    part['default'] === undefined || Object.hasOwn(value, name) ? [] : [[name, part['default']]],
  );
  const given = Object.entries(value).map(([name, content]) => {
    const part = Object.hasOwn(properties, name) ? properties[name] : additionalProperties;
    return [name, part ? inValue(content, part) : content] as const;
  });
  return Object.fromEntries([...given, ...missing]);
}

function inValue(value: unknown, schema: SchemaPart): unknown {
  const { items } = schema;
  if (Array.isArray(value)) return items ? value.map((item) => inValue(item, items)) : value;
  return isFields(value) ? inFields(value, schema) : value;
}

/** Applied twice, it changes nothing. */
export const withSchemaDefaults = (value: Fields, schema: SchemaPart): Fields => inFields(value, schema);
