// Owns: reading a request body under PicoD's limit of 32 MiB, at once or piece by piece.
// Does not own: what the limit answers when Content-Length tells beforehand (daemon.ts).
import type { IncomingMessage } from 'node:http';

/** PicoD's limit for every request body. */
export const BODY_LIMIT_BYTES = 32 * 1024 * 1024;

/** A chunked body grew past the limit; the message is Go's, and is what PicoD answers 400 with. */
export class BodyTooLarge extends Error {
  constructor() {
    super('http: request body too large');
  }
}

/** The body's chunks. Throws BodyTooLarge at the limit, or the socket's error when the client breaks off. */
export async function* bodyChunks(request: IncomingMessage): AsyncGenerator<Buffer> {
  let total = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    total += chunk.length;
    if (total > BODY_LIMIT_BYTES) throw new BodyTooLarge();
    yield chunk;
  }
}

/** The whole body. Throws as bodyChunks does. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of bodyChunks(request)) chunks.push(chunk);
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
}
