// What answers reads of a Kubernetes-style resource: one object, or a list.
// Does not own the paths (kube-routes.ts) nor what is kept (kube-resources.ts).
import type { Request, Response } from 'express';
import { apiVersionOf, type ResourceKind } from '../../model/resource.ts';
import { noSuchObject } from '../core/object-errors.ts';
import { about } from './errors.ts';
import { readListQuery } from './kube-query.ts';
import type { KubeResource } from './kube-resources.ts';
import { param, type Route } from './route.ts';

export interface ObjectKey {
  readonly kind: ResourceKind;
  readonly namespace: string;
  readonly name: string;
}

/** The object that a path names; any error of this answer names it from now on. */
export function keyOf(kind: ResourceKind, request: Request, response: Response): ObjectKey {
  const key = { kind, namespace: param(request, 'namespace'), name: param(request, 'name') };
  about(response, { kind, name: key.name });
  return key;
}

/** The handlers of one kind. */
export function readHandlers(kept: KubeResource): Readonly<Record<'list' | 'get', Route['handle']>> {
  const { kind } = kept;
  return {
    list(request: Request, response: Response): void {
      about(response, { kind });
      const { namespace } = request.params;
      const { items, resourceVersion } = kept.list(
        readListQuery(request, namespace === undefined ? undefined : String(namespace)),
      );
      const metadata = { resourceVersion };
      response.json({ apiVersion: apiVersionOf(kind), kind: `${kind}List`, metadata, items });
    },
    get(request: Request, response: Response): void {
      const key = keyOf(kind, request, response);
      const object = kept.get(key);
      if (!object) throw noSuchObject(key);
      response.json(object);
    },
  };
}
