// Our own routes for warm pools: list and look at. Errors are typed (`{error, code, …}`). Whoever may look at sandboxes may look
// at pools. Does not own what a pool is told as (pool-view.ts), nor how it stands: that is asked of whoever tends it, at each request.
import type { Request, Response } from 'express';
import { z } from 'zod';
import { PlatformError } from '../../model/errors.ts';
import { runtimeKinds } from '../../model/runtime.ts';
import type { PoolStanding } from '../deployments.ts';
import { sandboxes, sandboxClaims, type Access } from './authentication.ts';
import { poolView } from './pool-view.ts';
import { param, readQuery, type Answer, type Route } from './route.ts';

export interface PoolRoutesDeps {
  /** Every runtime's pool as it stands at this moment, from memory. */
  readonly pools: () => readonly PoolStanding[];
  /** Where callers have to say who they are. */
  readonly access?: Access;
}

const any = [sandboxes, sandboxClaims];

const listQuery = z.strictObject({
  namespace: z.string().optional().describe("the runtime's namespace"),
  kind: z.enum(runtimeKinds).optional(),
});

const textOf = ({ runtime: { key } }: PoolStanding): string => `${key.namespace} ${key.name} ${key.kind}`;

const inOrder = (one: PoolStanding, other: PoolStanding): number =>
  textOf(one) < textOf(other) ? -1 : Number(textOf(one) > textOf(other));

async function list({ pools, access }: PoolRoutesDeps, request: Request, response: Response): Promise<void> {
  const { namespace, kind } = readQuery(listQuery, request.query);
  await access?.authorize(request, { verb: 'list', namespace: namespace ?? '', any });
  const wanted = pools().filter(
    ({ runtime: { key } }) =>
      (namespace ?? key.namespace) === key.namespace && (kind ?? key.kind) === key.kind,
  );
  response.json({ items: wanted.sort(inOrder).map(poolView) });
}

async function show({ pools, access }: PoolRoutesDeps, request: Request, response: Response): Promise<void> {
  const [namespace, kind, name] = ['namespace', 'kind', 'name'].map((each) => param(request, each));
  await access?.authorize(request, { verb: 'get', namespace: namespace ?? '', any });
  const found = pools().find(
    ({ runtime: { key } }) => key.namespace === namespace && key.kind === kind && key.name === name,
  );
  if (!found) throw new PlatformError('RUNTIME_NOT_FOUND', `${kind} ${namespace}/${name} not found`);
  response.json(poolView(found));
}

const typed = (description: string): Answer => ({ description, schema: 'TypedError' });

export const poolRoutes = (deps: PoolRoutesDeps): Route[] => [
  {
    method: 'get',
    path: '/v1/pools',
    doc: {
      summary: 'List warm pools, in order of namespace and name: their sizes, and why',
      tag: 'Pools',
      query: listQuery,
      answers: {
        200: { description: 'One for each runtime that is deployed.', schema: 'PoolList' },
        400: typed('A parameter is unknown or malformed.'),
      },
    },
    handle: (request, response) => list(deps, request, response),
  },
  {
    method: 'get',
    path: '/v1/namespaces/{namespace}/pools/{kind}/{name}',
    doc: {
      summary: "Look at a runtime's warm pool: its size, and why",
      tag: 'Pools',
      answers: {
        200: { description: 'The pool as it stands.', schema: 'Pool' },
        404: typed('No such runtime.'),
      },
    },
    handle: (request, response) => show(deps, request, response),
  },
];
