// Owns: streaming parts of an open file, between fixed pieces of text, with the number of bytes known beforehand.
// Does not own: which parts. The file is closed when the stream ends, breaks or is never started but destroyed.
// A file that shrank meanwhile breaks the stream: a shorter answer must never look complete.
import type { FileHandle } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { stream } from './builtins.ts';
import type { ByteRange } from './byte-range.ts';

export type Piece = Buffer | ByteRange;

const CHUNK_BYTES = 64 * 1024;

async function* readRange(file: FileHandle, range: ByteRange): AsyncGenerator<Buffer> {
  let at = range.start;
  for (const end = range.start + range.length; at < end;) {
    const buffer = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, end - at));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, at);
    if (bytesRead === 0) throw new Error('the file became shorter while it was sent');
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

async function* readPieces(file: FileHandle, pieces: readonly Piece[]): AsyncGenerator<Buffer> {
  for (const piece of pieces) {
    if (Buffer.isBuffer(piece)) yield piece;
    else yield* readRange(file, piece);
  }
}

/** Total bytes of the pieces. */
export const lengthOf = (pieces: readonly Piece[]): number =>
  pieces.reduce((sum, piece) => sum + piece.length, 0);

/** Streams the pieces and closes the file afterwards. */
export function streamPieces(file: FileHandle, pieces: readonly Piece[]): Readable {
  const readable = stream().Readable.from(readPieces(file, pieces), { objectMode: false });
  readable.once('close', () => void file.close());
  return readable;
}
