// The control port's HTTP program: AgentCube's control routes, ours for sessions, pools and events, runtimes and triggers as Kubernetes-style resources.
// Does not own a server, its sockets and timeouts (main.ts), nor any decision: it reads requests and writes answers.
import type { Clock } from '../../model/clock.ts';
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import { agentcubeRoutes, type AgentcubeRoutesDeps } from './agentcube-routes.ts';
import { deadLetterRoutes, type DeadLetterRoutesDeps } from './dead-letter-routes.ts';
import { deliveryRoutes, type DeliveryRoutesDeps } from './delivery-routes.ts';
import { writeError, type Log } from './errors.ts';
import { discoveryRoutes } from './kube-discovery.ts';
import { kubeResources, type KubeRegistry, type KubeTriggers } from './kube-resources.ts';
import { kubeRoutes } from './kube-routes.ts';
import { Watches } from './kube-watch.ts';
import { openapiDocument } from './openapi.ts';
import { poolRoutes, type PoolRoutesDeps } from './pool-routes.ts';
import { expressPath, matches, type Route } from './route.ts';
import { sessionRoutes, type SessionRoutesDeps } from './session-routes.ts';

export type ControlApiDeps = AgentcubeRoutesDeps &
  SessionRoutesDeps &
  PoolRoutesDeps &
  DeadLetterRoutesDeps &
  DeliveryRoutesDeps & {
    /** Absent where runtimes are deployed elsewhere: then there are no routes for them. */
    readonly registry?: KubeRegistry;
    /** Absent where triggers are deployed elsewhere, or nobody takes events. */
    readonly triggers?: KubeTriggers;
    /** The watches that are open, so that they are counted and ended; absent: they end with their connections. */
    readonly watches?: Watches;
    readonly clock: Clock;
    readonly log: Log;
  };

function deployedRoutes({
  registry,
  triggers,
  clock,
  watches = new Watches(clock),
}: ControlApiDeps): Route[] {
  const resources = registry ? kubeResources(registry, triggers) : [];
  if (resources.length === 0) return [];
  return [
    ...discoveryRoutes(resources.map(({ kind }) => kind)),
    ...kubeRoutes(resources, { clock, watches }),
  ];
}

/** As much as an object may have that is meant for a Kubernetes API server. */
const longestBody = '3mb';

function documentRoute(routes: readonly Route[]): Route {
  const route: Route = {
    method: 'get',
    path: '/openapi.json',
    doc: {
      summary: 'This document',
      tag: 'About',
      answers: { 200: { description: 'OpenAPI 3.1.', schema: 'Object' } },
    },
    handle: (_, response) => void response.json(document),
  };
  const document = openapiDocument([...routes, route]);
  return route;
}

/** As Gin answers: the path without its last slash, when there is such a route for the method. */
function redirectTarget(routes: readonly Route[], request: Request): string | undefined {
  const [path = '', query] = request.originalUrl.split(/(?=\?)/, 2);
  if (!path.endsWith('/')) return undefined;
  const trimmed = path.slice(0, -1);
  const known = routes.some(
    (route) => route.method === request.method.toLowerCase() && matches(route, trimmed),
  );
  return known ? `${trimmed}${query ?? ''}` : undefined;
}

/** Whatever no route took: Gin's redirect or its text, byte for byte, also for a wrong method on a known path. */
function answerUnrouted(routes: readonly Route[], request: Request, response: Response): void {
  const target = redirectTarget(routes, request);
  if (target === undefined) {
    response.writeHead(404, { 'Content-Type': 'text/plain' }).end('404 page not found');
    return;
  }
  if (request.method !== 'GET') {
    response.writeHead(307, { Location: target }).end();
    return;
  }
  const body = `<a href="${target.replace(/&/g, '&amp;')}">Moved Permanently</a>.\n\n`;
  response.writeHead(301, { Location: target, 'Content-Type': 'text/html; charset=utf-8' }).end(body);
}

/** The request handler of the control port. It keeps nothing between requests. */
export function createControlApi(deps: ControlApiDeps): Express {
  const served = [
    ...agentcubeRoutes(deps),
    ...sessionRoutes(deps),
    ...poolRoutes(deps),
    ...deadLetterRoutes(deps),
    ...deliveryRoutes(deps),
    ...deployedRoutes(deps),
  ];
  const routes = [...served, documentRoute(served)];
  const app = express();
  app.disable('x-powered-by').disable('etag');
  app.enable('strict routing').enable('case sensitive routing').set('query parser', 'simple');
  app.use(express.text({ type: () => true, limit: longestBody }));
  for (const { method, path, handle } of routes) app[method](expressPath(path), handle);
  app.use((request: Request, response: Response) => answerUnrouted(routes, request, response));
  app.use((thrown: unknown, request: Request, response: Response, _next: NextFunction) =>
    writeError(thrown, request, response, deps.log),
  );
  return app;
}
