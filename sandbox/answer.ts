// Owns: finding the answer to a request and sending it: the body limit that comes before everything, redirects, unknown paths.
// Does not own: the API behind its routes (api.ts), /health in its usual form (daemon.ts).
import type { IncomingMessage, ServerResponse } from 'node:http';
import { answerApi } from './api.ts';
import type { DaemonContext } from './daemon-context.ts';
import type { Reply } from './reply.ts';
import { badRequest, notFound, redirect, tooLarge } from './reply.ts';
import { BODY_LIMIT_BYTES } from './request-body.ts';
import { findRoute } from './routes.ts';
import { send } from './send.ts';

const isTooLarge = (request: IncomingMessage): boolean =>
  Number(request.headers['content-length'] ?? 0) > BODY_LIMIT_BYTES;

async function findReply(context: DaemonContext, request: IncomingMessage): Promise<Reply> {
  if (isTooLarge(request)) return tooLarge(BODY_LIMIT_BYTES);
  const { method = '', url = '' } = request;
  const route = findRoute(method, url);
  switch (route.kind) {
    case 'api':
      return answerApi(context, route.call, request);
    case 'redirect':
      return redirect(method, route.location);
    case 'malformed':
      return badRequest;
    case 'unknown':
      return notFound;
  }
}

/** Answers one request. Throws only what is a bug, or the socket's error when the client broke off. */
export async function answer(
  context: DaemonContext,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.headers.expect !== undefined && !isTooLarge(request)) response.writeContinue();
  send(request, response, await findReply(context, request));
}
