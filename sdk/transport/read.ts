// Owns: reading a body: whole, as text, by pieces, by lines. Does not own: where it comes from; it fails as the body fails.
import { AgentCubeError } from '../errors.ts';

/** A line is kept until its end comes, so there is a limit (UTF-16 units). */
const longestLine = 16 * 1024 * 1024;

export function joinBytes(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.byteLength, 0));
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.byteLength;
  }
  return joined;
}

/** The pieces of a body. Leaving the loop early ends the connection. */
export async function* pieces(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** The whole body, or its beginning where there is more than `limit` bytes. */
export async function readBytes(
  body: ReadableStream<Uint8Array>,
  limit = Number.POSITIVE_INFINITY,
): Promise<Uint8Array<ArrayBuffer>> {
  const read: Uint8Array[] = [];
  let total = 0;
  for await (const piece of pieces(body)) {
    read.push(piece);
    total += piece.byteLength;
    if (total >= limit) break;
  }
  return joinBytes(read);
}

/** Text as it comes; characters are never cut, and what is no UTF-8 becomes U+FFFD. */
export async function* texts(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  for await (const piece of pieces(body)) {
    const text = decoder.decode(piece, { stream: true });
    if (text !== '') yield text;
  }
  const rest = decoder.decode();
  if (rest !== '') yield rest;
}

/** Lines without their ends, empty ones left out; the last one may lack its end. */
export async function* lines(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let kept = '';
  for await (const text of texts(body)) {
    const parts = (kept + text).split('\n');
    kept = parts.pop() ?? '';
    if (kept.length > longestLine) throw new AgentCubeError('INVALID_RESPONSE', 'a line does not end');
    for (const line of parts) if (line !== '') yield line;
  }
  if (kept !== '') yield kept;
}

/** The value of a JSON text. Rejects with INVALID_RESPONSE. */
export function parseJson(text: string, from: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw new AgentCubeError('INVALID_RESPONSE', `${from} answered what is no JSON`, {
      cause,
      body: text.slice(0, 500),
    });
  }
}
