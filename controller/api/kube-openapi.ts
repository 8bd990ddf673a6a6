// The OpenAPI 3.0 documents of deployed objects, one a group, as an API server makes them of CustomResourceDefinitions: kubectl explains
// fields by them, and looks what a write may ask for. Does not own the schemas (config/crds/) nor what all documents share (the JSON
// beside this file).
import { apiVersionOf, groupOf, type ResourceKind } from '../../model/resource.ts';
import type { Structural } from '../../config/crds/structural.ts';
import { servedDefinition, type Definition } from './kube-columns.ts';
import common from './kube-openapi-common.json' with { type: 'json' };

const metaName = 'io.k8s.apimachinery.pkg.apis.meta.v1';
const refTo = (name: string): { readonly $ref: string } => ({ $ref: `#/components/schemas/${name}` });
const conventions = 'https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md';

const ofEvery = {
  apiVersion: {
    description:
      'APIVersion defines the versioned schema of this representation of an object. Servers should convert recognized schemas to ' +
      `the latest internal value, and may reject unrecognized values. More info: ${conventions}#resources`,
    type: 'string',
  },
  kind: {
    description:
      'Kind is a string value representing the REST resource this object represents. Servers may infer this from the endpoint ' +
      `the client submits requests to. Cannot be updated. In CamelCase. More info: ${conventions}#types-kinds`,
    type: 'string',
  },
};

/** A kind, and all that its part of a document is made of. */
export class Described {
  readonly kind: ResourceKind;
  readonly group: string;
  readonly version: string;
  readonly names: Definition['spec']['names'];
  readonly schema: Structural;

  constructor(kind: ResourceKind) {
    const { names, versions } = servedDefinition(kind).spec;
    this.kind = kind;
    this.group = groupOf(kind);
    this.version = versions[0].name;
    this.names = names;
    this.schema = versions[0].schema.openAPIV3Schema;
  }

  /** The group backwards, as packages are named. */
  get schemaName(): string {
    return `${this.group.split('.').reverse().join('.')}.${this.version}.${this.kind}`;
  }

  get gvk(): { readonly group: string; readonly kind: string; readonly version: string } {
    return { group: this.group, kind: this.kind, version: this.version };
  }

  /** `RuntimeAgentcubeVolcanoShV1alpha1`, of which the ids of operations are made. */
  get #operationPart(): string {
    const words = [...this.group.split('.'), this.version];
    return words.map((word) => `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`).join('');
  }

  get tag(): string {
    const [first = '', ...others] = this.group.split('.');
    const rest = others.map((word) => `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`);
    return `${first}${rest.join('')}_${this.version}`;
  }

  operationId(verb: string, what: string): string {
    return `${verb}${this.#operationPart}${what}`;
  }
}

const { parameters } = common;
type ParameterName = keyof typeof parameters;

const listing = [
  ...['allowWatchBookmarks', 'continue', 'fieldSelector', 'labelSelector', 'limit', 'resourceVersion'],
  ...['resourceVersionMatch', 'sendInitialEvents', 'timeoutSeconds', 'watch'],
] as ParameterName[];
const writing: ParameterName[] = ['dryRun', 'fieldManager', 'fieldValidation'];
const patching: ParameterName[] = ['dryRun', 'fieldManager:patch', 'fieldValidation', 'force'];
const deleting: ParameterName[] = [
  ...(['dryRun', 'gracePeriodSeconds', 'ignoreStoreReadErrorWithClusterBreakingPotential'] as const),
  ...(['orphanDependents', 'propagationPolicy'] as const),
];

const named = (names: readonly ParameterName[]): object[] => names.map((name) => parameters[name]);

const bodyTypes = ['application/json', 'application/yaml'];
const patchTypes = [
  'application/apply-patch+yaml',
  'application/json-patch+json',
  'application/merge-patch+json',
];

const contentOf = (types: readonly string[], schema: string): object => ({
  content: Object.fromEntries(types.map((type) => [type, { schema: refTo(schema) }])),
});

const texts: Readonly<Record<number, string>> = { 200: 'OK', 201: 'Created', 202: 'Accepted' };

interface OperationParts {
  readonly description: string;
  readonly id: string;
  readonly action: string;
  readonly parameters: readonly ParameterName[];
  readonly answers: string;
  readonly codes?: readonly number[];
  readonly body?: object;
}

function operation(of: Described, parts: OperationParts): object {
  const { description, id, action, answers, codes = [200], body } = parts;
  const answered = codes.map((code) => [
    code,
    { description: texts[code], ...contentOf(bodyTypes, answers) },
  ]);
  const own = named(parts.parameters);
  return {
    tags: [of.tag],
    description,
    operationId: id,
    ...(own.length > 0 && { parameters: own }),
    ...(body && { requestBody: body }),
    responses: { ...(Object.fromEntries(answered) as object), 401: { description: 'Unauthorized' } },
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': of.gvk,
  };
}

const status = `${metaName}.Status`;
const listName = (of: Described): string => `${of.schemaName}List`;
const objectBody = (of: Described): object => ({ ...contentOf(bodyTypes, of.schemaName), required: true });
const patchBody = { ...contentOf(patchTypes, `${metaName}.Patch`), required: true };

const listOperation = (of: Described, what: string, own: readonly ParameterName[]): object =>
  operation(of, {
    description: `list objects of kind ${of.kind}`,
    id: of.operationId('list', what),
    action: 'list',
    parameters: own,
    answers: listName(of),
  });

const collection = (of: Described): object => ({
  get: listOperation(of, `Namespaced${of.kind}`, listing),
  post: operation(of, {
    description: `create ${article(of.kind)} ${of.kind}`,
    id: of.operationId('create', `Namespaced${of.kind}`),
    action: 'post',
    parameters: writing,
    answers: of.schemaName,
    codes: [200, 201, 202],
    body: objectBody(of),
  }),
  delete: operation(of, {
    description: `delete collection of ${of.kind}`,
    id: of.operationId('delete', `CollectionNamespaced${of.kind}`),
    action: 'deletecollection',
    parameters: listing,
    answers: status,
  }),
  parameters: named(['namespace', 'pretty']),
});

const article = (kind: string): string => (/^[AEIOU]/.test(kind) ? 'an' : 'a');

/** Writes of a status are the platform's alone, so they are not described. */
function object(of: Described, part: '' | 'Status'): object {
  const what = `Namespaced${of.kind}${part}`;
  const the = `${part === '' ? '' : 'status of '}the specified ${of.kind}`;
  const answers = of.schemaName;
  const read = operation(of, {
    ...{ description: `read ${the}`, id: of.operationId('read', what), action: 'get', answers },
    parameters: ['resourceVersion'],
  });
  const name = {
    ...{ name: 'name', in: 'path', description: `name of the ${of.kind}`, required: true },
    schema: { type: 'string', uniqueItems: true },
  };
  const shared = { parameters: [name, ...named(['namespace', 'pretty'])] };
  if (part === 'Status') return { get: read, ...shared };
  return { get: read, ...writes(of, what, the), ...shared };
}

const writes = (of: Described, what: string, the: string): object => ({
  put: operation(of, {
    ...{ description: `replace ${the}`, id: of.operationId('replace', what), action: 'put' },
    ...{ parameters: writing, answers: of.schemaName, codes: [200, 201], body: objectBody(of) },
  }),
  delete: operation(of, {
    ...{ description: `delete ${article(of.kind)} ${of.kind}`, id: of.operationId('delete', what) },
    ...{ action: 'delete', parameters: deleting, answers: status, codes: [200, 202] },
    body: contentOf(bodyTypes, `${metaName}.DeleteOptions`),
  }),
  patch: operation(of, {
    ...{ description: `partially update ${the}`, id: of.operationId('patch', what), action: 'patch' },
    ...{ parameters: patching, answers: of.schemaName, body: patchBody },
  }),
});

function pathsOf(of: Described): object {
  const root = `/apis/${apiVersionOf(of.kind)}`;
  const { plural } = of.names;
  const inNamespace = `${root}/namespaces/{namespace}/${plural}`;
  const everywhere = {
    get: listOperation(of, `${of.kind}ForAllNamespaces`, []),
    parameters: named([...listing.slice(0, 5), 'pretty', ...listing.slice(5)]),
  };
  return {
    [`${root}/${plural}`]: everywhere,
    [inNamespace]: collection(of),
    [`${inNamespace}/{name}`]: object(of, ''),
    [`${inNamespace}/{name}/status`]: object(of, 'Status'),
  };
}

/** How a schema names the metadata of an object or of a list. */
const metadata = (what: string, anchor: string, schema: string): object => ({
  description: `Standard ${what}. More info: ${conventions}#${anchor}`,
  allOf: [refTo(`${metaName}.${schema}`)],
});

/** A kind's schema, as it is published. */
export const publishedSchema = (of: Described): Structural => ({
  ...of.schema,
  properties: {
    ...of.schema.properties,
    ...ofEvery,
    metadata: metadata("object's metadata", 'metadata', 'ObjectMeta') as Structural,
  },
  'x-kubernetes-group-version-kind': [of.gvk],
});

const listSchema = (of: Described): object => ({
  description: `${of.names.listKind} is a list of ${of.kind}`,
  type: 'object',
  required: ['items'],
  properties: {
    ...ofEvery,
    items: {
      description: `List of ${of.names.plural}. More info: ${conventions}`,
      type: 'array',
      items: refTo(of.schemaName),
    },
    metadata: metadata('list metadata', 'types-kinds', 'ListMeta'),
  },
  'x-kubernetes-group-version-kind': [{ ...of.gvk, kind: of.names.listKind }],
});

/** The document of one group and version; all the kinds are of it. */
export function groupDocument(kinds: readonly Described[]): object {
  const deleteOptions = `${metaName}.DeleteOptions` as const;
  const schemas = kinds.map((of) => ({
    [of.schemaName]: publishedSchema(of),
    [listName(of)]: listSchema(of),
  }));
  const groups = ['', ...new Set(kinds.map(({ group }) => group))];
  const options = groups.map((group) => ({
    ...{ group, kind: 'DeleteOptions', version: group === '' ? 'v1' : (kinds[0]?.version ?? '') },
  }));
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes CRD Swagger', version: 'v0.1.0' },
    paths: Object.assign({}, ...kinds.map(pathsOf)) as object,
    components: {
      schemas: {
        ...common.schemas,
        [deleteOptions]: { ...common.schemas[deleteOptions], 'x-kubernetes-group-version-kind': options },
        ...(Object.assign({}, ...schemas) as object),
      },
    },
  };
}
