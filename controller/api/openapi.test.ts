// The document says what the server does: no route without a description, no description without a route.
import { describe, expect, test } from '@jest/globals';
import type { Express } from 'express';
import { createControlApi, type ControlApiDeps } from './control-api.ts';

interface Document {
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { readonly schemas: Record<string, object> };
}
interface Operation {
  readonly summary: string;
  readonly responses: Record<string, object>;
  readonly parameters?: readonly { readonly name: string; readonly schema: object }[];
}

// Making the server and its document asks nothing of the parts behind it.
const app: Express = createControlApi({
  registry: {},
  commands: {},
  deadLetters: {},
  driver: {},
  clock: { now: () => 0 },
  feed: { subscribe: () => () => undefined, onGap: () => () => undefined },
} as unknown as ControlApiDeps);

const routesOf = ({ router }: Express): string[] =>
  router.stack.flatMap(({ route }) =>
    route ? route.stack.map(({ method }) => `${method} ${route.path.replace(/:(\w+)/g, '{$1}')}`) : [],
  );
const routes = routesOf(app);

async function readDocument(): Promise<Document> {
  const server = app.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as { port: number };
  const document = (await (await fetch(`http://127.0.0.1:${port}/openapi.json`)).json()) as Document;
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  return document;
}

const document = await readDocument();
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ id: `${method} ${path}`, path, operation })),
);

describe('/openapi.json', () => {
  test('has every route of the server, and no other', () => {
    expect(operations.map(({ id }) => id).sort()).toEqual([...routes].sort());
    expect(routes.length).toBeGreaterThan(25);
  });

  test('is OpenAPI 3.1', () => {
    expect(document).toMatchObject({ openapi: '3.1.0', info: { title: 'AgentCube control API' } });
  });

  test('refers only to schemas that it has', () => {
    const used = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(
      ([, target]) => target ?? '',
    );
    const known = Object.keys(document.components.schemas).map((name) => `#/components/schemas/${name}`);
    const unknown = used.filter(
      (target) => !known.some((one) => target === one || target.startsWith(`${one}/`)),
    );
    expect(unknown).toEqual([]);
    expect(used.length).toBeGreaterThan(50);
  });

  test.each(operations.map(({ id, path, operation }) => [id, path, operation] as const))(
    '%s names the parameters of its path and an answer',
    (_, path, operation) => {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const named = (operation.parameters ?? []).map(({ name }) => name);
      expect(named).toEqual(expect.arrayContaining(inPath));
      expect(Object.keys(operation.responses)).toEqual(
        expect.arrayContaining([expect.stringMatching(/^20[01]$/)]),
      );
      expect(operation.summary).not.toBe('');
    },
  );

  test('describes a runtime down to its fields', () => {
    expect(document.components.schemas['CodeInterpreter']).toMatchObject({
      type: 'object',
      properties: { spec: { properties: { warmPoolSize: { type: 'integer', minimum: 0 }, authMode: {} } } },
      required: expect.arrayContaining(['apiVersion', 'kind', 'metadata', 'spec']),
    });
  });

  test('tells the bounds of a page', () => {
    const list = document.paths['/v1/sessions']?.['get']?.parameters ?? [];
    expect(list.find(({ name }) => name === 'limit')?.schema).toMatchObject({
      default: 100,
      minimum: 1,
      maximum: 1000,
    });
  });
});

test('where runtimes are deployed elsewhere there are no routes for them, and all others are the same', () => {
  const elsewhere = routesOf(
    createControlApi({
      commands: {},
      driver: {},
      deadLetters: {},
      deliveries: {},
    } as unknown as ControlApiDeps),
  );
  const lacking = routes.filter((route) => !elsewhere.includes(route));
  expect(lacking.length).toBeGreaterThan(0);
  expect(lacking.filter((route) => !/^\w+ \/(apis?|openapi|version)(\/|$)/.test(route))).toEqual([]);
  expect(elsewhere.filter((route) => / \/apis(\/|$)/.test(route))).toEqual([]);
});
