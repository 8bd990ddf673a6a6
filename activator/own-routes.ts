// Requests that no sandbox answers: health, redirects, and paths that mean nothing here.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import {
  answerFailure,
  answerJson,
  answerRedirect,
  answerText,
  failUpgrade,
  refuseUpgrade,
} from './answer.ts';
import { failed, failureOf } from './core/failures.ts';
import type { Routed } from './core/route.ts';

/** A broker where no events are taken is a path that means nothing. */
type Own = Exclude<Routed, { kind: 'invoke' }>;

/** Gin's own words. */
const noPage = '404 page not found';

/** `ready`: whether sessions can be looked up; never rejects. */
export function answerOwn(
  routed: Own,
  req: IncomingMessage,
  res: ServerResponse,
  ready: () => Promise<boolean>,
): void {
  switch (routed.kind) {
    case 'live':
      return answerJson(res, 200, { status: 'alive' });
    case 'ready':
      return void ready().then((is) => answerReady(res, is));
    case 'redirect':
      return answerRedirect(res, req.method ?? 'GET', routed.status, routed.location);
    case 'malformed':
      return answerFailure(res, failureOf(failed('INVALID_REQUEST'), false));
    case 'events':
    case 'unknown':
      return answerText(res, 404, 'text/plain', noPage);
  }
}

function answerReady(res: ServerResponse, ready: boolean): void {
  if (ready) answerJson(res, 200, { status: 'ready' });
  else answerJson(res, 503, { status: 'not ready', error: 'session manager not available' });
}

/** The same for a socket that asked for an upgrade. */
export function refuseOwnUpgrade(routed: Own, socket: Socket): void {
  if (routed.kind === 'malformed') return failUpgrade(socket, failureOf(failed('INVALID_REQUEST'), false));
  refuseUpgrade(socket, 404, { 'Content-Type': 'text/plain', 'Content-Length': noPage.length }, noPage);
}
