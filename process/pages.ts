// Keeps pages in browsers away from ports that trust whoever reaches them, and lets those in that were allowed (CORS, Fetch
// standard 3.2): their preflights are answered here and reach no sandbox. Who is which is model/page-visit.ts.
import { isIP } from 'node:net';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { errorBody, PlatformError, statusOf } from '../model/errors.ts';
import { verdictOn, type PageRules, type Verdict } from '../model/page-visit.ts';

export interface PageConfig {
  readonly host: string;
  readonly allowedHosts?: readonly string[] | undefined;
  readonly allowedOrigins?: readonly string[] | undefined;
}

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));

/** What listens on more than loopback is called by names that nobody can list. */
export const pageRules = ({ host, allowedHosts = [], allowedOrigins = [] }: PageConfig): PageRules => ({
  hosts: isLoopback(host) ? new Set(allowedHosts.map((name) => name.toLowerCase())) : undefined,
  origins: new Set(allowedOrigins),
});

const verdictOf = ({ headers }: IncomingMessage, rules: PageRules): Verdict =>
  verdictOn({ host: headers.host, origin: headers.origin, site: headers['sec-fetch-site'] }, rules);

const refusalOf = (why: string): { readonly status: number; readonly body: string } => {
  const error = new PlatformError('FORBIDDEN', why);
  return { status: statusOf(error.code), body: JSON.stringify(errorBody(error)) };
};

const shown = 'x-agentcube-session-id, Server-Timing, Retry-After';
const preflightSeconds = 600;

/** What lets the page read the answer. An answer that says so itself, an agent's, has the last word. */
function showTo(page: string, response: ServerResponse): void {
  response.setHeader('Access-Control-Allow-Origin', page);
  response.setHeader('Access-Control-Expose-Headers', shown);
  response.setHeader('Vary', 'Origin');
}

function answerPreflight({ headers }: IncomingMessage, response: ServerResponse): void {
  const method = headers['access-control-request-method'] ?? '';
  const wanted = headers['access-control-request-headers'];
  response.writeHead(204, {
    'Access-Control-Allow-Methods': method,
    ...(wanted !== undefined && { 'Access-Control-Allow-Headers': wanted }),
    'Access-Control-Max-Age': preflightSeconds,
  });
  response.end();
}

const isPreflight = ({ method, headers }: IncomingMessage): boolean =>
  method === 'OPTIONS' && headers['access-control-request-method'] !== undefined;

/** Refuses strange pages with FORBIDDEN, and hands everything else on. */
export const keepingPagesOut =
  (rules: PageRules, otherwise: RequestListener): RequestListener =>
  (request, response) => {
    const verdict = verdictOf(request, rules);
    if (verdict.kind === 'refuse') {
      const { status, body } = refusalOf(verdict.why);
      return void response.writeHead(status, { 'Content-Type': 'application/json' }).end(body);
    }
    if (verdict.page !== undefined) showTo(verdict.page, response);
    if (verdict.page !== undefined && isPreflight(request)) return answerPreflight(request, response);
    otherwise(request, response);
  };

type Upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** The same for sockets, which browsers open to anywhere without asking. */
export const keepingPagesOffSockets =
  (rules: PageRules, otherwise: Upgrade): Upgrade =>
  (request, socket, head) => {
    const verdict = verdictOf(request, rules);
    if (verdict.kind === 'enter') return otherwise(request, socket, head);
    const { status, body } = refusalOf(verdict.why);
    const length = Buffer.byteLength(body);
    socket.end(
      `HTTP/1.1 ${status} Forbidden\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\nConnection: close\r\n\r\n${body}`,
    );
  };
