// What a controller that does not lead answers on the control port: whatever the leader answers, or that there is none.
// Requests and answers are passed on as they come, nothing of them is kept. Does not own health routes nor who leads.
// A request is passed on once: two controllers that each take the other for the leader refuse it instead of going round.
import type { Agent, IncomingMessage, ServerResponse } from 'node:http';
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import { createProxyMiddleware } from 'http-proxy-middleware';
import { PlatformError } from '../../model/errors.ts';
import { writeError, type Log } from './errors.ts';

export interface StandbyApiDeps {
  /** Undefined while nobody is known to lead. */
  readonly leaderUrl: () => string | undefined;
  /** For reaching a leader that wants to see a certificate. */
  readonly agent?: Agent;
  readonly log: Log;
}

const passedOn = 'x-agentcube-passed-on';
const retryAfterMs = 1_000;

const noLeader = (message: string): PlatformError =>
  new PlatformError('NOT_LEADER', message, { retryAfterMs });

/** The request handler of the control port while another leads. */
export function createStandbyApi({ leaderUrl, agent, log }: StandbyApiDeps): Express {
  const targets = new WeakMap<object, string>();
  const refuse = (request: Request, response: Response, message: string): void =>
    writeError(noLeader(message), request, response, log);
  const proxy = createProxyMiddleware<Request, Response>({
    changeOrigin: false,
    ejectPlugins: true,
    headers: { [passedOn]: '1' },
    ...(agent && { agent }),
    router: (request) => targets.get(request) ?? '',
    plugins: [
      (server) => void server.on('proxyRes', (answer, _, response) => begin(answer, response)),
      (server) =>
        void server.on('error', (error, request, response) => {
          log('the leader could not be asked', { error: error.message });
          if (!isAnswer(response)) return;
          if (request) refuse(request, response, 'the leading controller does not answer');
        }),
    ],
  });
  const app = express();
  app.disable('x-powered-by').disable('etag');
  app.use((request: Request, response: Response, next: NextFunction) => {
    const url = leaderUrl();
    if (!url || request.headers[passedOn] !== undefined)
      return refuse(request, response, 'no controller leads at this moment');
    targets.set(request, url);
    return void proxy(request, response, next);
  });
  return app;
}

/** A stream begins when it is opened, not with its first word. */
function begin(answer: IncomingMessage, response: ServerResponse): void {
  // The proxy sets headers as soon as its listeners have returned.
  if (answer.headers['content-length'] === undefined) queueMicrotask(() => response.flushHeaders());
}

const isAnswer = (response: unknown): response is Response =>
  typeof (response as Partial<ServerResponse> | undefined)?.writeHead === 'function';
