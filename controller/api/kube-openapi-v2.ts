// The OpenAPI 2.0 document of what is deployed, which kubectl before 1.27 explains and checks manifests by. An API server makes it of the
// same schemas and leaves out what 2.0 cannot say; so is it made here. Does not own OpenAPI 3 (kube-openapi.ts) nor protobuf (core/).
import { apiVersionOf } from '../../model/resource.ts';
import common from './kube-openapi-common.json' with { type: 'json' };
import { publishedSchema, type Described } from './kube-openapi.ts';

type Json = Readonly<Record<string, unknown>>;

const isJson = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const moved = (value: unknown): unknown =>
  typeof value === 'string' ? value.replace('#/components/schemas/', '#/definitions/') : value;

/** What has fields of its own, which are no keywords. */
const fieldsOf = (properties: unknown): unknown =>
  isJson(properties)
    ? Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, older(one)]))
    : properties;

/** What keeps unknown fields is of no type there, for an old client would prune them; what may be this or that neither. */
const isOpen = (schema: Json): boolean => schema['x-kubernetes-preserve-unknown-fields'] === true;
const dropped = new Set(['default', 'allOf', 'anyOf', 'oneOf', 'not', 'nullable']);
const droppedOfOpen = new Set([
  ...dropped,
  'properties',
  'type',
  'items',
  'required',
  'additionalProperties',
]);

/** A schema as 2.0 says it. */
function older(value: unknown): unknown {
  if (!isJson(value)) return value;
  const left = isOpen(value) ? droppedOfOpen : dropped;
  const kept = Object.entries(value).filter(([name]) => !left.has(name));
  const said = kept.map(([name, one]) => {
    if (name === 'properties') return [name, fieldsOf(one)];
    return [name, name === '$ref' ? moved(one) : name === 'enum' || name.startsWith('x-') ? one : older(one)];
  });
  const [only] = Array.isArray(value['allOf']) ? (value['allOf'] as Json[]) : [];
  return { ...(Object.fromEntries(said) as object), ...(only && { $ref: moved(only['$ref']) }) };
}

type Parameter = { readonly name: string; readonly in: string; readonly schema: { readonly type: string } };

function queryParameter({ schema, ...rest }: Parameter): object {
  return { ...rest, type: schema.type, uniqueItems: true };
}

const { dryRun, fieldManager, fieldValidation, force } = common.parameters;

/** Only what a patch may ask for: older clients look there whether a dry run is possible. */
const pathOf = (of: Described): readonly [string, object] => [
  `/apis/${apiVersionOf(of.kind)}/namespaces/{namespace}/${of.names.plural}/{name}`,
  {
    patch: {
      description: `partially update the specified ${of.kind}`,
      operationId: of.operationId('patch', `Namespaced${of.kind}`),
      consumes: [
        'application/json-patch+json',
        'application/merge-patch+json',
        'application/apply-patch+yaml',
      ],
      parameters: [dryRun, fieldManager, fieldValidation, force].map(queryParameter),
      responses: { 200: { description: 'OK', schema: { $ref: `#/definitions/${of.schemaName}` } } },
      'x-kubernetes-action': 'patch',
      'x-kubernetes-group-version-kind': of.gvk,
    },
  },
];

/** The document of these kinds. */
export const swaggerDocument = (kinds: readonly Described[]): Json => ({
  swagger: '2.0',
  info: { title: 'Kubernetes', version: '1.35' },
  paths: Object.fromEntries(kinds.map(pathOf)),
  definitions: Object.fromEntries([
    ...Object.entries(common.schemas).map(([name, schema]) => [name, older(schema)] as const),
    ...kinds.map((of) => [of.schemaName, older(publishedSchema(of))] as const),
  ]),
});
