// Owns: the way of a request through the agent: health, route, input, handler, answer. Does not listen, reads no environment and
// handles no signals (serve.ts): `agentcube/testing` runs the very same server.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { answerBytes, answerError, answerJson, answerValue, type AnswerTo } from './answer.ts';
import type { BusyMarks } from './busy.ts';
import type { AgentClock } from './clock.ts';
import { TurnContext, type TurnRequest } from './context.ts';
import type { AgentDefinition, EventRoute, Handler, SocketRoute } from './definition.ts';
import { agentError, asTold, type AgentError } from './errors.ts';
import { readEvent, writeReply } from './event.ts';
import { readBytes, readInput, type InputRules } from './input.ts';
import { Life, type LifeLimits } from './life.ts';
import { createLog, type LogOptions } from './log.ts';
import { sessionIdOf } from './session-id.ts';
import { agentSocket, loadHandshakes, type Handshakes } from './socket.ts';
import { routeTable, type KnownRoute } from './table.ts';
import { traceOf } from './trace.ts';

/** What surrounds an agent. */
export interface Surroundings {
  readonly clock: AgentClock;
  readonly marks: BusyMarks;
  readonly log: LogOptions;
  readonly limits: LifeLimits;
  readonly cpuMs: () => number;
}

const defaultMaxBodyBytes = 1024 * 1024;
const healthPaths: ReadonlySet<string> = new Set(['/health', '/health/ready', '/health/live']);
const goingAway = 1001;
const failed = 1011;

/** An answer may take as long as it takes, and a sandbox that slept must not close what was open before. */
const patience = { requestTimeout: 0, headersTimeout: 0, keepAliveTimeout: 0 };

interface Asked {
  readonly url: URL;
  readonly method: string;
  readonly request: IncomingMessage;
}

/** A turn that has begun. */
interface Turn {
  readonly context: TurnContext;
  /** The caller left. */
  leave(): void;
  end(): void;
}

export class AgentServer {
  readonly #definition: AgentDefinition;
  readonly #around: Surroundings;
  readonly #life: Life;
  readonly #match: ReturnType<typeof routeTable>;
  readonly #turns = new Set<AbortController>();
  readonly #sockets = new Set<{ close(code: number, reason: string): void }>();
  #handshakes: Promise<Handshakes> | undefined;
  #turn = 0;
  readonly http: Server;

  constructor(definition: AgentDefinition, around: Surroundings) {
    this.#definition = definition;
    this.#around = around;
    this.#match = routeTable(definition.routes);
    const log = createLog(around.log);
    this.#life = new Life({ ...around, hooks: definition, log });
    this.http = createServer(patience, (request, response) => void this.#answer(request, response));
    this.http.on(
      'upgrade',
      (request, socket: Duplex, head: Buffer) => void this.#upgrade(request, socket, head),
    );
  }

  /** Runs `onStart`; rejects with what it threw. */
  start(): Promise<void> {
    return this.#life.start();
  }

  /** Takes nothing new, finishes what is in hand, runs `onEnd`. */
  async stop(): Promise<void> {
    this.http.close();
    this.http.closeIdleConnections();
    for (const socket of this.#sockets) socket.close(goingAway, 'the agent stops');
    await this.#life.stop(() => {
      for (const turn of this.#turns) turn.abort(new Error('the agent stops'));
    });
    this.http.closeAllConnections();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const asked = askedOf(request);
      if (!this.#answerHealth(asked, response)) await this.#answerRoute(asked, response);
    } catch (fault) {
      this.#tell(fault, response);
    }
    // Whatever of a body nobody read is let go, so that the connection can be used again.
    if (!request.readableEnded) request.resume();
  }

  #tell(fault: unknown, response: ServerResponse): void {
    const error = asTold(fault);
    if (error.cause !== undefined && error.status >= 500)
      createLog(this.#around.log).error('the handler failed', { error: error.cause });
    if (response.destroyed) return;
    if (this.#life.isStopping) response.setHeader('connection', 'close');
    answerError(response, error);
  }

  #answerHealth({ url, method }: Asked, response: ServerResponse): boolean {
    const { pathname } = url;
    if (method !== 'GET' || !healthPaths.has(pathname)) return false;
    if (this.#match(method, pathname).kind === 'found') return false;
    const isUp = pathname === '/health/live' || (this.#life.isReady && !this.#life.isStopping);
    answerJson(response, isUp ? 200 : 503, {
      status: isUp ? 'ok' : this.#life.isStopping ? 'stopping' : 'starting',
    });
    return true;
  }

  #route({ url, method }: Asked): { readonly route: KnownRoute; readonly params: TurnRequest['params'] } {
    this.#mustServe();
    const match = this.#match(method, url.pathname);
    if (match.kind === 'none') throw agentError('NO_SUCH_ROUTE', `no such path: ${url.pathname}`);
    if (match.kind === 'found') return match;
    const allow = match.allowed.join(', ');
    throw agentError('METHOD_NOT_ALLOWED', `${url.pathname} takes ${allow}, not ${method}`, {
      headers: { allow },
    });
  }

  #mustServe(): void {
    const retry = { headers: { 'retry-after': '1' } };
    if (this.#life.isStopping) throw agentError('AGENT_STOPPING', 'the agent is stopping', retry);
    if (!this.#life.isReady) throw agentError('AGENT_STARTING', 'the agent is not ready yet', retry);
  }

  async #answerRoute(asked: Asked, response: ServerResponse): Promise<void> {
    const { route, params } = this.#route(asked);
    if (route.kind === 'socket') {
      const headers = { upgrade: 'websocket', connection: 'Upgrade' };
      throw agentError('UPGRADE_REQUIRED', 'this route is a WebSocket', { headers });
    }
    const done = await this.#life.begin();
    try {
      if (route.kind === 'events') await this.#answerEvent(route, asked, params, response);
      else
        await this.#answerHttp(
          route.handle as Handler,
          rulesOf(route, this.#definition),
          asked,
          params,
          response,
        );
    } finally {
      done();
    }
  }

  async #answerHttp(
    handle: Handler,
    rules: InputRules,
    asked: Asked,
    params: TurnRequest['params'],
    response: ServerResponse,
  ): Promise<void> {
    const input = await readInput(asked.request, asked.url.searchParams, rules);
    await this.#take(asked, params, response, async (context) => {
      const acceptsEvents = /\btext\/event-stream\b/.test(asked.request.headers.accept ?? '');
      const onFault = (fault: unknown): void => context.log.error('the stream failed', { error: fault });
      const to: AnswerTo = { response, acceptsEvents, signal: context.signal, onFault };
      await answerValue(to, await handle(input, context));
    });
  }

  async #answerEvent(
    { handle }: EventRoute,
    asked: Asked,
    params: TurnRequest['params'],
    response: ServerResponse,
  ): Promise<void> {
    const body = await readBytes(asked.request, this.#definition.maxBodyBytes ?? defaultMaxBodyBytes);
    const event = await readEvent(headersOf(asked.request), body);
    await this.#take(asked, params, response, async (context) => {
      const reply = await handle(event as never, context);
      if (!reply) return void response.writeHead(204).end();
      const written = await writeReply(reply, event, this.#definition.name ?? 'agent');
      answerBytes(response, 200, written.type, written.body);
    });
  }

  /** One turn; what it throws is logged with its session and trace, and answered. */
  async #take(
    asked: Asked,
    params: TurnRequest['params'],
    response: ServerResponse,
    work: (context: TurnContext) => Promise<void>,
  ): Promise<void> {
    const turn = this.#beginTurn(asked, params);
    response.once('close', () => turn.leave());
    try {
      await work(turn.context);
    } catch (fault) {
      if (response.destroyed) return;
      const error = told(fault, turn.context);
      answerError(response, error);
    } finally {
      turn.end();
    }
  }

  #beginTurn({ url, method, request }: Asked, params: TurnRequest['params']): Turn {
    const { clock, marks, log } = this.#around;
    const abort = new AbortController();
    this.#turns.add(abort);
    const headers = headersOf(request);
    const sessionId = sessionIdOf(request.headers);
    const trace = traceOf(headers);
    const turn = (this.#turn += 1);
    headers.delete('authorization');
    const context = new TurnContext({
      ...{ sessionId, turn, trace, clock, marks, signal: abort.signal },
      request: { method, path: url.pathname, query: url.searchParams, headers, params },
      log: createLog(log, { session: sessionId, turn, trace: trace.traceId }),
    });
    return {
      context,
      leave: () => abort.abort(new DOMException('the caller left', 'AbortError')),
      end: () => void this.#turns.delete(abort),
    };
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', () => socket.destroy());
    try {
      const asked = askedOf(request);
      const { route, params } = this.#route(asked);
      if (route.kind !== 'socket') throw agentError('BAD_INPUT', `${asked.url.pathname} is no WebSocket`);
      const done = await this.#life.begin();
      try {
        await this.#talk(route, asked, params, socket, head);
      } finally {
        done();
      }
    } catch (fault) {
      refuseUpgrade(socket, asTold(fault));
    }
  }

  async #talk(
    { handle }: SocketRoute,
    asked: Asked,
    params: TurnRequest['params'],
    connection: Duplex,
    head: Buffer,
  ): Promise<void> {
    this.#handshakes ??= loadHandshakes(this.#definition.maxBodyBytes ?? defaultMaxBodyBytes);
    const handshakes = await this.#handshakes;
    const socket = await handshakes.accept(asked.request, connection, head);
    const turn = this.#beginTurn(asked, params);
    this.#sockets.add(socket);
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    void closed.then(() => turn.leave());
    socket.on('error', (fault) => turn.context.log.warn('the socket failed', { error: fault }));
    try {
      await handle(agentSocket(socket), turn.context);
      socket.close(1000);
    } catch (fault) {
      if (socket.readyState !== socket.OPEN) return;
      socket.close(failed, told(fault, turn.context).code);
    } finally {
      await closed;
      this.#sockets.delete(socket);
      turn.end();
    }
  }
}

/** What a caller may know of it; the rest is logged. */
function told(fault: unknown, context: TurnContext): AgentError {
  const error = asTold(fault);
  if (error !== fault) context.log.error('the handler failed', { error: fault });
  return error;
}

function askedOf(request: IncomingMessage): Asked {
  const method = request.method ?? 'GET';
  // Only path and query count; a path that begins with // is a path.
  const url = (request.url ?? '/').startsWith('/') ? `http://agent${request.url}` : 'http://agent/';
  if (!URL.canParse(url)) throw agentError('BAD_INPUT', 'the path cannot be read');
  return { url: new URL(url), method, request };
}

function headersOf({ rawHeaders }: IncomingMessage): Headers {
  const headers = new Headers();
  for (let i = 0; i < rawHeaders.length; i += 2)
    headers.append(rawHeaders[i] as string, rawHeaders[i + 1] as string);
  return headers;
}

const rulesOf = (
  route: Extract<KnownRoute, { kind: 'http' }>,
  { maxBodyBytes = defaultMaxBodyBytes }: AgentDefinition,
): InputRules => ({
  body: route.body ?? 'json',
  maxBodyBytes: route.maxBodyBytes ?? maxBodyBytes,
  schema: route.input,
});

function refuseUpgrade(socket: Duplex, error: AgentError): void {
  if (socket.destroyed || socket.writableEnded) return;
  const body = JSON.stringify({ error: error.message, code: error.code, retryable: error.retryable });
  const head = [
    `HTTP/1.1 ${error.status} Refused`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    ...Object.entries(error.headers).map(([name, value]) => `${name}: ${value}`),
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
