// AgentCube 0.1's own control routes (workloadmanager): create a session, delete a session, health. Statuses, texts and
// their order are that contract; fields beside `message` are additions.
import type { Request, Response } from 'express';
import type { Clock } from '../../model/clock.ts';
import type { DemandCounter } from '../../model/demand-tally.ts';
import { PlatformError } from '../../model/errors.ts';
import {
  openSession,
  type OpenedSession,
  type OpenRequest,
  type OpenSessionDeps,
} from '../../model/open-session.ts';
import type { DeployedRuntime, Wakes } from '../../model/platform.ts';
import type { RuntimeKey, RuntimeKind, SandboxRef } from '../../model/sandbox.ts';
import type { SessionCommands } from '../session-commands.ts';
import { sandboxes, sandboxClaims, type Access, type Resource } from './authentication.ts';
import { awaitStart, type AwaitStartDeps } from './await-start.ts';
import type { Log } from './errors.ts';
import { ownerOf, type OwnerTokens } from './owner.ts';
import { param, textOf, type Answer, type Route } from './route.ts';
import { createRequest } from './schemas.ts';

export interface AgentcubeRoutesDeps extends OpenSessionDeps, AwaitStartDeps {
  readonly store: OpenSessionDeps['store'] & AwaitStartDeps['store'];
  readonly clock: Clock;
  readonly wakes: Wakes;
  readonly commands: Pick<SessionCommands, 'end'>;
  /** Told of each new session. */
  readonly demand?: DemandCounter;
  readonly log: Log;
  /** Where callers have to say who they are. */
  readonly access?: Access;
  /** Where a router may say whose a session is to be. */
  readonly ownerTokens?: OwnerTokens;
}

/** AgentCube waits as long for a sandbox. */
const startPatienceMs = 120_000;

/** How nginx and AgentCube count a client that did not wait; nobody receives it. */
const clientGone = 499;

const notFoundTexts: Readonly<Record<RuntimeKind, string>> = {
  AgentRuntime: 'agent runtime not found',
  CodeInterpreter: 'code interpreter not found',
};

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new PlatformError('INVALID_REQUEST', 'Invalid request body');
  }
}

/** The runtime that a create request names. A body of `null` names none, as in Go. */
function readCreate(text: string, kind: RuntimeKind): RuntimeKey {
  const parsed = createRequest.safeParse(jsonOf(text) ?? {});
  if (!parsed.success) throw new PlatformError('INVALID_REQUEST', 'Invalid request body');
  const { namespace, name } = parsed.data;
  if (!namespace) throw new PlatformError('INVALID_REQUEST', 'namespace is required');
  if (!name) throw new PlatformError('INVALID_REQUEST', 'name is required');
  return { kind, namespace, name };
}

/** Aborts when the client closes the connection before it has its answer. */
function goneSignal(response: Response): AbortSignal {
  const gone = new AbortController();
  response.once('close', () => response.writableFinished || gone.abort());
  return gone.signal;
}

/** Brings a session that was opened cold to `running`. Rejects with the reason in the error when it does not get there. */
async function startCold(
  deps: AgentcubeRoutesDeps,
  id: string,
  signal: AbortSignal,
): Promise<SandboxRef | 'gone'> {
  const starting = awaitStart(deps, id, startPatienceMs, signal);
  deps.wakes.wake(id);
  const outcome = await starting;
  const details = { sessionId: id };
  switch (outcome.kind) {
    case 'running':
      return outcome.sandbox;
    case 'gone':
      return 'gone';
    case 'late':
      throw new PlatformError('SANDBOX_START_TIMEOUT', 'the sandbox was not ready in time', details);
    case 'failed':
      throw new PlatformError('SANDBOX_START_FAILED', 'the sandbox did not start', {
        ...details,
        reason: outcome.why,
      });
  }
}

/** A session that nobody was told of is of no use to anybody. */
function giveUp(deps: AgentcubeRoutesDeps, sessionId: string): void {
  deps.commands.end(sessionId).catch((fault: unknown) => {
    const known = fault instanceof PlatformError && /^SESSION_(ENDED|NOT_FOUND)$/.test(fault.code);
    if (!known) deps.log('a session that nobody waits for could not be ended', { sessionId, fault });
  });
}

/** The sandbox of an opened session once it is usable; a claimed one may stay frozen: its first request wakes it. */
async function usable(
  deps: AgentcubeRoutesDeps,
  { session, how }: OpenedSession,
  signal: AbortSignal,
): Promise<SandboxRef | 'gone'> {
  if (signal.aborted) return 'gone';
  const { state } = session;
  if (how === 'claim' && state.kind === 'paused') return state.sandbox;
  return startCold(deps, session.id, signal);
}

/** What AgentCube would make in the caller's name: a claim only of a runtime that may have a pool. */
const madeOf = ({ warmPoolSize, scaling }: DeployedRuntime): readonly Resource[] =>
  warmPoolSize > 0 || scaling ? [sandboxClaims, sandboxes] : [sandboxes];

/** Opens a session, and tells that it did. Answers as `usable` does; a session whose sandbox was not to be had is ended. */
async function openUsable(
  deps: AgentcubeRoutesDeps,
  request: OpenRequest,
  signal: AbortSignal,
): Promise<{ readonly opened: OpenedSession; readonly sandbox: SandboxRef | 'gone' }> {
  const { clock, demand } = deps;
  const since = clock.monotonic();
  const opened = await openSession(deps, request);
  demand?.opened(request.runtime, opened.how);
  const sandbox = await usable(deps, opened, signal).catch((fault: unknown) => {
    giveUp(deps, opened.session.id);
    throw fault;
  });
  if (sandbox !== 'gone') demand?.served(request.runtime, clock.monotonic() - since);
  return { opened, sandbox };
}

async function create(
  deps: AgentcubeRoutesDeps,
  kind: RuntimeKind,
  request: Request,
  response: Response,
): Promise<void> {
  const runtime = readCreate(textOf(request), kind);
  const owner = await ownerOf(request, deps.ownerTokens);
  const found = deps.runtimes.find(runtime);
  if (!found) throw new PlatformError('RUNTIME_NOT_FOUND', notFoundTexts[kind]);
  const any = madeOf(found);
  await deps.access?.authorize(request, { verb: 'create', namespace: runtime.namespace, any });
  const signal = goneSignal(response);
  const wanted = { runtime, now: deps.clock.now(), ...(owner !== undefined && { ownerId: owner }) };
  const { opened, sandbox } = await openUsable(deps, wanted, signal);
  const { id, ownerId } = opened.session;
  if (sandbox === 'gone') {
    giveUp(deps, id);
    return void response.status(clientGone).end();
  }
  response.json({
    kind: opened.how === 'claim' ? 'SandboxClaim' : 'Sandbox',
    sessionId: id,
    sandboxId: sandbox.id,
    sandboxName: sandbox.name,
    entryPoints: sandbox.entryPoints,
    ...(ownerId && { ownerId }),
  });
}

const message = (description: string): Answer => ({ description, schema: 'Message' });

const unavailable = message(
  'The store cannot be reached, or no controller leads; ask again after `Retry-After`.',
);

const createAnswers = {
  200: { description: 'The session is usable.', schema: 'CreateResponse' },
  400: message('The body is not JSON, or namespace or name is missing.'),
  404: message('No such runtime.'),
  500: message('The sandbox did not start.'),
  503: unavailable,
  504: message('The sandbox was not ready within two minutes.'),
} as const;

const deleteAnswers = {
  200: message('Nothing of the session is left.'),
  404: message('No such session.'),
  500: message('The session could not be ended.'),
  503: unavailable,
} as const;

/** A session that is not known is found out as such by whoever goes on. */
async function authorizeSession(
  { access, store }: Pick<AgentcubeRoutesDeps, 'access' | 'store'>,
  request: Request,
  verb: 'delete',
  id: string,
): Promise<void> {
  const record = access && (await store.get(id));
  if (!record) return;
  const { namespace } = record.session.runtime;
  await access.authorize(request, { verb, namespace, any: [sandboxes, sandboxClaims] });
}

function sessionRoutes(deps: AgentcubeRoutesDeps, kind: RuntimeKind, base: string): Route[] {
  return [
    {
      method: 'post',
      path: base,
      doc: {
        summary: `Open a session of ${kind === 'AgentRuntime' ? 'an' : 'a'} ${kind}`,
        tag: 'AgentCube',
        body: { schema: 'CreateRequest', types: ['application/json'] },
        answers: createAnswers,
      },
      handle: (request, response) => create(deps, kind, request, response),
    },
    {
      // The kind in the path is not compared with the session's, as in AgentCube.
      method: 'delete',
      path: `${base}/sessions/{sessionId}`,
      doc: { summary: 'End a session', tag: 'AgentCube', answers: deleteAnswers },
      handle: async (request, response) => {
        const id = param(request, 'sessionId');
        await authorizeSession(deps, request, 'delete', id);
        await deps.commands.end(id);
        response.json({ message: 'Sandbox deleted successfully' });
      },
    },
  ];
}

const health: Route = {
  method: 'get',
  path: '/health',
  doc: {
    summary: 'Is the control port up',
    tag: 'AgentCube',
    answers: { 200: { description: 'Yes.', schema: 'Health' } },
  },
  handle: (_, response) => void response.json({ status: 'healthy' }),
};

export const agentcubeRoutes = (deps: AgentcubeRoutesDeps): Route[] => [
  health,
  ...sessionRoutes(deps, 'AgentRuntime', '/v1/agent-runtime'),
  ...sessionRoutes(deps, 'CodeInterpreter', '/v1/code-interpreter'),
];
