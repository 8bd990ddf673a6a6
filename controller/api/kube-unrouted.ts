// What is answered where Kubernetes clients ask for what is not there, in an API server's words: below /apis a text, below /api/v1 a
// `Status`, and for a method that a path does not have another. Does not own other paths of the control port.
import type { NextFunction, Request, Response } from 'express';
import { methodNotAllowed, noSuchResource } from './kube-refusal.ts';
import { matches, type Route } from './route.ts';

const isOfKubernetes = (path: string): boolean => /^\/(api|apis|openapi|version)(\/|$)/.test(path);

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
    if (path.startsWith('/api/v1/')) throw noSuchResource();
    response.writeHead(404, {
      'Content-Type': 'text/plain; charset=utf-8',
      'X-Content-Type-Options': 'nosniff',
    });
    response.end('404 page not found\n');
  };
