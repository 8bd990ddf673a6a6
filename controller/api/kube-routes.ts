// The runtimes as Kubernetes-style resources: create, get, list, replace, merge-patch, delete; errors are `kind: Status`.
// Does not own what a write does (registry.ts) nor the discovery documents (kube-discovery.ts).
import type { Request, Response } from 'express';
import { runtimeApiVersion, runtimeKinds, runtimePlurals } from '../../model/runtime.ts';
import type { RuntimeKey, RuntimeKind } from '../../model/sandbox.ts';
import { deletedStatus, warningHeader } from '../core/kube-status.ts';
import { noSuchObject } from '../core/object-errors.ts';
import type { RuntimeReads, RuntimeWrites, Written } from '../registry.ts';
import { about } from './errors.ts';
import { mergePatchType, nameIn, objectTypes, readBody, readMergePatch, runtimeIn } from './kube-body.ts';
import { checkWrite, readListQuery, runtimeListParams } from './kube-query.ts';
import { param, type Answer, type Route, type RouteDoc } from './route.ts';

export type KubeRegistry = RuntimeReads & RuntimeWrites;

const keyIn = (request: Request, kind: RuntimeKind): RuntimeKey => ({
  kind,
  namespace: param(request, 'namespace'),
  name: param(request, 'name'),
});

function answer(response: Response, status: number, { runtime, warnings }: Written): void {
  for (const warning of warnings) response.append('Warning', warningHeader(warning));
  response.status(status).json(runtime);
}

/** The handlers of one kind. */
interface Handlers {
  readonly list: (request: Request, response: Response, namespace?: string) => void;
  readonly create: Route['handle'];
  readonly get: Route['handle'];
  readonly replace: Route['handle'];
  readonly patch: Route['handle'];
  readonly remove: Route['handle'];
}

/** Each says what it is about first, so that any error names it. */
function handlers(registry: KubeRegistry, kind: RuntimeKind): Handlers {
  const keyOf = (request: Request, response: Response): RuntimeKey => {
    const key = keyIn(request, kind);
    about(response, { kind, name: key.name });
    return key;
  };

  function list(request: Request, response: Response, namespace?: string): void {
    about(response, { kind });
    const { items, resourceVersion } = registry.list(readListQuery(request, kind, namespace));
    const metadata = { resourceVersion };
    response.json({ apiVersion: runtimeApiVersion, kind: `${kind}List`, metadata, items });
  }

  return {
    list,
    async create(request: Request, response: Response): Promise<void> {
      about(response, { kind });
      checkWrite(request);
      const body = readBody(request);
      const name = nameIn(body);
      about(response, { kind, ...(name !== undefined && { name }) });
      const runtime = runtimeIn(body, { kind, namespace: param(request, 'namespace') });
      answer(response, 201, await registry.create(runtime));
    },
    get(request: Request, response: Response): void {
      const key = keyOf(request, response);
      const runtime = registry.get(key);
      if (!runtime) throw noSuchObject(key);
      response.json(runtime);
    },
    async replace(request: Request, response: Response): Promise<void> {
      const key = keyOf(request, response);
      checkWrite(request);
      answer(response, 200, await registry.replace(runtimeIn(readBody(request), key)));
    },
    async patch(request: Request, response: Response): Promise<void> {
      const key = keyOf(request, response);
      checkWrite(request);
      answer(response, 200, await registry.patch(key, readMergePatch(request)));
    },
    async remove(request: Request, response: Response): Promise<void> {
      const key = keyOf(request, response);
      checkWrite(request);
      const { metadata } = await registry.remove(key);
      response.json(deletedStatus(kind, key.name, metadata.uid));
    },
  };
}

const status = (description: string): Answer => ({ description, schema: 'Status' });
const notFound = status('No such runtime.');
const conflict = status('It changed since it was read.');
const refused = {
  400: status('The body is malformed, or about something else.'),
  415: status('The body is in a format that is not read here.'),
  422: status('The runtime is invalid; every problem is a cause.'),
} as const;

const doc = (summary: string, answers: RouteDoc['answers']): RouteDoc => ({
  summary,
  tag: 'Runtimes',
  answers,
});

function collectionRoutes(registry: KubeRegistry, kind: RuntimeKind): Route[] {
  const { list, create } = handlers(registry, kind);
  const plural = runtimePlurals[kind];
  const path = `/apis/${runtimeApiVersion}/namespaces/{namespace}/${plural}`;
  const all: Answer = { description: 'All of them.', schema: `${kind}List` };
  const listDoc = (where: string): RouteDoc => ({
    ...doc(`List ${plural} ${where}`, { 200: all, 400: status('A selector is not supported.') }),
    query: runtimeListParams,
  });
  return [
    {
      method: 'get',
      path: `/apis/${runtimeApiVersion}/${plural}`,
      doc: listDoc('of all namespaces'),
      handle: (request, response) => list(request, response),
    },
    {
      method: 'get',
      path,
      doc: listDoc('of a namespace'),
      handle: (request, response) => list(request, response, param(request, 'namespace')),
    },
    {
      method: 'post',
      path,
      doc: {
        ...doc(`Create one of ${plural}`, {
          201: { description: 'It is stored.', schema: kind },
          409: status('There is one of that name.'),
          ...refused,
        }),
        body: { schema: kind, types: objectTypes },
      },
      handle: create,
    },
  ];
}

function objectRoutes(registry: KubeRegistry, kind: RuntimeKind): Route[] {
  const { get, replace, patch, remove } = handlers(registry, kind);
  const path = `/apis/${runtimeApiVersion}/namespaces/{namespace}/${runtimePlurals[kind]}/{name}`;
  const asStored: Answer = { description: 'As it is stored now.', schema: kind };
  const writeAnswers = { 200: asStored, 404: notFound, 409: conflict, ...refused };
  return [
    { method: 'get', path, doc: doc('Read one', { 200: asStored, 404: notFound }), handle: get },
    {
      method: 'put',
      path,
      doc: { ...doc('Replace one', writeAnswers), body: { schema: kind, types: objectTypes } },
      handle: replace,
    },
    {
      method: 'patch',
      path,
      doc: {
        ...doc('Change one (RFC 7386)', writeAnswers),
        body: { schema: 'MergePatch', types: [mergePatchType] },
      },
      handle: patch,
    },
    {
      method: 'delete',
      path,
      doc: doc('Delete one: its warm pool drains, its sessions go on', {
        200: status('It is deleted.'),
        404: notFound,
      }),
      handle: remove,
    },
  ];
}

export const kubeRoutes = (registry: KubeRegistry): Route[] =>
  runtimeKinds.flatMap((kind) => [...collectionRoutes(registry, kind), ...objectRoutes(registry, kind)]);
