// Owns: POST /api/files in its two forms, JSON with base64 and multipart/form-data, and their refusals.
// Does not own: the jail, or opening (file-write.ts). A multipart file is spooled beside memory and copied when the whole
// request has come, so a broken upload changes nothing; an existing file keeps its inode and mode.
import type { IncomingMessage } from 'node:http';
import { decodeBase64 } from './base64.ts';
import { fs, path } from './builtins.ts';
import type { DaemonContext } from './daemon-context.ts';
import { factsOfOpen } from './file-info.ts';
import { parseFileMode } from './file-mode.ts';
import { JailEscape, makeDirectory, openForWriting } from './file-write.ts';
import { bindJson } from './go-bind.ts';
import type { Shape } from './go-bind.ts';
import { errorCode, goPathError } from './go-errors.ts';
import { resolveInJail } from './jail.ts';
import { boundaryOf } from './multipart.ts';
import { receiveForm } from './receive-form.ts';
import type { Reply } from './reply.ts';
import { failure, json } from './reply.ts';
import { readBody } from './request-body.ts';
import type { Spool } from './spool.ts';
import { openSpool } from './spool.ts';

const REQUEST = {
  name: 'UploadFileRequest',
  fields: {
    path: { kind: 'string', required: true },
    content: { kind: 'string', required: true },
    mode: { kind: 'string' },
  },
} as const satisfies Shape;

/** What the two forms answer differently when the disk refuses. */
interface Words {
  readonly open: (target: string, error: unknown) => string;
  readonly write: (target: string, error: unknown) => string;
}
const JSON_WORDS: Words = {
  open: (target, error) => `Failed to write file: ${goPathError('open', target, error)}`,
  write: (target, error) => `Failed to write file: ${goPathError('write', target, error)}`,
};
const MULTIPART_WORDS: Words = {
  open: () => 'Failed to create destination file',
  write: () => 'Failed to save file content',
};

interface Wanted {
  readonly target: string;
  readonly mode: number;
  readonly fill: (fd: number) => void;
  readonly words: Words;
}

const refusal = (error: unknown, otherwise: string): Reply =>
  error instanceof JailEscape ? failure(400, error.message) : failure(500, otherwise);

function writeAll(fd: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length;) at += fs.writeSync(fd, bytes, at);
}

function fillAndDescribe(context: DaemonContext, wanted: Wanted, fd: number): Reply {
  try {
    wanted.fill(fd);
  } catch (error) {
    return failure(500, wanted.words.write(wanted.target, error));
  }
  const { size, mode, modified } = factsOfOpen(fd);
  return json(200, { path: path.relative(context.workspace, wanted.target) || '.', size, mode, modified });
}

/** Makes the parents, opens, fills and describes the file. */
function writeFile(context: DaemonContext, wanted: Wanted): Reply {
  const directory = path.dirname(wanted.target);
  try {
    makeDirectory(context.workspace, directory);
  } catch (error) {
    const reason = errorCode(error) === 'EEXIST' ? { code: 'ENOTDIR' } : error;
    return refusal(error, `Failed to create directory: ${goPathError('mkdir', directory, reason)}`);
  }
  let fd: number;
  try {
    fd = openForWriting(context.workspace, wanted.target, wanted.mode);
  } catch (error) {
    return refusal(error, wanted.words.open(wanted.target, error));
  }
  try {
    return fillAndDescribe(context, wanted, fd);
  } finally {
    fs.closeSync(fd);
  }
}

function uploadJson(context: DaemonContext, body: Buffer): Reply {
  const bound = bindJson(REQUEST, body);
  if (!bound.ok) return failure(400, bound.error);
  const { path: requested = '', content = '', mode } = bound.value;
  const jailed = resolveInJail(context.workspace, requested);
  if (!jailed.ok) return failure(400, jailed.error);
  const decoded = decodeBase64(content);
  if (!decoded.ok) return failure(400, `Invalid base64 content: ${decoded.error}`);
  const fill = (fd: number): void => {
    writeAll(fd, decoded.bytes);
  };
  return writeFile(context, { target: jailed.path, mode: parseFileMode(mode), fill, words: JSON_WORDS });
}

async function uploadForm(context: DaemonContext, request: IncomingMessage, spool: Spool): Promise<Reply> {
  const boundary = boundaryOf(request.headers['content-type'] ?? '');
  // A form that cannot be parsed has no fields: PicoD reports the first one it misses.
  const form = boundary === undefined ? undefined : await receiveForm(request, boundary, spool);
  if (form?.path === undefined || form.path === '') return failure(400, "Missing 'path' field");
  if (!form.hasFile) return failure(400, 'Failed to get file: http: no such file');
  const jailed = resolveInJail(context.workspace, form.path);
  if (!jailed.ok) return failure(400, jailed.error);
  const fill = (fd: number): void => {
    spool.copyTo(fd);
  };
  return writeFile(context, {
    target: jailed.path,
    mode: parseFileMode(form.mode),
    fill,
    words: MULTIPART_WORDS,
  });
}

/** Handles POST /api/files. Throws BodyTooLarge, or the socket's error when the client breaks off. */
export async function uploadFile(context: DaemonContext, request: IncomingMessage): Promise<Reply> {
  const isForm = (request.headers['content-type'] ?? '')
    .trimStart()
    .toLowerCase()
    .startsWith('multipart/form-data');
  if (!isForm) return uploadJson(context, await readBody(request));
  let spool: Spool;
  try {
    spool = openSpool();
  } catch {
    return failure(500, 'Failed to open uploaded file');
  }
  try {
    return await uploadForm(context, request, spool);
  } finally {
    spool.close();
  }
}
