// OpenAPI 2.0 documents in the protobuf form that kubectl reads (gnostic's openapi.v2, OpenAPIv2.proto): older kubectls take no other.
// As far as our documents go: paths with patches and their query parameters, and schemas. Does not own what they say.

type Json = Readonly<Record<string, unknown>>;
type Bytes = readonly Uint8Array[];

const text = new TextEncoder();

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Uint8Array.from([...bytes, rest]);
    bytes.push((rest % 128) + 128);
  }
}

function joined(parts: Bytes): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Wire types: 0 a varint, 1 eight bytes, 2 a length and as many bytes. */
const tag = (field: number, wire: 0 | 1 | 2): Uint8Array => varint(field * 8 + wire);

function bytes(field: number, content: Uint8Array): Bytes {
  return [tag(field, 2), varint(content.length), content];
}

const message = (field: number, parts: Bytes): Bytes => bytes(field, joined(parts));
const string = (field: number, value: unknown): Bytes =>
  typeof value === 'string' && value !== '' ? bytes(field, text.encode(value)) : [];
const strings = (field: number, values: unknown): Bytes =>
  Array.isArray(values) ? values.flatMap((value) => string(field, value)) : [];
const flag = (field: number, value: unknown): Bytes => (value === true ? [tag(field, 0), varint(1)] : []);
const count = (field: number, value: unknown): Bytes =>
  typeof value === 'number' ? [tag(field, 0), varint(value)] : [];

function double(field: number, value: unknown): Bytes {
  if (typeof value !== 'number') return [];
  const eight = new DataView(new ArrayBuffer(8));
  eight.setFloat64(0, value, true);
  return [tag(field, 1), new Uint8Array(eight.buffer)];
}

/** Any value, as YAML; JSON is that. */
const any = (value: unknown): Bytes => string(2, JSON.stringify(value));

const named = (field: number, name: string, value: Bytes): Bytes =>
  message(field, [...string(1, name), ...message(2, value)]);

const extensions = (field: number, of: Json): Bytes =>
  Object.entries(of)
    .filter(([name]) => name.startsWith('x-'))
    .flatMap(([name, value]) => named(field, name, any(value)));

const isJson = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const entries = (value: unknown): readonly (readonly [string, Json])[] =>
  isJson(value) ? Object.entries(value).filter((entry): entry is [string, Json] => isJson(entry[1])) : [];

const inner = (field: number, value: unknown, made: (schema: Json) => Bytes): Bytes =>
  isJson(value) ? message(field, made(value)) : [];

const limits = (of: Json): Bytes => [
  ...double(7, of['maximum']),
  ...flag(8, of['exclusiveMaximum']),
  ...double(9, of['minimum']),
  ...flag(10, of['exclusiveMinimum']),
  ...count(11, of['maxLength']),
  ...count(12, of['minLength']),
  ...string(13, of['pattern']),
  ...count(14, of['maxItems']),
  ...count(15, of['minItems']),
];

function schema(of: Json): Bytes {
  const { enum: choices, type } = of;
  return [
    ...string(1, of['$ref']),
    ...string(2, of['format']),
    ...string(4, of['description']),
    ...(of['default'] === undefined ? [] : message(5, any(of['default']))),
    ...limits(of),
    ...strings(19, of['required']),
    ...(Array.isArray(choices) ? choices.flatMap((one) => message(20, any(one))) : []),
    ...inner(21, of['additionalProperties'], (one) => message(1, schema(one))),
    ...(type === undefined ? [] : message(22, string(1, type))),
    ...inner(23, of['items'], (one) => message(1, schema(one))),
    ...inner(25, of['properties'], (all) =>
      entries(all).flatMap(([name, one]) => named(1, name, schema(one))),
    ),
    ...extensions(31, of),
  ];
}

/** Of a query; others are left out. */
function parameter(of: Json): Bytes {
  if (of['in'] !== 'query') return [];
  const query = [
    ...string(2, of['in']),
    ...string(3, of['description']),
    ...string(4, of['name']),
    ...string(6, of['type']),
  ];
  return message(8, message(1, message(2, message(3, query))));
}

const operation = (of: Json): Bytes => [
  ...string(3, of['description']),
  ...string(5, of['operationId']),
  ...strings(7, of['consumes']),
  ...(Array.isArray(of['parameters']) ? of['parameters'].filter(isJson).flatMap(parameter) : []),
  ...extensions(13, of),
];

/** The bytes of a document. */
export function openapiProto(document: Json): Uint8Array<ArrayBuffer> {
  const { info, paths, definitions } = document;
  const about = isJson(info) ? [...string(1, info['title']), ...string(2, info['version'])] : [];
  const items = entries(paths).flatMap(([path, item]) => named(2, path, inner(8, item['patch'], operation)));
  const schemas = entries(definitions).flatMap(([name, one]) => named(1, name, schema(one)));
  return new Uint8Array(
    joined([
      ...string(1, document['swagger']),
      ...message(2, about),
      ...message(8, items),
      ...message(9, schemas),
    ]),
  );
}
