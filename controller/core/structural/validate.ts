// What a definition's schema says is wrong with an object, in the words of a Kubernetes API server. Rules that are written as code
// (x-kubernetes-validations) are not evaluated here: the zod schemas in model/ say the same.
// Source: k8s.io/kube-openapi/pkg/validation/validate and errors/schema.go; lists, k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype.
import type { SchemaPart } from '../managed-fields/field-type.ts';
import { isFields, sameValue } from '../managed-fields/typed.ts';
import {
  duplicate,
  invalid,
  notSupported,
  required,
  tooLong,
  typeInvalid,
  type FieldError,
} from './field-error.ts';

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

function typesOf(schema: SchemaPart): readonly string[] {
  if (schema['x-kubernetes-int-or-string'] === true) return ['integer', 'string'];
  return schema.type === undefined ? [] : [schema.type];
}

function typeFault(value: unknown, schema: SchemaPart, path: string): FieldError | undefined {
  const types = typesOf(schema);
  const is = typeOf(value);
  if (types.length === 0 || types.includes(is)) return undefined;
  if (is === 'integer' && types.includes('number')) return undefined;
  if (is === 'null' && schema['nullable'] === true) return undefined;
  return typeInvalid(path, is, `${path} in body must be of type ${types.join(',')}: ${JSON.stringify(is)}`);
}

interface Bounds {
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: boolean;
  readonly exclusiveMaximum?: boolean;
}

function inNumber(value: number, schema: SchemaPart, path: string): FieldError[] {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema as Bounds;
  const fault = (words: string): FieldError[] => [invalid(path, value, `${path} in body should be ${words}`)];
  if (maximum !== undefined && (exclusiveMaximum ? value >= maximum : value > maximum))
    return fault(exclusiveMaximum ? `less than ${maximum}` : `less than or equal to ${maximum}`);
  if (minimum !== undefined && (exclusiveMinimum ? value <= minimum : value < minimum))
    return fault(exclusiveMinimum ? `greater than ${minimum}` : `greater than or equal to ${minimum}`);
  return [];
}

interface TextRules {
  readonly maxLength?: number;
  readonly minLength?: number;
  readonly pattern?: string;
}

function inText(value: string, schema: SchemaPart, path: string): FieldError[] {
  const { maxLength, minLength, pattern } = schema as TextRules;
  const length = [...value].length;
  if (maxLength !== undefined && length > maxLength) return [tooLong(path, maxLength)];
  if (minLength !== undefined && length < minLength)
    return [invalid(path, value, `${path} in body should be at least ${minLength} chars long`)];
  if (pattern !== undefined && !new RegExp(pattern, 'u').test(value))
    return [invalid(path, value, `${path} in body should match '${pattern}'`)];
  return [];
}

function inEnum(value: unknown, schema: SchemaPart, path: string): FieldError[] {
  const allowed = schema['enum'] as readonly unknown[] | undefined;
  if (!allowed || allowed.some((one) => sameValue(one, value))) return [];
  return [
    notSupported(
      path,
      value,
      allowed.map((one) => (typeof one === 'string' ? one : JSON.stringify(one))),
    ),
  ];
}

const keyOf = (item: unknown, keys: readonly string[]): unknown => {
  if (keys.length === 0) return item;
  const fields = isFields(item) ? item : {};
  return Object.fromEntries(
    keys.filter((key) => Object.hasOwn(fields, key)).map((key) => [key, fields[key]]),
  );
};

/** The second of each that is there more than once. */
function repeated(items: readonly unknown[], schema: SchemaPart, path: string): FieldError[] {
  const kind = schema['x-kubernetes-list-type'];
  if (kind !== 'map' && kind !== 'set') return [];
  const keys = kind === 'map' ? (schema['x-kubernetes-list-map-keys'] as readonly string[]) : [];
  const seen = new Map<string, number>();
  return items.flatMap((item, at) => {
    const key = keyOf(item, keys);
    const text = JSON.stringify(key);
    const times = (seen.get(text) ?? 0) + 1;
    seen.set(text, times);
    return times === 2 ? [duplicate(`${path}[${at}]`, key)] : [];
  });
}

function inList(items: readonly unknown[], schema: SchemaPart, path: string): FieldError[] {
  const { minItems } = schema as { minItems?: number };
  const { items: part } = schema;
  const few =
    minItems !== undefined && items.length < minItems
      ? [invalid(path, items.length, `${path} in body should have at least ${minItems} items`)]
      : [];
  const inner = part ? items.flatMap((item, at) => faultsIn(item, part, `${path}[${at}]`)) : [];
  return [...few, ...inner, ...repeated(items, schema, path)];
}

const below = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`);

function inFields(fields: object, schema: SchemaPart, path: string): FieldError[] {
  const { properties = {}, additionalProperties } = schema;
  const needed = (schema['required'] ?? []) as readonly string[];
  const missing = needed.filter((name) => !Object.hasOwn(fields, name));
  const inner = Object.entries(fields).flatMap(([name, content]) => {
    const part = Object.hasOwn(properties, name) ? properties[name] : additionalProperties;
    return part ? faultsIn(content, part, below(path, name)) : [];
  });
  return [...missing.map((name) => required(below(path, name))), ...inner];
}

function faultsIn(value: unknown, schema: SchemaPart, path: string): FieldError[] {
  const wrongType = typeFault(value, schema, path);
  if (wrongType) return [wrongType];
  const listed = inEnum(value, schema, path);
  if (Array.isArray(value)) return [...listed, ...inList(value, schema, path)];
  if (isFields(value)) return [...listed, ...inFields(value, schema, path)];
  if (typeof value === 'number') return [...listed, ...inNumber(value, schema, path)];
  return typeof value === 'string' ? [...listed, ...inText(value, schema, path)] : listed;
}

/** Everything at once; metadata and status are not looked at. */
export function schemaFaults(object: object, schema: SchemaPart): FieldError[] {
  const { metadata: _, status: __, ...properties } = schema.properties ?? {};
  return faultsIn(object, { ...schema, properties }, '');
}
