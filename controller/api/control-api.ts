// The control port's HTTP program: AgentCube's control routes, ours for sessions, pools and events, runtimes and triggers as Kubernetes-style resources.
// Does not own a server, its sockets and timeouts (main.ts), nor any decision: it reads requests and writes answers.
import type { Clock } from '../../model/clock.ts';
import type { SessionFeed } from '../../model/platform.ts';
import type { SessionRecord } from '../../model/session-store.ts';
import { randomInt } from 'node:crypto';
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import { agentcubeRoutes, type AgentcubeRoutesDeps } from './agentcube-routes.ts';
import { deadLetterRoutes, type DeadLetterRoutesDeps } from './dead-letter-routes.ts';
import { deliveryRoutes, type DeliveryRoutesDeps } from './delivery-routes.ts';
import { writeError, type Log } from './errors.ts';
import { coreRoutes } from './kube-core.ts';
import { discoveryRoutes } from './kube-discovery.ts';
import { openapiRoutes } from './kube-openapi-routes.ts';
import { kubeResources, type KubeRegistry, type KubeTriggers } from './kube-resources.ts';
import { kubeRoutes } from './kube-routes.ts';
import { servedResources } from './kube-served.ts';
import { refuseUnrouted } from './kube-unrouted.ts';
import { Watches } from './kube-watch.ts';
import { openapiDocument } from './openapi.ts';
import { poolRoutes, type PoolRoutesDeps } from './pool-routes.ts';
import { expressPath, matches, type Route } from './route.ts';
import { SessionsApi } from '../sessions-api/sessions-api.ts';
import { sessionsApiVersion } from '../sessions-api/core/schema.ts';
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
    readonly feed: SessionFeed;
    /** The platform's version, for `kubectl version`. */
    readonly version?: string | undefined;
    readonly clock: Clock;
    readonly log: Log;
  };

interface KubeSide {
  readonly routes: readonly Route[];
  /** Sessions, as Kubernetes clients see them. */
  readonly sessions?: Express;
}

/** What Kubernetes clients are served; nothing where runtimes are deployed elsewhere. */
function kubeSide(deps: ControlApiDeps): KubeSide {
  const { registry, triggers, clock, version, watches = new Watches(clock) } = deps;
  const resources = registry ? kubeResources(registry, triggers) : [];
  if (resources.length === 0) return { routes: [] };
  const { store, commands } = deps;
  const end = async (id: string): Promise<SessionRecord | undefined> => {
    await commands.end(id);
    return store.get(id);
  };
  const sessions = new SessionsApi({ ...deps, end, salt: randomInt(1_000) });
  watches.onStop(() => sessions.stop());
  const kinds = resources.map(({ kind }) => kind);
  const routes = [
    ...discoveryRoutes(servedResources(kinds)),
    ...openapiRoutes(kinds),
    ...coreRoutes({ resources, clock, watches, version }),
    ...kubeRoutes(resources, { clock, watches }),
  ];
  return { routes, sessions: sessions.handler() };
}

const isAboutSessions = ({ path }: Request): boolean => path.startsWith(`/apis/${sessionsApiVersion}/`);

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
  const kube = kubeSide(deps);
  const served = [
    ...agentcubeRoutes(deps),
    ...sessionRoutes(deps),
    ...poolRoutes(deps),
    ...deadLetterRoutes(deps),
    ...deliveryRoutes(deps),
    ...kube.routes,
  ];
  const routes = [...served, documentRoute(served)];
  const app = express();
  app.disable('x-powered-by').disable('etag');
  app.enable('strict routing').enable('case sensitive routing').set('query parser', 'simple');
  const { sessions } = kube;
  // Reads bodies itself.
  if (sessions)
    app.use((request: Request, response: Response, next: NextFunction) =>
      isAboutSessions(request) ? void sessions(request, response) : next(),
    );
  app.use(express.text({ type: () => true, limit: longestBody }));
  for (const { method, path, handle } of routes) app[method](expressPath(path), handle);
  if (sessions) app.use(refuseUnrouted(routes));
  app.use((request: Request, response: Response) => answerUnrouted(routes, request, response));
  app.use((thrown: unknown, request: Request, response: Response, _next: NextFunction) =>
    writeError(thrown, request, response, deps.log),
  );
  return app;
}
