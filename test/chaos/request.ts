// One request of a client, and how it ended. Never rejects: whatever happens is a result.
// Each has a connection of its own, so that a connection that breaks belongs to one request.
import http from 'node:http';
import { z } from 'zod';
import type { Result } from './history.ts';

export const sessionHeader = 'x-agentcube-session-id';
const deliveriesHeader = 'x-agentcube-deliveries';

export interface Asked {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly url: string;
  /** The session's id, where the client knows one. */
  readonly session?: string;
  /** How long the client waits for the whole answer (ms). */
  readonly patienceMs: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** What a good answer is: a sandbox's reading, no matter what with status 200, or that events were accepted. */
export type Wanted = 'reading' | 'nothing' | 'accepted';

export interface Got {
  readonly result: Result;
  /** The body, as JSON where it is JSON. */
  readonly body: unknown;
}

const readingSchema = z.object({
  label: z.string(),
  boot: z.string(),
  count: z.number(),
  strangers: z.array(z.string()),
});

const refusalSchema = z.object({
  code: z.string().optional(),
  retryable: z.boolean().optional(),
  sessionId: z.string().optional(),
});

const longestText = 300;

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const header = (response: http.IncomingMessage, name: string): string | undefined =>
  [response.headers[name]].flat()[0];

function refusalOf(response: http.IncomingMessage, text: string, told: string | undefined): Result {
  const body = refusalSchema.safeParse(parsed(text)).data ?? {};
  const retryAfter = header(response, 'retry-after');
  const sessionId = told ?? body.sessionId;
  return {
    kind: 'refusal',
    status: response.statusCode ?? 0,
    ...(body.code !== undefined && { code: body.code }),
    ...(body.retryable !== undefined && { retryable: body.retryable }),
    ...(retryAfter !== undefined && { retryAfter }),
    ...(sessionId !== undefined && { sessionId }),
    text: text.slice(0, longestText),
  };
}

function resultOf(response: http.IncomingMessage, text: string, wants: Wanted): Result {
  const sessionId = header(response, sessionHeader);
  if (wants === 'accepted' && response.statusCode === 202)
    return { kind: 'answer', status: 202, deliveries: Number(header(response, deliveriesHeader)) };
  const reading = readingSchema.safeParse(parsed(text)).data;
  const fine = response.statusCode === 200 && wants !== 'accepted' && (wants === 'nothing' || reading);
  if (!fine) return refusalOf(response, text, sessionId);
  const timing = header(response, 'server-timing');
  return {
    kind: 'answer',
    status: 200,
    ...(reading && { reading }),
    ...(sessionId !== undefined && { sessionId }),
    ...(timing !== undefined && { timing }),
  };
}

function headersOf({ session, headers, body = '' }: Asked): http.OutgoingHttpHeaders {
  const own = session === undefined ? {} : { [sessionHeader]: session };
  return { ...headers, ...own, 'content-length': Buffer.byteLength(body) };
}

/** Resolves with how it ended. */
export function ask(asked: Asked, wants: Wanted): Promise<Got> {
  const { method, url, patienceMs } = asked;
  return new Promise((resolve) => {
    let connected = false;
    let late = false;
    const request = http.request(url, { method, headers: headersOf(asked), agent: false });
    const timer = setTimeout(() => {
      late = true;
      request.destroy();
    }, patienceMs);
    const finish = (result: Result, body?: unknown): void => {
      clearTimeout(timer);
      resolve({ result: late ? { kind: 'late' } : result, body });
    };
    const lost = (fault: Error): void =>
      finish({ kind: connected ? 'broken' : 'unreachable', why: fault.message });
    request.on('socket', (socket) => socket.once('connect', () => (connected = true)));
    request.on('error', lost);
    request.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', lost);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        finish(resultOf(response, text, wants), parsed(text));
      });
    });
    request.end(asked.body);
  });
}
