// Owns: the code daemon's HTTP server: health, and what happens when a handler has a bug. Does not own: every other request
// (answer.ts, loaded with the first of them: an idle daemon is only ever asked for its health), the socket (run-daemon.ts).
// Timers of a paused sandbox fire late: nothing here closes an idle connection by time, so a wake never meets a reset.
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { http } from './builtins.ts';
import type { DaemonContext } from './daemon-context.ts';
import { formatDuration } from './duration.ts';

/** PicoD's ReadHeaderTimeout. */
const HEADERS_TIMEOUT_MS = 10_000;

/** Never compressed, and never refused: the platform asks this before anything else exists. */
function answerHealth(response: ServerResponse, uptimeNs: number): void {
  const uptime = formatDuration(uptimeNs);
  const body = JSON.stringify({ status: 'ok', service: 'PicoD', version: '0.0.1', uptime });
  response.writeHead(200, {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
  });
  response.end(body);
}

const isHealth = (request: IncomingMessage): boolean =>
  request.method === 'GET' && /^\/health(\?|$)/.test(request.url ?? '');

/** A client that breaks off while it sends gets no answer; a bug gets Gin's recovery, an empty 500, and a line in the log. */
async function answerOther(
  context: DaemonContext,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const { answer } = await import('./answer.ts');
    await answer(context, request, response);
  } catch (error) {
    if (request.errored !== null || response.destroyed) return;
    console.error(error);
    if (response.headersSent) response.destroy();
    else response.writeHead(500).end();
  }
}

/** The server, not yet listening. */
export function createDaemon(context: DaemonContext): Server {
  const startedNs = context.monotonicNs();
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    if (isHealth(request)) answerHealth(response, Number(context.monotonicNs() - startedNs));
    else void answerOther(context, request, response);
  };
  const server = http().createServer(
    { headersTimeout: HEADERS_TIMEOUT_MS, requestTimeout: 0, keepAliveTimeout: 0 },
    handle,
  );
  // A client that asks before it sends is told to go on, or refused unread, in answer.ts.
  server.on('checkContinue', handle);
  return server;
}
