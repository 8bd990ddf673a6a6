// The paths of runtimes and triggers as Kubernetes-style resources, and what is documented of each; errors are `kind: Status`.
// Does not own what answers them (kube-reads.ts, kube-writes.ts) nor the discovery documents (kube-discovery.ts).
import { apiVersionOf, resourcePlurals, type ResourceKind } from '../../model/resource.ts';
import { patchTypes, objectTypes } from './kube-body.ts';
import { listParams } from './kube-query.ts';
import { readHandlers, type ReadDeps } from './kube-reads.ts';
import type { KubeResource } from './kube-resources.ts';
import { writeHandlers } from './kube-writes.ts';
import type { Answer, Route, RouteDoc } from './route.ts';

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

function collectionRoutes(kept: KubeResource, deps: ReadDeps): Route[] {
  const { kind } = kept;
  const { list } = readHandlers(kept, deps);
  const { create, removeAll } = writeHandlers(kept, deps);
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
      handle: list,
    },
    {
      method: 'get',
      path,
      doc: listDoc('of a namespace'),
      handle: list,
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
    {
      method: 'delete',
      path,
      doc: { ...doc(`Delete ${plural} of a namespace`, { 200: all }), query: listParams },
      handle: removeAll,
    },
  ];
}

function objectRoutes(kept: KubeResource, deps: ReadDeps): Route[] {
  const { kind } = kept;
  const { get } = readHandlers(kept, deps);
  const { replace, patch, remove } = writeHandlers(kept, deps);
  const doc = docOf(kind);
  const path = `/apis/${apiVersionOf(kind)}/namespaces/{namespace}/${resourcePlurals[kind]}/{name}`;
  const asStored: Answer = { description: 'As it is stored now.', schema: kind };
  const writeAnswers = { 200: asStored, 404: notFound, 409: conflict, ...refused };
  return [
    { method: 'get', path, doc: doc('Read one', { 200: asStored, 404: notFound }), handle: get },
    {
      method: 'get',
      path: `${path}/status`,
      doc: doc('Read one; the platform alone writes its status', { 200: asStored, 404: notFound }),
      handle: get,
    },
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
        ...doc('Change one: JSON patch, merge patch, or server-side apply', writeAnswers),
        body: { schema: 'MergePatch', types: patchTypes },
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

export const kubeRoutes = (resources: readonly KubeResource[], deps: ReadDeps): Route[] =>
  resources.flatMap((kept) => [...collectionRoutes(kept, deps), ...objectRoutes(kept, deps)]);
