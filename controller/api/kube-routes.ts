// Runtimes and triggers as Kubernetes-style resources: create, get, list, replace, merge-patch, delete; errors are `kind: Status`.
// Does not own what a write does (kube-resources.ts) nor the discovery documents (kube-discovery.ts).
import type { Request, Response } from 'express';
import { apiVersionOf, resourcePlurals, type ResourceKind } from '../../model/resource.ts';
import { deletedStatus, warningHeader } from '../core/kube-status.ts';
import { noSuchObject } from '../core/object-errors.ts';
import { about } from './errors.ts';
import { mergePatchType, nameIn, objectTypes, readBody, readMergePatch } from './kube-body.ts';
import { checkWrite, listParams, readListQuery } from './kube-query.ts';
import type { KubeResource, WrittenObject } from './kube-resources.ts';
import { param, type Answer, type Route, type RouteDoc } from './route.ts';

interface ObjectKey {
  readonly kind: ResourceKind;
  readonly namespace: string;
  readonly name: string;
}

const keyIn = (request: Request, kind: ResourceKind): ObjectKey => ({
  kind,
  namespace: param(request, 'namespace'),
  name: param(request, 'name'),
});

function answer(response: Response, status: number, { object, warnings }: WrittenObject): void {
  for (const warning of warnings) response.append('Warning', warningHeader(warning));
  response.status(status).json(object);
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
function handlers(kept: KubeResource): Handlers {
  const { kind } = kept;
  const keyOf = (request: Request, response: Response): ObjectKey => {
    const key = keyIn(request, kind);
    about(response, { kind, name: key.name });
    return key;
  };

  function list(request: Request, response: Response, namespace?: string): void {
    about(response, { kind });
    const { items, resourceVersion } = kept.list(readListQuery(request, namespace));
    const metadata = { resourceVersion };
    response.json({ apiVersion: apiVersionOf(kind), kind: `${kind}List`, metadata, items });
  }

  return {
    list,
    async create(request: Request, response: Response): Promise<void> {
      about(response, { kind });
      checkWrite(request);
      const body = readBody(request);
      const name = nameIn(body);
      about(response, { kind, ...(name !== undefined && { name }) });
      const expected = { kind, namespace: param(request, 'namespace') };
      answer(response, 201, await kept.create(body, expected));
    },
    get(request: Request, response: Response): void {
      const key = keyOf(request, response);
      const object = kept.get(key);
      if (!object) throw noSuchObject(key);
      response.json(object);
    },
    async replace(request: Request, response: Response): Promise<void> {
      const key = keyOf(request, response);
      checkWrite(request);
      answer(response, 200, await kept.replace(readBody(request), key));
    },
    async patch(request: Request, response: Response): Promise<void> {
      const key = keyOf(request, response);
      checkWrite(request);
      answer(response, 200, await kept.patch(key, readMergePatch(request)));
    },
    async remove(request: Request, response: Response): Promise<void> {
      const key = keyOf(request, response);
      checkWrite(request);
      const { uid } = await kept.remove(key);
      response.json(deletedStatus(kind, key.name, uid));
    },
  };
}

const status = (description: string): Answer => ({ description, schema: 'Status' });
const notFound = status('There is none of that name.');
const conflict = status('It changed since it was read.');
const refused = {
  400: status('The body is malformed, or about something else.'),
  415: status('The body is in a format that is not read here.'),
  422: status('The object is invalid; every problem is a cause.'),
} as const;

const docOf =
  (kind: ResourceKind) =>
  (summary: string, answers: RouteDoc['answers']): RouteDoc => ({
    summary,
    tag: kind === 'Trigger' ? 'Events' : 'Runtimes',
    answers,
  });

function collectionRoutes(kept: KubeResource): Route[] {
  const { kind } = kept;
  const { list, create } = handlers(kept);
  const doc = docOf(kind);
  const plural = resourcePlurals[kind];
  const root = `/apis/${apiVersionOf(kind)}`;
  const path = `${root}/namespaces/{namespace}/${plural}`;
  const all: Answer = { description: 'All of them.', schema: `${kind}List` };
  const listDoc = (where: string): RouteDoc => ({
    ...doc(`List ${plural} ${where}`, { 200: all, 400: status('A selector is not supported.') }),
    query: listParams,
  });
  return [
    {
      method: 'get',
      path: `${root}/${plural}`,
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

function objectRoutes(kept: KubeResource): Route[] {
  const { kind } = kept;
  const { get, replace, patch, remove } = handlers(kept);
  const doc = docOf(kind);
  const path = `/apis/${apiVersionOf(kind)}/namespaces/{namespace}/${resourcePlurals[kind]}/{name}`;
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
      doc: doc(`Delete one: ${kept.deleting}`, {
        200: status('It is deleted.'),
        404: notFound,
      }),
      handle: remove,
    },
  ];
}

export const kubeRoutes = (resources: readonly KubeResource[]): Route[] =>
  resources.flatMap((kept) => [...collectionRoutes(kept), ...objectRoutes(kept)]);
