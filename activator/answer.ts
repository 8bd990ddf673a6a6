// Writes the answers that are the activator's own: errors, health, redirects. Never the sandbox's.
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { STATUS_CODES } from 'node:http';
import type { Failure } from './core/failures.ts';
import { sessionHeader } from './core/headers.ts';

/** What is told beside the body: whose session it was, and what the wait was. */
export interface Beside {
  readonly sessionId?: string | undefined;
  readonly serverTiming?: string | undefined;
}

const json = 'application/json; charset=utf-8';

function besideFields({ sessionId, serverTiming }: Beside): Record<string, string> {
  return {
    ...(sessionId !== undefined && { [sessionHeader]: sessionId }),
    ...(serverTiming !== undefined && { 'Server-Timing': serverTiming }),
  };
}

const failureFields = (failure: Failure, beside: Beside): Record<string, string | number> => ({
  'Content-Type': json,
  'Content-Length': Buffer.byteLength(failure.body),
  ...(failure.retryAfter !== undefined && { 'Retry-After': failure.retryAfter }),
  ...besideFields(beside),
});

/** An answer with a body of one piece. Nothing happens when an answer was begun before or the client is gone. */
export function answerText(res: ServerResponse, status: number, type: string, body: string): void {
  if (res.headersSent || res.destroyed) return;
  res.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) });
  res.end(body);
}

export const answerJson = (res: ServerResponse, status: number, body: object): void =>
  answerText(res, status, json, JSON.stringify(body));

/** A typed error; see answerText. */
export function answerFailure(res: ServerResponse, failure: Failure, beside: Beside = {}): void {
  if (res.headersSent || res.destroyed) return;
  res.writeHead(failure.status, failureFields(failure, beside));
  res.end(failure.body);
}

/** As Gin writes it, body included: a link for GET, nothing otherwise. */
export function answerRedirect(
  res: ServerResponse,
  method: string,
  status: 301 | 307,
  location: string,
): void {
  const link = `<a href="${location.replace(/&/g, '&amp;').replace(/"/g, '&#34;')}">${STATUS_CODES[status]}</a>.\n\n`;
  const body = method === 'GET' ? link : '';
  const fields = { Location: location, ...(body !== '' && { 'Content-Type': 'text/html; charset=utf-8' }) };
  res.writeHead(status, { ...fields, 'Content-Length': Buffer.byteLength(body) });
  res.end(body);
}

/** The same on a socket that asked for an upgrade, which then closes. */
export function refuseUpgrade(
  socket: Socket,
  status: number,
  fields: Record<string, string | number>,
  body: string,
): void {
  if (socket.destroyed || !socket.writable) return;
  const lines = Object.entries({ ...fields, Connection: 'close' }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n${body}`);
}

export const failUpgrade = (socket: Socket, failure: Failure, beside: Beside = {}): void =>
  refuseUpgrade(socket, failure.status, failureFields(failure, beside), failure.body);
