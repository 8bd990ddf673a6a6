// Owns: carrying one request with Node's `http`: a time for connecting of its own, none that Node sets, and whether anything was sent.
// Does not own: what is sent and what its answer means (client.ts). Node's `fetch` can tell none of this, and ends quiet streams
// after five minutes. Idle connections are closed before servers close theirs, so that none is used while it is being closed.
import type { Agent, ClientRequest, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { builtin } from '../environment.ts';
import type { TlsOptions } from '../options.ts';
import type { Body, Carrier, Exchange, Exchanged } from './exchange.ts';
import { answerTimeout, connectTimeout, idleTimeout, lost, unreachable } from './faults.ts';
import { tlsSettings } from './tls.ts';

/** Node's own servers close idle connections after five seconds. */
const keepIdleMs = 4_000;

type Timer = ReturnType<typeof setTimeout>;

/** One request on its way. */
class Carried {
  readonly #exchange: Exchange;
  readonly #request: ClientRequest;
  readonly #resolve: (exchanged: Exchanged) => void;
  readonly #reject: (fault: unknown) => void;
  #timer: Timer | undefined;
  #stands = false;
  #answered = false;
  /** Why we broke the connection ourselves. */
  #why: unknown;

  constructor(
    exchange: Exchange,
    request: ClientRequest,
    resolve: (exchanged: Exchanged) => void,
    reject: (fault: unknown) => void,
  ) {
    this.#exchange = exchange;
    this.#request = request;
    this.#resolve = resolve;
    this.#reject = reject;
    request.once('socket', (socket) => this.#onSocket(socket));
    request.once('response', (response) => this.#onResponse(response));
    request.on('error', (fault) => this.#fail(fault));
    request.once('close', () => this.#fail(undefined));
    exchange.signal?.addEventListener('abort', this.#onAbort);
  }

  readonly #onAbort = (): void => this.#break(this.#exchange.signal?.reason);

  #break(why: unknown): void {
    this.#why ??= why;
    this.#request.destroy();
    this.#fail(why);
  }

  #arm(afterMs: number, fault: (asked: Exchange, afterMs: number) => Error): void {
    clearTimeout(this.#timer);
    if (afterMs <= 0) return;
    this.#timer = setTimeout(() => this.#break(fault(this.#exchange, afterMs)), afterMs);
  }

  #onSocket(socket: Socket): void {
    if (this.#request.reusedSocket) return this.#onStanding();
    this.#arm(this.#exchange.connectTimeoutMs, connectTimeout);
    const secure = this.#exchange.url.startsWith('https:');
    socket.once(secure ? 'secureConnect' : 'connect', () => this.#onStanding());
  }

  #onStanding(): void {
    this.#stands = true;
    this.#waitForAnswer();
    this.#send().catch((fault: unknown) => this.#break(fault));
  }

  #waitForAnswer(): void {
    if (!this.#answered) this.#arm(this.#exchange.answerTimeoutMs, answerTimeout);
  }

  async #send(): Promise<void> {
    const { body } = this.#exchange;
    if (body?.kind !== 'source') return void this.#request.end(body?.bytes);
    for await (const piece of body.source) {
      if (this.#answered || this.#request.destroyed) return;
      const more = this.#request.write(piece);
      if (!more) await this.#drained();
      this.#waitForAnswer();
    }
    this.#request.end();
  }

  #drained(): Promise<void> {
    return new Promise((resolve) => {
      this.#request.once('drain', resolve);
      this.#request.once('close', resolve);
    });
  }

  #onResponse(response: IncomingMessage): void {
    this.#answered = true;
    clearTimeout(this.#timer);
    const headers = new Headers();
    for (let at = 0; at + 1 < response.rawHeaders.length; at += 2) {
      headers.append(response.rawHeaders[at] ?? '', response.rawHeaders[at + 1] ?? '');
    }
    this.#resolve({ status: response.statusCode ?? 0, headers, body: this.#bodyOf(response) });
  }

  #bodyOf(response: IncomingMessage): ReadableStream<Uint8Array> {
    const pieces = response[Symbol.asyncIterator]() as AsyncIterator<Buffer, undefined>;
    const { idleTimeoutMs } = this.#exchange;
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          this.#arm(idleTimeoutMs, idleTimeout);
          try {
            const { done, value } = await pieces.next();
            if (done === true) this.#finish();
            if (done === true) return controller.close();
            controller.enqueue(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
          } catch (fault) {
            this.#finish();
            controller.error(this.#why ?? lost(this.#exchange, fault));
          } finally {
            clearTimeout(this.#timer);
          }
        },
        cancel: () => {
          this.#finish();
          response.destroy();
        },
      },
      { highWaterMark: 0 },
    );
  }

  /** Nothing is waited for any more. An answer that came before all was sent leaves a connection of no use. */
  #finish(): void {
    clearTimeout(this.#timer);
    this.#exchange.signal?.removeEventListener('abort', this.#onAbort);
    if (!this.#request.writableFinished) this.#request.destroy();
  }

  #fail(fault: unknown): void {
    if (this.#answered) return;
    this.#finish();
    const asked = this.#exchange;
    this.#reject(this.#why ?? (this.#stands ? lost(asked, fault) : unreachable(asked, fault)));
  }
}

function lengthHeader(body: Body | undefined): Record<string, string> {
  const length = body?.kind === 'bytes' ? body.bytes.byteLength : body?.length;
  return length === undefined ? {} : { 'content-length': String(length) };
}

let shared: Carrier | undefined;

/** A carrier; undefined where there is no Node. Clients without certificates of their own share connections. */
export function nodeCarrier(tls: TlsOptions | undefined): Carrier | undefined {
  if (tls !== undefined) return newCarrier(tls);
  shared ??= newCarrier(undefined);
  return shared;
}

function newCarrier(tls: TlsOptions | undefined): Carrier | undefined {
  const http = builtin('node:http');
  const https = builtin('node:https');
  if (http === undefined || https === undefined) return undefined;
  const settings = { keepAlive: true, timeout: keepIdleMs };
  const agents: Record<string, Agent> = {
    'http:': new http.Agent(settings),
    'https:': new https.Agent({ ...settings, ...tlsSettings(tls) }),
  };
  return (exchange) =>
    new Promise((resolve, reject) => {
      const { method, url, headers, body, signal } = exchange;
      signal?.throwIfAborted();
      const { protocol } = new URL(url);
      const request = (protocol === 'https:' ? https : http).request(url, {
        method,
        headers: { ...headers, ...lengthHeader(body) },
        agent: agents[protocol],
      });
      new Carried(exchange, request, resolve, reject);
    });
}
