// From the bytes of one sandbox connection to heads, body pieces and ends (RFC 9112). Keeps at most one unfinished head or line.
// Does not own the socket, nor what a head means (core/response-head.ts). Bytes that nobody asked for break the connection.
import { parseResponseHead, type ResponseHead } from '../core/response-head.ts';

export interface ResponseSink {
  /** A final head; heads of 1xx are left out. */
  onHead(head: ResponseHead): void;
  onData(chunk: Buffer): void;
  /** Trailers: name, value, name, value. */
  onEnd(trailers: readonly string[]): void;
}

/** `broken`: what came is no HTTP response; nothing more can be read from this connection. */
export type Reading = 'more' | 'done' | { readonly broken: string };

type State = 'idle' | 'head' | 'length' | 'close' | 'size' | 'chunk' | 'chunk-end' | 'trailers';

const maxHeadBytes = 65_536;
const maxLineBytes = 8_192;
const headEnd = Buffer.from('\r\n\r\n');
const chunkSize = /^([0-9a-f]{1,12})[ \t]*(?:;.*)?$/i;

export class ResponseReader {
  #state: State = 'idle';
  #method = 'GET';
  #sink: ResponseSink | undefined;
  #left = 0;
  #kept: Buffer | undefined;
  #trailers: string[] = [];
  /** Whether a byte of the answer has come. */
  answered = false;
  /** The head of the response under way, or of the last one. */
  head: ResponseHead | undefined;

  /** The next response will answer a request of this method. */
  begin(method: string, sink: ResponseSink): void {
    this.#state = 'head';
    this.#method = method;
    this.#sink = sink;
    this.#trailers = [];
    this.answered = false;
    this.head = undefined;
  }

  push(chunk: Buffer): Reading {
    this.answered = true;
    let rest = this.#kept ? Buffer.concat([this.#kept, chunk]) : chunk;
    this.#kept = undefined;
    while (rest.length > 0) {
      if (this.#state === 'idle') return { broken: 'bytes after the end of the response' };
      const next = this.#step(rest);
      if (next === undefined) return 'more';
      if ('broken' in next) return this.#break(next);
      rest = next;
    }
    return this.#state === 'idle' ? 'done' : 'more';
  }

  /** The connection closed: the end of a response that ends so, and of no other. */
  eof(): Reading {
    if (this.#state !== 'close') return this.#break({ broken: 'the connection closed early' });
    this.#finish();
    return 'done';
  }

  /** Nothing that comes after is read as part of anything. */
  #break(reading: { readonly broken: string }): Reading {
    this.#state = 'idle';
    this.#sink = undefined;
    this.#kept = undefined;
    return reading;
  }

  /** What is left after one more piece was read; undefined when the rest is kept until more comes. */
  #step(rest: Buffer): Buffer | { broken: string } | undefined {
    const state = this.#state;
    if (state === 'head') return this.#readHead(rest);
    if (state === 'length' || state === 'chunk') return this.#readBody(rest);
    if (state !== 'close') return this.#readLine(rest);
    this.#sink?.onData(rest);
    return rest.subarray(rest.length);
  }

  #keep(rest: Buffer, limit: number): { broken: string } | undefined {
    if (rest.length > limit) return { broken: 'a line or head is too long' };
    this.#kept = rest;
    return undefined;
  }

  #readHead(rest: Buffer): Buffer | { broken: string } | undefined {
    const end = rest.indexOf(headEnd);
    if (end < 0) return this.#keep(rest, maxHeadBytes);
    const head = parseResponseHead(rest.toString('latin1', 0, end), this.#method);
    if ('problem' in head) return { broken: head.problem };
    const after = rest.subarray(end + headEnd.length);
    if (head.status === 101) return { broken: 'an upgrade that was not asked for' };
    if (head.status < 200) return after;
    this.head = head;
    this.#sink?.onHead(head);
    this.#left = head.length;
    if (head.framing === 'none') this.#finish();
    else this.#state = head.framing === 'chunked' ? 'size' : head.framing;
    return after;
  }

  #readBody(rest: Buffer): Buffer {
    const taken = rest.length <= this.#left ? rest : rest.subarray(0, this.#left);
    this.#left -= taken.length;
    this.#sink?.onData(taken);
    if (this.#left === 0) {
      if (this.#state === 'chunk') this.#state = 'chunk-end';
      else this.#finish();
    }
    return rest.subarray(taken.length);
  }

  #readLine(rest: Buffer): Buffer | { broken: string } | undefined {
    const end = rest.indexOf(10);
    if (end < 0) return this.#keep(rest, maxLineBytes);
    if (end > maxLineBytes || rest[end - 1] !== 13) return { broken: 'bad line in a chunked body' };
    const problem = this.#line(rest.toString('latin1', 0, end - 1));
    return problem === undefined ? rest.subarray(end + 1) : { broken: problem };
  }

  #line(line: string): string | undefined {
    if (this.#state === 'trailers') return this.#trailer(line);
    if (this.#state === 'chunk-end') {
      this.#state = 'size';
      return line === '' ? undefined : 'a chunk is longer than it says';
    }
    const size = chunkSize.exec(line)?.[1];
    if (size === undefined) return 'bad chunk size';
    this.#left = parseInt(size, 16);
    this.#state = this.#left === 0 ? 'trailers' : 'chunk';
    return undefined;
  }

  #trailer(line: string): string | undefined {
    if (line === '') {
      this.#finish();
      return undefined;
    }
    const match = /^([!#$%&'*+\-.^_`|~\w]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)$/.exec(line);
    if (!match || this.#trailers.length > 200) return 'bad trailer';
    this.#trailers.push(match[1] as string, (match[2] as string).trim());
    return undefined;
  }

  #finish(): void {
    this.#state = 'idle';
    const sink = this.#sink;
    this.#sink = undefined;
    sink?.onEnd(this.#trailers);
  }
}
