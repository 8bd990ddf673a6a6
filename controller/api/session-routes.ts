// Our own session routes: list, look at, end, pause and resume. Errors are typed (`{error, code, …}`).
import type { Request, Response } from 'express';
import { z } from 'zod';
import type { Clock } from '../../model/clock.ts';
import { PlatformError } from '../../model/errors.ts';
import { runtimeKinds } from '../../model/runtime.ts';
import type { SessionQuery, SessionReads, SessionRecord } from '../../model/session-store.ts';
import { stateKinds, type StateKind } from '../../model/session.ts';
import { parseLabelSelector } from '../core/label-selector.ts';
import type { Freezer, Logs } from '../driver.ts';
import type { SessionCommands } from '../session-commands.ts';
import { sandboxes, sandboxClaims, type Access, type Verb } from './authentication.ts';
import { param, readQuery, type Answer, type Route, type RouteDoc } from './route.ts';
import { sessionLogRoutes } from './session-logs.ts';
import { sessionView } from './session-view.ts';

export interface SessionRoutesDeps {
  readonly store: Pick<SessionReads, 'get' | 'list'>;
  readonly commands: Pick<SessionCommands, 'pause' | 'resume' | 'end'>;
  readonly driver: Pick<Freezer, 'busy'> & Partial<Logs>;
  readonly clock: Pick<Clock, 'now'>;
  /** Where callers have to say who they are. */
  readonly access?: Access;
}

const any = [sandboxes, sandboxClaims];

const oneOrMore = z.union([z.string(), z.array(z.string())]).optional();

const listQuery = z.strictObject({
  namespace: z.string().optional().describe("the runtime's namespace"),
  kind: z.enum(runtimeKinds).optional(),
  runtime: z.string().optional().describe("the runtime's name"),
  state: z
    .string()
    .optional()
    .describe(`any of ${stateKinds.join(', ')}; several with commas`),
  label: oneOrMore.describe('key=value; may be repeated, all must match'),
  labelSelector: z.string().optional().describe('key=value,key=value; all must match'),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  continue: z.string().optional().describe('token that the page before ended with'),
});

type ListQuery = z.infer<typeof listQuery>;

const invalid = (message: string): PlatformError => new PlatformError('INVALID_REQUEST', message);

const isState = (word: string): word is StateKind => stateKinds.some((kind) => kind === word);

function readStates(text: string): readonly StateKind[] {
  return text.split(',').map((word) => {
    if (isState(word)) return word;
    throw invalid(`query: state: ${JSON.stringify(word)} is not one of ${stateKinds.join(', ')}`);
  });
}

/** The token is opaque to clients, so that paging may change. */
const tokenAfter = (id: string): string => Buffer.from(id).toString('base64url');

function readToken(token: string): string {
  const id = Buffer.from(token, 'base64url').toString();
  if (id === '' || tokenAfter(id) !== token) throw invalid('query: continue: not a token of this list');
  return id;
}

function storeQuery({
  namespace,
  kind,
  runtime,
  state,
  label,
  labelSelector,
  limit,
  ...rest
}: ListQuery): SessionQuery {
  const selectors = [...[label ?? []].flat(), labelSelector ?? ''];
  const labels = Object.assign({}, ...selectors.map(parseLabelSelector)) as Record<string, string>;
  return {
    ...(namespace !== undefined && { namespace }),
    ...(kind !== undefined && { kind }),
    ...(runtime !== undefined && { runtime }),
    ...(state !== undefined && { states: readStates(state) }),
    ...(Object.keys(labels).length > 0 && { labels }),
    ...(rest.continue !== undefined && { after: readToken(rest.continue) }),
    // One more than asked for tells whether there is another page.
    limit: limit + 1,
  };
}

async function list(
  { store, access }: SessionRoutesDeps,
  request: Request,
  response: Response,
): Promise<void> {
  const query = readQuery(listQuery, request.query);
  await access?.authorize(request, { verb: 'list', namespace: query.namespace ?? '', any });
  const found = await store.list(storeQuery(query));
  const page = found.slice(0, query.limit);
  const last = page.at(-1);
  response.json({
    items: page.map((record) => sessionView(record)),
    ...(found.length > page.length && last && { continue: tokenAfter(last.session.id) }),
  });
}

const lease = 'an activator holds it: it is in use, or was a moment ago';

/** What keeps a running session awake; a sandbox that cannot be asked says nothing. */
async function awakeReasons(
  { driver, clock }: SessionRoutesDeps,
  record: SessionRecord,
): Promise<string[] | undefined> {
  const { state } = record.session;
  if (state.kind !== 'running') return undefined;
  const busy = await driver.busy(state.sandbox.id).catch(() => []);
  return [...(record.leasedUntil > clock.now() ? [lease] : []), ...busy];
}

/** A session that is not known is found out as such by whoever goes on. */
async function authorize({ access, store }: SessionRoutesDeps, request: Request, verb: Verb): Promise<void> {
  const record = access && (await store.get(param(request, 'sessionId')));
  if (!record) return;
  await access.authorize(request, { verb, namespace: record.session.runtime.namespace, any });
}

async function show(deps: SessionRoutesDeps, request: Request, response: Response): Promise<void> {
  const id = param(request, 'sessionId');
  const record = await deps.store.get(id);
  if (!record) throw new PlatformError('SESSION_NOT_FOUND', `session ${id} not found`, { sessionId: id });
  response.json(sessionView(record, await awakeReasons(deps, record)));
}

const path = '/v1/sessions/{sessionId}';
const typed = (description: string): Answer => ({ description, schema: 'TypedError' });
const asItIs: Answer = { description: 'The session as it is then.', schema: 'Session' };

const doc = (summary: string, answers: RouteDoc['answers']): RouteDoc => ({
  summary,
  tag: 'Sessions',
  answers,
});

/** A command, answered with the session as it is when the command is done. */
function commandRoute(
  deps: SessionRoutesDeps,
  at: Pick<Route, 'method' | 'path' | 'doc'> & { readonly verb: Verb },
  command: (id: string) => Promise<void>,
): Route {
  const { verb, ...rest } = at;
  const handle: Route['handle'] = async (request, response) => {
    await authorize(deps, request, verb);
    await command(param(request, 'sessionId'));
    await show(deps, request, response);
  };
  return { ...rest, handle };
}

const unknown = typed('The session is unknown, or has ended.');

export const sessionRoutes = (deps: SessionRoutesDeps): Route[] => [
  ...sessionLogRoutes(deps),
  {
    method: 'get',
    path: '/v1/sessions',
    doc: {
      ...doc('List sessions, in order of id', {
        200: { description: 'One page.', schema: 'SessionList' },
        400: typed('A parameter is unknown or malformed.'),
      }),
      query: listQuery,
    },
    handle: (request, response) => list(deps, request, response),
  },
  {
    method: 'get',
    path,
    doc: doc('Look at a session; one that ended is remembered for an hour', { 200: asItIs, 404: unknown }),
    handle: async (request, response) => {
      await authorize(deps, request, 'get');
      await show(deps, request, response);
    },
  },
  commandRoute(
    deps,
    { verb: 'delete', method: 'delete', path, doc: doc('End a session', { 200: asItIs, 404: unknown }) },
    (id) => deps.commands.end(id),
  ),
  commandRoute(
    deps,
    {
      verb: 'update',
      method: 'post',
      path: `${path}/pause`,
      doc: doc('Pause a session; answers when it is paused', {
        200: asItIs,
        404: unknown,
        409: typed('Work is in hand (`reason` names it), or the state does not allow it.'),
      }),
    },
    (id) => deps.commands.pause(id),
  ),
  commandRoute(
    deps,
    {
      verb: 'update',
      method: 'post',
      path: `${path}/resume`,
      doc: doc('Wake a session; answers when it runs', {
        200: asItIs,
        404: unknown,
        503: typed('It could not be started; `reason` says why.'),
        504: typed('It did not run in time.'),
      }),
    },
    (id) => deps.commands.resume(id),
  ),
];
