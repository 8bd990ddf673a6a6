// One request on its way through a sandbox and back. Bodies flow both ways under back-pressure and are never collected; the answer
// is written on as it comes. S3: exactly one answer, the sandbox's or a typed error, until the first byte went to the client;
// after that a broken sandbox breaks the client's connection, so that nobody takes a half answer for a whole one.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { nextTick } from 'node:process';
import { answerFailure, type Beside } from './answer.ts';
import { connectTimeout, failed, failureOf, type Failure } from './core/failures.ts';
import { sessionHeader, type RequestHead } from './core/headers.ts';
import type { ResponseHead } from './core/response-head.ts';
import type { Occupant, UpstreamConnection } from './upstream/connection.ts';
import type { Connected, UpstreamPool } from './upstream/pool.ts';

/** May be sent twice when nothing shows that it arrived (RFC 9110 9.2.2). */
const idempotent: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);

/** Whoever forwards is told what went wrong on the way to the sandbox. */
export interface Trouble {
  /** No connection was made, and nothing was read of the request. True: it is seen to from now on by whoever was told. */
  unreachable(): boolean;
  /** The connection broke that a request was on. */
  lost(): void;
}

/** Up to this size a body is copied into the same write as its head (bytes): cheaper than two. */
const joinedBytes = 4_096;

export class Exchange implements Occupant {
  readonly #req: IncomingMessage;
  readonly #res: ServerResponse;
  readonly #pool: UpstreamPool;
  readonly #head: RequestHead;
  readonly #beside: Beside & { readonly sessionId: string };
  readonly #trouble: Trouble;
  #connection: UpstreamConnection | undefined;
  #stopConnecting: (() => void) | undefined;
  #answer: ResponseHead | undefined;
  #first: Buffer | undefined;
  #trailers: readonly string[] | undefined;
  /** Whether the request's body was sent to its end, or there is none. */
  #sent: boolean;
  #reading = false;
  #retried = false;
  #over = false;

  constructor(
    req: IncomingMessage,
    res: ServerResponse,
    pool: UpstreamPool,
    head: RequestHead,
    beside: Beside & { readonly sessionId: string },
    trouble: Trouble,
  ) {
    this.#req = req;
    this.#res = res;
    this.#pool = pool;
    this.#head = head;
    this.#beside = beside;
    this.#trouble = trouble;
    this.#sent = head.body === 'none';
  }

  start(): void {
    const idle = this.#pool.takeIdle();
    if (idle) this.#begin(idle);
    else this.#connect();
  }

  /** The client is gone, or has its answer. */
  abandon(): void {
    if (this.#over) return;
    this.#over = true;
    this.#stopConnecting?.();
    this.#connection?.destroy();
    this.#stopReading();
  }

  onHead(head: ResponseHead): void {
    this.#answer = head;
  }

  onData(chunk: Buffer): void {
    if (this.#res.headersSent) this.#write(chunk);
    else if (this.#first === undefined) this.#first = chunk;
    else {
      this.#startAnswer();
      this.#write(chunk);
    }
  }

  onEnd(trailers: readonly string[]): void {
    this.#trailers = trailers;
  }

  onFlush(): void {
    if (this.#over || !this.#answer) return;
    if (this.#trailers) this.#finish(this.#trailers);
    else if (!this.#res.headersSent) this.#startAnswer();
  }

  onDrain(): void {
    if (this.#reading) this.#req.resume();
  }

  onLost(reason: string, answered: boolean): void {
    const connection = this.#connection;
    this.#connection = undefined;
    if (this.#over) return;
    const stale = connection !== undefined && connection.uses > 1 && !answered;
    if (stale && !this.#retried && this.#head.body === 'none' && idempotent.has(this.#req.method ?? '')) {
      this.#retried = true;
      return this.#connect();
    }
    this.#trouble.lost();
    this.#fail(failureOf(failed('SANDBOX_CONNECTION_LOST', { reason, ...this.#whose() }), false));
  }

  #connect(): void {
    this.#stopConnecting = this.#pool.connect((connected) => this.#connected(connected));
  }

  #connected(outcome: Connected): void {
    this.#stopConnecting = undefined;
    if (outcome.kind === 'connected') return this.#begin(outcome.connection);
    if (outcome.kind === 'timeout') return this.#fail(connectTimeout());
    this.#over = this.#trouble.unreachable();
    if (this.#over) return;
    this.#fail(failureOf(failed('SANDBOX_UNREACHABLE', { reason: outcome.reason, ...this.#whose() }), false));
  }

  #begin(connection: UpstreamConnection): void {
    this.#connection = connection;
    if (this.#sent) return connection.begin(this.#req.method ?? 'GET', this.#head.text, this);
    // The body that came with the head is read in this turn; both leave in one write after it.
    connection.cork();
    connection.begin(this.#req.method ?? 'GET', this.#head.text, this);
    this.#read();
    nextTick(() => connection.uncork());
  }

  #read(): void {
    if (this.#head.expectsContinue) this.#res.writeContinue();
    this.#reading = true;
    this.#req.on('data', this.#onBody).on('end', this.#onBodyEnd);
  }

  readonly #onBody = (chunk: Buffer): void => {
    const connection = this.#connection;
    if (!connection) return;
    if (this.#head.body === 'length') {
      if (!connection.write(chunk)) this.#req.pause();
      return;
    }
    connection.cork();
    connection.write(`${chunk.length.toString(16)}\r\n`);
    connection.write(chunk);
    if (!connection.write('\r\n')) this.#req.pause();
    connection.uncork();
  };

  readonly #onBodyEnd = (): void => {
    this.#sent = true;
    if (this.#head.body === 'chunked') this.#connection?.write('0\r\n\r\n');
    this.#stopReading();
  };

  #stopReading(): void {
    if (!this.#reading) return;
    this.#reading = false;
    this.#req.off('data', this.#onBody).off('end', this.#onBodyEnd);
    // Whatever still comes is let go, so that the client can finish and read its answer.
    if (!this.#sent) this.#req.resume();
  }

  #writeHead(): void {
    const { status, message, fields } = this.#answer as ResponseHead;
    fields.push(sessionHeader, this.#beside.sessionId);
    if (this.#beside.serverTiming !== undefined) fields.push('Server-Timing', this.#beside.serverTiming);
    this.#res.writeHead(status, message, fields);
  }

  /** The first part of an answer whose rest is still to come. */
  #startAnswer(): void {
    this.#writeHead();
    const first = this.#first;
    this.#first = undefined;
    if (first) this.#write(first);
    else this.#res.flushHeaders();
  }

  #write(chunk: Buffer): void {
    if (this.#res.write(chunk)) return;
    this.#connection?.pause();
    this.#res.once('drain', this.#onClientDrain);
  }

  readonly #onClientDrain = (): void => this.#connection?.resume();

  #finish(trailers: readonly string[]): void {
    const { framing, fields } = this.#answer as ResponseHead;
    const body = this.#first;
    this.#first = undefined;
    if (!this.#res.headersSent) {
      // All of it is here, so its length is known and it needs no chunks.
      if (framing === 'chunked' && trailers.length === 0) {
        fields.push('Content-Length', String(body?.length ?? 0));
      }
      this.#writeHead();
    }
    this.#detach();
    if (trailers.length > 0) this.#res.addTrailers(pairs(trailers));
    this.#end(body);
  }

  #end(body: Buffer | undefined): void {
    if (!body) this.#res.end();
    else if (body.length <= joinedBytes) this.#res.end(body.toString('latin1'), 'latin1');
    else this.#res.end(body);
  }

  /** The sandbox's side is over: its connection goes back, or closes when the body was not all sent. */
  #detach(): void {
    const connection = this.#connection;
    this.#over = true;
    this.#connection = undefined;
    if (connection && this.#sent) this.#pool.giveBack(connection);
    else connection?.destroy();
    this.#stopReading();
  }

  #whose(): { sessionId: string } {
    return { sessionId: this.#beside.sessionId };
  }

  #fail(failure: Failure): void {
    this.#over = true;
    this.#stopReading();
    if (this.#res.headersSent) this.#res.destroy();
    else answerFailure(this.#res, failure, this.#beside);
  }
}

function pairs(flat: readonly string[]): [string, string][] {
  const list: [string, string][] = [];
  for (let i = 0; i < flat.length; i += 2) list.push([flat[i] as string, flat[i + 1] as string]);
  return list;
}
