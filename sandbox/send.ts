// Owns: putting a Reply on the wire: gzip when the client accepts it, back-pressure, a reset when a body breaks off.
// Does not own: what is answered (reply.ts). A body that cannot be finished is never closed as if it were whole.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { stream, zlib } from './builtins.ts';
import type { Body, Reply } from './reply.ts';

const BODYLESS = new Set([204, 304]);
/** Up to here compressing at once is cheaper than a thread; beyond it other requests must not wait. */
const SYNC_GZIP_BYTES = 64 * 1024;

function wantsGzip(request: IncomingMessage, reply: Reply): boolean {
  const accepted = /\bgzip\b/.test(request.headers['accept-encoding'] ?? '');
  return accepted && reply.verbatim !== true && !BODYLESS.has(reply.status);
}

function sendPacked(response: ServerResponse, reply: Reply, packed: Buffer): void {
  response.writeHead(reply.status, {
    ...reply.headers,
    'Content-Encoding': 'gzip',
    Vary: 'Accept-Encoding',
    'Content-Length': packed.length,
  });
  response.end(packed);
}

function sendText(response: ServerResponse, reply: Reply, text: string, gzip: boolean): void {
  const plain = Buffer.from(text);
  if (!gzip) {
    response.writeHead(reply.status, { ...reply.headers, 'Content-Length': plain.length });
    response.end(plain);
  } else if (plain.length <= SYNC_GZIP_BYTES) {
    sendPacked(response, reply, zlib().gzipSync(plain, { level: 1 }));
  } else {
    zlib().gzip(plain, { level: 1 }, (error, packed) => {
      if (error === null) sendPacked(response, reply, packed);
      else response.destroy(error);
    });
  }
}

type ChunkBody = Exclude<Body, string>;

function sendChunks(response: ServerResponse, reply: Reply, body: ChunkBody, gzip: boolean): void {
  const broken = (error: Error | null | undefined): void => {
    if (error != null) response.destroy();
  };
  if (!gzip) {
    const total = body.length === undefined ? {} : { 'Content-Length': body.length };
    response.writeHead(reply.status, { ...reply.headers, ...total });
    // What comes bit by bit may be long in coming; that it will is told at once.
    if (body.length === undefined) response.flushHeaders();
    stream().pipeline(body.chunks(), response, broken);
    return;
  }
  response.writeHead(reply.status, { ...reply.headers, 'Content-Encoding': 'gzip', Vary: 'Accept-Encoding' });
  stream().pipeline(body.chunks(), zlib().createGzip({ level: 1 }), response, broken);
}

/** Writes the reply. Errors while writing end the connection: a client that is gone is nobody's business. */
export function send(request: IncomingMessage, response: ServerResponse, reply: Reply): void {
  const gzip = wantsGzip(request, reply);
  if (BODYLESS.has(reply.status)) {
    response.writeHead(reply.status, reply.headers);
    response.end();
    return;
  }
  if (typeof reply.body === 'string') sendText(response, reply, reply.body, gzip);
  else sendChunks(response, reply, reply.body, gzip);
}
