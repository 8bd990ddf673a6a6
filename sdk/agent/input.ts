// Owns: a handler's input: the body as the route wants it, or the query where a method has no body. What does not fit is a
// typed error: 413 before too much was read, 415 for a type that the route does not take, 400 for what cannot be read.
import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import type { BodyKind, InputSchema } from './definition.ts';
import { AgentError, agentError } from './errors.ts';

/** What a route says of its input. */
export interface InputRules {
  readonly body: BodyKind;
  readonly maxBodyBytes: number;
  readonly schema: InputSchema<unknown> | undefined;
}

const tooLarge = (limit: number): AgentError =>
  // The rest of the body is not read, so nothing can follow it on this connection.
  agentError('BODY_TOO_LARGE', `the body is longer than ${limit} bytes`, {
    headers: { connection: 'close' },
  });

/** All bytes of the body. */
export async function readBytes(request: IncomingMessage, limit: number): Promise<Uint8Array> {
  if (Number(request.headers['content-length'] ?? 0) > limit) throw tooLarge(limit);
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > limit) throw tooLarge(limit);
    chunks.push(chunk);
  }
  return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
}

/** The media type without its parameters, in lower case. */
const mediaType = (request: IncomingMessage): string =>
  (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';

/** What curl says when nobody tells it what it sends. */
const ofNobody = new Set(['', 'application/x-www-form-urlencoded']);

const takes: Readonly<Record<BodyKind, (type: string) => boolean>> = {
  json: (type) => ofNobody.has(type) || /^[\w.-]+\/([\w.+-]+\+)?json$/.test(type),
  text: (type) => ofNobody.has(type) || type.startsWith('text/') || /[/+](json|xml|yaml)$/.test(type),
  bytes: () => true,
  stream: () => true,
};

function checkType(request: IncomingMessage, kind: BodyKind): void {
  const encoding = request.headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity' && kind !== 'stream')
    throw agentError('UNSUPPORTED_MEDIA_TYPE', `send the body without Content-Encoding: ${encoding}`);
  const type = mediaType(request);
  if (!takes[kind](type))
    throw agentError(
      'UNSUPPORTED_MEDIA_TYPE',
      `the body is to be ${kind === 'json' ? 'JSON' : kind}, not ${type}`,
    );
}

function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw agentError('BAD_INPUT', 'the body is not UTF-8');
  }
}

function parseJson(bytes: Uint8Array): unknown {
  if (bytes.byteLength === 0) return undefined;
  try {
    return JSON.parse(decodeText(bytes)) as unknown;
  } catch (fault) {
    if (fault instanceof AgentError) throw fault;
    throw agentError('BAD_INPUT', `the body is not JSON: ${(fault as Error).message}`);
  }
}

async function readBody(request: IncomingMessage, { body, maxBodyBytes }: InputRules): Promise<unknown> {
  checkType(request, body);
  if (body === 'stream') return Readable.toWeb(request);
  const bytes = await readBytes(request, maxBodyBytes);
  if (body === 'bytes') return bytes;
  return body === 'text' ? decodeText(bytes) : parseJson(bytes);
}

/** One value for each name; of a name that comes twice, all values. */
function queryInput(query: URLSearchParams): Record<string, string | string[]> {
  const names = [...new Set(query.keys())];
  return Object.fromEntries(
    names.map((name) => {
      const values = query.getAll(name);
      return [name, values.length === 1 ? (values[0] as string) : values];
    }),
  );
}

const bodiless: ReadonlySet<string> = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS']);

function checked(input: unknown, schema: InputSchema<unknown> | undefined): unknown {
  if (!schema) return input;
  try {
    return schema.parse(input);
  } catch (fault) {
    const problems = (fault as { issues?: unknown }).issues;
    const message = `the input is not what this route takes${problems ? '' : `: ${(fault as Error).message}`}`;
    throw agentError('BAD_INPUT', message, {
      cause: fault,
      ...(problems !== undefined && { details: { problems } }),
    });
  }
}

/** The input of a request: its body, or its query where the method has no body. */
export async function readInput(
  request: IncomingMessage,
  query: URLSearchParams,
  rules: InputRules,
): Promise<unknown> {
  const raw = bodiless.has(request.method ?? 'GET') ? queryInput(query) : await readBody(request, rules);
  return checked(raw, rules.schema);
}
