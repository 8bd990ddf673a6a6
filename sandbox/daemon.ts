// Owns: the code daemon's HTTP server: health, the body limit that comes before authentication, unknown paths, what happens
// when a handler has a bug. Does not own: /api (api.ts, loaded when first asked for), the socket it listens on (main.ts).
// Timers of a paused sandbox fire late: nothing here closes an idle connection by time, so a wake never meets a reset.
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { http } from './builtins.ts';
import type { DaemonContext } from './daemon-context.ts';
import { formatDuration } from './duration.ts';
import type { Reply } from './reply.ts';
import { badRequest, crashed, json, notFound, redirect, tooLarge } from './reply.ts';
import { BODY_LIMIT_BYTES } from './request-body.ts';
import { findRoute } from './routes.ts';
import { send } from './send.ts';

/** PicoD's ReadHeaderTimeout. */
const HEADERS_TIMEOUT_MS = 10_000;

function health(context: DaemonContext, startedNs: bigint): Reply {
  const uptime = formatDuration(Number(context.monotonicNs() - startedNs));
  return { ...json(200, { status: 'ok', service: 'PicoD', version: '0.0.1', uptime }), verbatim: true };
}

const isTooLarge = (request: IncomingMessage): boolean =>
  Number(request.headers['content-length'] ?? 0) > BODY_LIMIT_BYTES;

async function answer(context: DaemonContext, startedNs: bigint, request: IncomingMessage): Promise<Reply> {
  if (isTooLarge(request)) return tooLarge(BODY_LIMIT_BYTES);
  const { method = '', url = '' } = request;
  const route = findRoute(method, url);
  switch (route.kind) {
    case 'health':
      return health(context, startedNs);
    case 'redirect':
      return redirect(method, route.location);
    case 'unknown':
      return notFound;
    case 'malformed':
      return badRequest;
    case 'api': {
      const { answerApi } = await import('./api.ts');
      return answerApi(context, route.call, request);
    }
  }
}

/** A client that breaks off while it sends gets no answer; a bug gets Gin's recovery and a line in the log. */
async function handle(
  context: DaemonContext,
  startedNs: bigint,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    send(request, response, await answer(context, startedNs, request));
  } catch (error) {
    if (request.errored !== null || response.destroyed) return;
    console.error(error);
    if (response.headersSent) response.destroy();
    else send(request, response, crashed);
  }
}

/** The server, not yet listening. */
export function createDaemon(context: DaemonContext): Server {
  const startedNs = context.monotonicNs();
  const server = http().createServer(
    { headersTimeout: HEADERS_TIMEOUT_MS, requestTimeout: 0, keepAliveTimeout: 0 },
    (request, response) => void handle(context, startedNs, request, response),
  );
  // A client that asks first is told about the limit before it sends anything.
  server.on('checkContinue', (request, response) => {
    if (!isTooLarge(request)) response.writeContinue();
    void handle(context, startedNs, request, response);
  });
  return server;
}
