// What is answered where Kubernetes clients ask for what is not there, in an API server's words: below /apis a text, below /api/v1 a
// `Status`, and for a method that a path does not have another. Does not own other paths of the control port.
import type { NextFunction, Request, Response } from 'express';
import { apiVersionOf, resourceKinds, resourcePlurals, type ResourceKind } from '../../model/resource.ts';
import { noSuchObject } from '../core/object-errors.ts';
import { about } from './errors.ts';
import { methodNotAllowed, noSuchResource } from './kube-refusal.ts';
import { matches, type Route } from './route.ts';

const isOfKubernetes = (path: string): boolean => /^\/(api|apis|openapi|version)(\/|$)/.test(path);

/** Of a part that objects do not have, an API server says that the object is not there. */
function objectOf(path: string): { readonly kind: ResourceKind; readonly name: string } | undefined {
  const [, apiVersion, plural, name] =
    /^\/apis\/([^/]+\/[^/]+)\/namespaces\/[^/]+\/([^/]+)\/([^/]+)\/[^/]+$/.exec(path) ?? [];
  const kind = resourceKinds.find(
    (one) => apiVersionOf(one) === apiVersion && resourcePlurals[one] === plural,
  );
  return kind && name !== undefined ? { kind, name: decodeURIComponent(name) } : undefined;
}

/** For Express, behind the routes. */
export const refuseUnrouted =
  (routes: readonly Route[]) =>
  (request: Request, response: Response, next: NextFunction): void => {
    const path = request.path.replace(/(?<=.)\/$/, '');
    if (!isOfKubernetes(path)) return next();
    const known = routes.filter((route) => matches(route, path));
    const method = request.method.toLowerCase();
    if (path !== request.path && known.some((route) => route.method === method)) return next();
    if (known.length > 0) throw methodNotAllowed();
    const object = objectOf(path);
    if (object) {
      about(response, object);
      throw noSuchObject(object);
    }
    if (path.startsWith('/api/v1/')) throw noSuchResource();
    response.writeHead(404, {
      'Content-Type': 'text/plain; charset=utf-8',
      'X-Content-Type-Options': 'nosniff',
    });
    response.end('404 page not found\n');
  };
