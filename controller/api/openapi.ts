// The OpenAPI 3.1 document of the control port, made from the list of routes and the zod schemas; nothing is written twice.
import { z } from 'zod';
import type { Answer, Route } from './route.ts';
import { bodySchemas, type BodyName } from './schemas.ts';

const reference = (name: BodyName): object => ({ $ref: `#/components/schemas/${name}` });

/** Every body schema as JSON Schema; they refer to each other by name. */
function componentSchemas(): object {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(bodySchemas)) registry.add(schema, { id });
  const { schemas } = z.toJSONSchema(registry, {
    uri: (id) => `#/components/schemas/${id}`,
    io: 'input',
    unrepresentable: 'any',
  });
  // In a document of many schemas, each one's own address and dialect are the document's.
  const bare = Object.entries(schemas).map(([name, { $schema: _, $id: __, ...schema }]) => [name, schema]);
  return Object.fromEntries(bare) as object;
}

const pathParameters = (path: string): object[] =>
  [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));

/** Query parameters are never required: what has a default is not, and nothing else is. */
function queryParameters(query: z.ZodObject | undefined): object[] {
  if (!query) return [];
  const { properties = {} } = z.toJSONSchema(query, { io: 'input', unrepresentable: 'any' });
  return Object.entries(properties).map(([name, schema]) => ({ name, in: 'query', required: false, schema }));
}

const content = (types: readonly string[], name: BodyName): object =>
  Object.fromEntries(types.map((type) => [type, { schema: reference(name) }]));

const answerOf = ({ description, schema, type = 'application/json' }: Answer): object => ({
  description,
  ...(schema && { content: content([type], schema) }),
});

function operation({ path, doc }: Route): object {
  const parameters = [...pathParameters(path), ...queryParameters(doc.query)];
  return {
    summary: doc.summary,
    tags: [doc.tag],
    ...(parameters.length > 0 && { parameters }),
    ...(doc.body && { requestBody: { required: true, content: content(doc.body.types, doc.body.schema) } }),
    responses: Object.fromEntries(
      Object.entries(doc.answers).map(([status, one]) => [status, answerOf(one)]),
    ),
  };
}

function pathsOf(routes: readonly Route[]): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) {
    paths[route.path] = { ...paths[route.path], [route.method]: operation(route) };
  }
  return paths;
}

/** The whole document. */
export const openapiDocument = (routes: readonly Route[]): object => ({
  openapi: '3.1.0',
  info: {
    title: 'AgentCube control API',
    version: '0.1.0',
    description: 'Runtimes and sessions. Calling a runtime is the business of the other port, the router.',
  },
  paths: pathsOf(routes),
  components: { schemas: componentSchemas() },
});
