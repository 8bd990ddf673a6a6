// Owns: what a handler returned, as bytes to its caller. A stream that breaks in the middle never looks whole: server-sent
// events end with an `error` event, anything else with a broken connection.
import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { asTold, errorBody, type AgentError } from './errors.ts';
import { sseText, isServerSentEvent } from './sse.ts';

/** How a caller wants its answer. */
export interface AnswerTo {
  readonly response: ServerResponse;
  readonly acceptsEvents: boolean;
  /** Aborted when the caller left. */
  readonly signal: AbortSignal;
  /** Told of what a stream threw once its answer had begun. */
  readonly onFault: (fault: unknown) => void;
}

const JSON_TYPE = 'application/json; charset=utf-8';
const TEXT_TYPE = 'text/plain; charset=utf-8';
const BYTES_TYPE = 'application/octet-stream';

const isIterable = (value: unknown): value is AsyncIterable<unknown> =>
  typeof (value as AsyncIterable<unknown> | undefined)?.[Symbol.asyncIterator] === 'function';

/** A whole answer in one write. */
export function answerBytes(
  response: ServerResponse,
  status: number,
  type: string,
  body: string | Uint8Array,
): void {
  const length = typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength;
  response.writeHead(status, { 'content-type': type, 'content-length': length }).end(body);
}

/** The error as JSON. Breaks the connection when an answer has begun. */
export function answerError(response: ServerResponse, error: AgentError): void {
  if (response.headersSent) return void response.destroy();
  for (const [name, value] of Object.entries(error.headers)) response.setHeader(name, value);
  answerBytes(response, error.status, JSON_TYPE, JSON.stringify(errorBody(error)));
}

/** JSON of a value, or JSON null for what JSON has no word for. */
export const answerJson = (response: ServerResponse, status: number, value: unknown): void =>
  answerBytes(response, status, JSON_TYPE, JSON.stringify(value) ?? 'null');

async function answerResponse({ response, signal }: AnswerTo, answer: Response): Promise<void> {
  // Cookies are the one field that may come several times and is not a list.
  const { 'set-cookie': _, ...fields } = Object.fromEntries(answer.headers);
  const cookies = answer.headers.getSetCookie();
  if (answer.statusText !== '') response.statusMessage = answer.statusText;
  response.writeHead(answer.status, {
    ...fields,
    ...(cookies.length > 0 && { 'set-cookie': cookies }),
  });
  if (answer.body === null) return void response.end();
  await pipeline(Readable.fromWeb(answer.body), response, {
    signal,
  });
}

/** The value that begins a stream decides what the stream is. */
const typeOfFirst = (value: unknown): string => {
  if (typeof value === 'string') return TEXT_TYPE;
  return value instanceof Uint8Array ? BYTES_TYPE : 'application/x-ndjson';
};

const chunkOf = (value: unknown): string | Uint8Array => {
  const plain = isServerSentEvent(value) ? value.data : value;
  if (typeof plain === 'string' || plain instanceof Uint8Array) return plain;
  return `${JSON.stringify(plain) ?? 'null'}\n`;
};

class StreamedAnswer {
  readonly #to: AnswerTo;
  readonly #iterator: AsyncIterator<unknown>;

  constructor(to: AnswerTo, values: AsyncIterable<unknown>) {
    this.#to = to;
    this.#iterator = values[Symbol.asyncIterator]();
  }

  /** A fault before the first value is thrown, and so answered with a status of its own. */
  async write(): Promise<void> {
    const { response, acceptsEvents, signal, onFault } = this.#to;
    const first = await this.#next();
    if (signal.aborted) return;
    this.#begin(first.done ? undefined : first.value);
    try {
      for (let next = first; !next.done && !signal.aborted; next = await this.#next())
        await this.#send(next.value);
      response.end();
    } catch (fault) {
      if (signal.aborted) return;
      onFault(fault);
      if (acceptsEvents) response.end(`event: error\ndata: ${JSON.stringify(errorBody(asTold(fault)))}\n\n`);
      else response.destroy();
    } finally {
      // The generator learns that nobody listens; one that waits for something learns it by `context.signal`.
      if (signal.aborted) void this.#iterator.return?.()?.then(undefined, onFault);
    }
  }

  /** The next value; ends when the caller leaves, whatever the generator waits for. */
  #next(): Promise<IteratorResult<unknown>> {
    const { signal } = this.#to;
    if (signal.aborted) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve, reject) => {
      const left = (): void => resolve({ done: true, value: undefined });
      signal.addEventListener('abort', left, { once: true });
      this.#iterator
        .next()
        .then(resolve, reject)
        .finally(() => signal.removeEventListener('abort', left));
    });
  }

  #begin(first: unknown): void {
    const { response, acceptsEvents } = this.#to;
    response.writeHead(200, {
      'content-type': acceptsEvents ? 'text/event-stream; charset=utf-8' : typeOfFirst(first),
      'cache-control': 'no-store',
    });
    response.flushHeaders();
  }

  /** Waits while the caller reads slowly. */
  #send(value: unknown): Promise<void> {
    const { response, acceptsEvents, signal } = this.#to;
    if (response.write(acceptsEvents ? sseText(value) : chunkOf(value))) return Promise.resolve();
    return new Promise((resolve) => {
      const go = (): void => {
        response.off('drain', go);
        signal.removeEventListener('abort', go);
        resolve();
      };
      response.once('drain', go);
      signal.addEventListener('abort', go, { once: true });
    });
  }
}

/** Answers with what a handler returned. */
export async function answerValue(to: AnswerTo, value: unknown): Promise<void> {
  const { response } = to;
  if (value === undefined) return void response.writeHead(204).end();
  if (value instanceof Response) return answerResponse(to, value);
  if (typeof value === 'string') return answerBytes(response, 200, TEXT_TYPE, value);
  if (value instanceof Uint8Array) return answerBytes(response, 200, BYTES_TYPE, value);
  if (isIterable(value)) return new StreamedAnswer(to, value).write();
  answerJson(response, 200, value);
}
