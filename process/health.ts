// /health/live and /health/ready of the separate programs, as AgentCube answers them. Live: the process answers. Ready: it can do
// its work, which mostly means that the store answers. Also what is said while the store has not answered yet.
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { errorBody, statusOf, type PlatformError } from '../model/errors.ts';

function answer(response: ServerResponse, status: number, body: object, headers: object = {}): void {
  response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8', ...headers });
  response.end(JSON.stringify(body));
}

/** Why it is not ready, undefined when it is. */
export type NotReady = () => Promise<string | undefined>;

const pathOf = (request: IncomingMessage): string => (request.url ?? '/').split('?', 1)[0] ?? '/';

async function answerReady(notReady: NotReady, response: ServerResponse): Promise<void> {
  const error = await notReady().catch((fault: unknown) =>
    fault instanceof Error ? fault.message : String(fault),
  );
  if (error === undefined) answer(response, 200, { status: 'ready' });
  else answer(response, 503, { status: 'not ready', error }, { 'Retry-After': '1' });
}

/** Answers the health routes by itself and hands everything else on. */
export const withHealth =
  (notReady: NotReady, otherwise: RequestListener): RequestListener =>
  (request, response) => {
    const path = request.method === 'GET' || request.method === 'HEAD' ? pathOf(request) : '';
    // AgentCube's workload manager is asked this one, and its chart restarts what does not answer.
    if (path === '/health') return answer(response, 200, { status: 'healthy' });
    if (path === '/health/live') return answer(response, 200, { status: 'alive' });
    if (path === '/health/ready') return void answerReady(notReady, response);
    otherwise(request, response);
  };

/** Refuses with a typed error, to be asked again soon. */
export const refusing =
  (error: () => PlatformError): RequestListener =>
  (_, response) => {
    const refusal = error();
    answer(response, statusOf(refusal.code), errorBody(refusal), { 'Retry-After': '1' });
  };

/** Nothing else is served there. */
export const nothingHere: RequestListener = (_, response) =>
  void response.writeHead(404, { 'Content-Type': 'text/plain' }).end('404 page not found');
