// The OpenAPI 3.0 documents of this API, as `kubectl explain sessions` reads them, made from the schema of the objects.
// Does not own validating: nothing is written here.
import { z } from 'zod';
import {
  sessionObjectSchema,
  sessionsApiVersion,
  sessionsGroup,
  sessionsKind,
  sessionsPlural,
  sessionsVersion,
} from './schema.ts';

const groupVersionKind = { group: sessionsGroup, version: sessionsVersion, kind: sessionsKind };
const schemaName = 'io.volcano.sh.agentcube.v1alpha1.Session';
const documentPath = `/openapi/v3/apis/${sessionsApiVersion}`;

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/** OpenAPI 3.0 has no `const`, and says nothing of other fields where JSON Schema forbids them. */
function plain(schema: Json): Json {
  if (Array.isArray(schema)) return schema.map(plain);
  if (typeof schema !== 'object' || schema === null) return schema;
  const kept = Object.entries(schema).filter(
    ([name]) => !['$schema', 'const', 'propertyNames'].includes(name),
  );
  return Object.fromEntries(
    kept
      .filter(([name, value]) => name !== 'additionalProperties' || value !== false)
      .map(([name, value]) => [name, plain(value)]),
  );
}

const operation = (action: string): object => ({
  'x-kubernetes-action': action,
  'x-kubernetes-group-version-kind': groupVersionKind,
  responses: {
    200: {
      description: 'OK',
      content: { 'application/json': { schema: { $ref: `#/components/schemas/${schemaName}` } } },
    },
  },
});

const paths = {
  [`/apis/${sessionsApiVersion}/${sessionsPlural}`]: { get: operation('list') },
  [`/apis/${sessionsApiVersion}/namespaces/{namespace}/${sessionsPlural}`]: { get: operation('list') },
  [`/apis/${sessionsApiVersion}/namespaces/{namespace}/${sessionsPlural}/{name}`]: {
    get: operation('get'),
    delete: operation('delete'),
  },
};

const schema = plain(
  z.toJSONSchema(sessionObjectSchema, { target: 'openapi-3.0', io: 'output' }) as unknown as Json,
) as object;

/** The documents by path. */
export const openapi: Readonly<Record<string, object>> = {
  '/openapi/v3': {
    paths: { [documentPath.slice('/openapi/v3/'.length)]: { serverRelativeURL: documentPath } },
  },
  [documentPath]: {
    openapi: '3.0.0',
    info: { title: 'AgentCube sessions', version: sessionsVersion },
    paths,
    components: {
      schemas: { [schemaName]: { ...schema, 'x-kubernetes-group-version-kind': [groupVersionKind] } },
    },
  },
};
