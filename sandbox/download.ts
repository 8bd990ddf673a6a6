// Owns: GET /api/files/*path: the file's bytes, whole or in ranges, under the headers of PicoD and Go's ServeFile.
// Does not own: the jail, range and condition grammar. The file is opened first and everything is asked of what was opened,
// so nothing can be swapped between the look and the read.
import type { BigIntStats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { fs, path } from './builtins.ts';
import { parseRange } from './byte-range.ts';
import type { ByteRange } from './byte-range.ts';
import { effectiveRange, weighConditions } from './conditions.ts';
import { contentType } from './content-type.ts';
import type { Piece } from './file-slices.ts';
import { lengthOf, streamPieces } from './file-slices.ts';
import { errorCode, goPathError } from './go-errors.ts';
import { insideJail, resolveInJail } from './jail.ts';
import type { Reply } from './reply.ts';
import { failure } from './reply.ts';

type Headers = Record<string, string>;

interface OpenFile {
  readonly file: FileHandle;
  readonly stats: BigIntStats;
}

const PLAIN = 'text/plain; charset=utf-8';

const fileHeaders = (target: string, stats: BigIntStats): Headers => ({
  'Content-Description': 'File Transfer',
  'Content-Transfer-Encoding': 'binary',
  'Content-Disposition': `attachment; filename="${headerText(path.basename(target))}"`,
  'Content-Type': contentType(target),
  'Last-Modified': new Date(Number(stats.mtimeMs)).toUTCString(),
  'Accept-Ranges': 'bytes',
});

/** Header values are bytes: UTF-8 goes out as it is, as Go sends it; line breaks become spaces. */
const headerText = (text: string): string => Buffer.from(text.replace(/[\r\n\0]/g, ' ')).toString('latin1');

function body(open: OpenFile, pieces: readonly Piece[]): Reply['body'] {
  return { length: lengthOf(pieces), chunks: () => streamPieces(open.file, pieces) };
}

const contentRange = (part: ByteRange, size: number): string =>
  `bytes ${part.start}-${part.start + part.length - 1}/${size}`;

function severalParts(open: OpenFile, headers: Headers, parts: readonly ByteRange[], size: number): Reply {
  const boundary = `part-${parts.length}-${open.stats.ino}-${open.stats.mtimeNs}`;
  const type = headers['Content-Type'] ?? '';
  const pieces = parts.flatMap((part, index): Piece[] => {
    const lines = [
      `${index === 0 ? '' : '\r\n'}--${boundary}`,
      `Content-Range: ${contentRange(part, size)}`,
      `Content-Type: ${type}`,
    ];
    return [Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), part];
  });
  const all = [...pieces, Buffer.from(`\r\n--${boundary}--\r\n`)];
  const multipart = { ...headers, 'Content-Type': `multipart/byteranges; boundary=${boundary}` };
  return { status: 206, headers: multipart, body: body(open, all), verbatim: true };
}

function unsatisfiable(size: number, overlap: boolean): Reply {
  return {
    status: 416,
    headers: {
      'Content-Type': PLAIN,
      'X-Content-Type-Options': 'nosniff',
      ...(overlap ? {} : { 'Content-Range': `bytes */${size}` }),
    },
    body: overlap ? 'invalid range\n' : 'invalid range: failed to overlap\n',
  };
}

/** A reply without the file's bytes, or undefined to go on. */
function conditional(request: IncomingMessage, open: OpenFile, headers: Headers): Reply | undefined {
  const { 'Content-Type': _type, ...typeless } = headers;
  switch (weighConditions(request.method ?? '', request.headers, Number(open.stats.mtimeMs))) {
    case 'not-modified':
      return { status: 304, headers: typeless, body: '' };
    case 'precondition-failed':
      return { status: 412, headers: typeless, body: '' };
    case 'proceed':
      return undefined;
  }
}

function serve(request: IncomingMessage, target: string, open: OpenFile): Reply {
  const headers = fileHeaders(target, open.stats);
  const early = conditional(request, open, headers);
  if (early !== undefined) return early;
  const size = Number(open.stats.size);
  const ranges = parseRange(effectiveRange(request.headers, Number(open.stats.mtimeMs)), size);
  if (ranges.kind === 'invalid') return unsatisfiable(size, ranges.overlap);
  const [first, ...more] = ranges.kind === 'parts' ? ranges.parts : [];
  if (first === undefined) return { status: 200, headers, body: body(open, [{ start: 0, length: size }]) };
  if (more.length > 0) return severalParts(open, headers, [first, ...more], size);
  const ranged = { ...headers, 'Content-Range': contentRange(first, size) };
  return { status: 206, headers: ranged, body: body(open, [first]), verbatim: true };
}

/** O_NONBLOCK: a FIFO must not stop the daemon. What was opened is looked up again (jail.ts says why). */
async function openInJail(workspace: string, target: string): Promise<OpenFile | Reply> {
  const { O_RDONLY, O_NONBLOCK, O_NOFOLLOW } = fs.constants;
  const file = await fs.promises.open(target, O_RDONLY | O_NONBLOCK | O_NOFOLLOW);
  const refuse = async (reply: Reply): Promise<Reply> => {
    await file.close();
    return reply;
  };
  const stats = await file.stat({ bigint: true });
  if (stats.isDirectory()) return refuse(failure(400, 'Path is a directory, not a file'));
  const opened = await fs.promises.readlink(`/proc/self/fd/${file.fd}`).catch(() => target);
  if (!insideJail(workspace, opened)) {
    return refuse(
      failure(400, `access denied: resolved path '${opened}' escapes workspace jail via symlink`),
    );
  }
  if (stats.isFile()) return { file, stats };
  return refuse(failure(500, `Failed to get file info: stat ${target}: not a regular file`));
}

/** @param requested the path behind `/api/files/`, decoded. */
export async function downloadFile(
  workspace: string,
  requested: string,
  request: IncomingMessage,
): Promise<Reply> {
  if (requested === '') return failure(400, 'Missing file path');
  const jailed = resolveInJail(workspace, requested);
  if (!jailed.ok) return failure(400, jailed.error);
  try {
    const open = await openInJail(workspace, jailed.path);
    if ('status' in open) return open;
    const reply = serve(request, jailed.path, open);
    if (typeof reply.body === 'string') await open.file.close();
    return reply;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return failure(404, 'File not found');
    return failure(500, `Failed to get file info: ${goPathError('stat', jailed.path, error)}`);
  }
}
