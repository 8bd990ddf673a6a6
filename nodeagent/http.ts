// The node agent's routes (core/protocol.ts). Owns reading orders and writing answers. Nothing is done for a caller without a good token.
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Cancel, Clock } from '../model/clock.ts';
import type { Callers } from './callers.ts';
import type { Node, Outcome } from './node.ts';
import { ordersIn } from './orders-in.ts';
import type { NodeEvent, Refusal, RefusalCode } from './core/protocol.ts';

export interface RoutesOptions {
  readonly callers: Callers;
  readonly node: Node;
  readonly onEvent: (listener: (event: NodeEvent) => void) => Cancel;
  readonly clock: Clock;
  readonly log: (message: string, fields: Readonly<Record<string, unknown>>) => void;
}

const statuses: Readonly<Record<RefusalCode, number>> = {
  POD_NOT_FOUND: 404,
  OTHER_SESSION: 409,
  NEWER_ORDER: 409,
  CANNOT_SLEEP: 409,
  NOT_READY: 503,
  INVALID_REQUEST: 400,
  UNAUTHENTICATED: 401,
  INTERNAL: 500,
};

/** A session's mark is far smaller. */
const longestBody = 256 * 1024;
/** A listener takes a connection that is silent for longer than thirty seconds for dead (ms). */
const heartbeatMs = 10_000;

/** What ends a request with a refusal. */
class Refusing extends Error {
  readonly code: RefusalCode;

  constructor(code: RefusalCode, reason: string) {
    super(reason);
    this.code = code;
  }
}

function answer(response: ServerResponse, status: number, body: object): void {
  if (response.headersSent) return void response.destroy();
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(text),
  });
  response.end(text);
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > longestBody) throw new Refusing('INVALID_REQUEST', 'the order is too long');
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

/** What is wrong with the body is the caller's fault. */
function parsed<T>(parse: (body: string) => T, body: string): T {
  try {
    return parse(body);
  } catch (fault) {
    throw new Refusing('INVALID_REQUEST', (fault as Error).message);
  }
}

const podPath = /^\/v1\/pods\/([0-9A-Za-z-]{1,64})\/(resume|pause|session)$/;

class Routes {
  readonly #options: RoutesOptions;

  constructor(options: RoutesOptions) {
    this.#options = options;
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await this.#authenticate(request);
      await this.#route(request, response);
    } catch (fault) {
      if (!(fault instanceof Refusing)) this.#options.log('an order failed', { path: request.url, fault });
      const { code, message: reason } =
        fault instanceof Refusing
          ? fault
          : new Refusing('INTERNAL', 'a fault of the node agent; its log tells more');
      answer(response, statuses[code], { code, reason } satisfies Refusal);
    }
  }

  async #authenticate({ headers }: IncomingMessage): Promise<void> {
    const caller = await this.#options.callers.check(headers.authorization);
    if (caller === 'no-key')
      throw new Refusing('NOT_READY', 'the node agent has not been given the platform’s public key yet');
    if (caller === 'unknown') throw new Refusing('UNAUTHENTICATED', 'a token for node agents is needed');
  }

  async #route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '' } = request;
    const [, pod, what] = podPath.exec(url) ?? [];
    if (pod !== undefined) return this.#order(pod, `${method} ${what}`, request, response);
    if (method === 'GET' && url === '/v1/pods')
      return answer(response, 200, { pods: await this.#options.node.list() });
    if (method === 'GET' && url === '/v1/events') return this.#stream(response);
    answer(response, 404, { code: 'INVALID_REQUEST', reason: 'no such route' } satisfies Refusal);
  }

  async #order(
    pod: string,
    order: string,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const { node } = this.#options;
    const body = await bodyOf(request);
    const done = (outcome: Outcome, success: object): void => {
      if (outcome) throw new Refusing(outcome.refuse, outcome.reason);
      answer(response, 200, success);
    };
    if (order === 'POST resume')
      done(await node.resume(pod, parsed(ordersIn.resume, body)), { state: 'running' });
    else if (order === 'POST pause')
      done(await node.pause(pod, parsed(ordersIn.pause, body)), { state: 'paused' });
    else if (order === 'PUT session') done(await node.mark(pod, parsed(ordersIn.mark, body)), {});
    else throw new Refusing('INVALID_REQUEST', 'not that method');
  }

  #stream(response: ServerResponse): void {
    const { clock, onEvent } = this.#options;
    response.writeHead(200, { 'Content-Type': 'application/x-ndjson' });
    // Tells the listener that it is heard.
    response.write('\n');
    const stop = [
      onEvent((event) => void response.write(`${JSON.stringify(event)}\n`)),
      clock.every(heartbeatMs, () => void response.write('\n')),
    ];
    response.once('close', () => {
      for (const one of stop) one();
    });
  }
}

/** Answers everything but the health routes. */
export function createRoutes(options: RoutesOptions): RequestListener {
  const routes = new Routes(options);
  return (request, response) => void routes.handle(request, response);
}
