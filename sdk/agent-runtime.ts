// Owns: a session of an AgentRuntime: open or reuse, and every way to call the agent in it.
// Does not own: what the agent answers, nor the wire (transport/).
import { endSession } from './end-session.ts';
import { AgentCubeError } from './errors.ts';
import type { CallOptions, ConnectOptions, OnDispose } from './options.ts';
import { serverSentEvents, type ServerSentEvent } from './server-sent-events.ts';
import { openSocket, type SocketOptions } from './socket.ts';
import type { AgentSocket } from './transport/agent-socket.ts';
import { Client, jsonBody, sessionHeader, type Answer, type Call } from './transport/client.ts';
import { pieces, texts } from './transport/read.ts';

export type { ServerSentEvent } from './server-sent-events.ts';

export interface AgentRuntimeOptions extends ConnectOptions, CallOptions {
  /** Of the AgentRuntime. */
  readonly agentName: string;
  /** `default`. */
  readonly namespace?: string | undefined;
  /** Reuses a session instead of opening one. */
  readonly sessionId?: string | undefined;
  /** Opens the session with the first call instead of with a GET of its own; `sessionId` is undefined until then. */
  readonly lazy?: boolean | undefined;
  /** At the end of `await using`; `keep`, as the Python SDK. */
  readonly onDispose?: OnDispose | undefined;
}

export interface InvokeOptions extends CallOptions {
  /** Below the agent's address; a query may follow. */
  readonly path?: string | undefined;
  /** POST where there is a payload, else GET. */
  readonly method?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** What the global `fetch` takes, and how long the answer may take to begin. */
export type FetchInit = RequestInit & { readonly timeoutMs?: number | undefined };

/**
 * A session with an agent, which remembers.
 *
 * @example
 * ```ts
 * import { AgentRuntime } from 'agentcube';
 *
 * await using agent = await AgentRuntime.open({ agentName: 'hello-agent', onDispose: 'end' });
 * const answer = await agent.invoke<{ response: string; turns: number }>({ prompt: 'Introduce yourself' });
 * console.log(answer.response); // Hello Agent received: Introduce yourself
 * console.log((await agent.invoke<{ turns: number }>({ prompt: 'Again' })).turns); // 2
 * ```
 */
export class AgentRuntime implements AsyncDisposable {
  readonly agentName: string;
  readonly namespace: string;
  readonly #router: Client;
  readonly #control: Client;
  readonly #base: string;
  readonly #onDispose: OnDispose;
  #sessionId: string | undefined;
  #closed = false;

  private constructor(options: AgentRuntimeOptions) {
    const { agentName, namespace = 'default', sessionId, onDispose = 'keep' } = options;
    this.agentName = agentName;
    this.namespace = namespace;
    this.#router = new Client('router', options);
    this.#control = new Client('control', options);
    this.#base = `/v1/namespaces/${encodeURIComponent(namespace)}/agent-runtimes/${encodeURIComponent(agentName)}/invocations`;
    this.#onDispose = onDispose;
    this.#sessionId = sessionId;
  }

  /** Opens a session by a GET of the agent's address, whatever it answers; reuses one without a request. */
  static async open(options: AgentRuntimeOptions): Promise<AgentRuntime> {
    if (!options.agentName) throw new AgentCubeError('INVALID_ARGUMENT', 'agentName is required');
    const runtime = new AgentRuntime(options);
    runtime.#router.url('');
    if (options.sessionId === undefined && options.lazy !== true) await runtime.#bootstrap(options);
    return runtime;
  }

  /** Undefined before the first call of a `lazy` one. */
  get sessionId(): string | undefined {
    return this.#sessionId;
  }

  /** What the agent answers: JSON as a value, anything else as text. Rejects with AGENT_ERROR at 400 and above. */
  async invoke<Value = unknown>(payload?: unknown, options: InvokeOptions = {}): Promise<Value> {
    const answer = await this.#ask(payload, options);
    const text = await answer.text();
    // As the Python SDK, whatever type the agent says that it is.
    return jsonOr(text) as Value;
  }

  /** The answer's text as it comes. */
  async *stream(payload?: unknown, options: InvokeOptions = {}): AsyncGenerator<string, void> {
    yield* texts((await this.#ask(payload, options, endless)).body);
  }

  /** The answer's server-sent events as they come. Ends when the agent ends; CONNECTION_LOST when it broke off. */
  async *events(payload?: unknown, options: InvokeOptions = {}): AsyncGenerator<ServerSentEvent, void> {
    const headers = { accept: 'text/event-stream', ...options.headers };
    const answer = await this.#ask(payload, { ...options, headers }, endless);
    if (!answer.is('text/event-stream')) {
      await answer.body.cancel();
      const type = answer.headers.get('content-type') ?? 'no content type';
      throw new AgentCubeError('INVALID_RESPONSE', `the agent answered ${type} and no text/event-stream`, {
        sessionId: this.#sessionId,
        status: answer.status,
        hint: 'Use invoke or stream, or let the agent answer with server-sent events.',
      });
    }
    yield* serverSentEvents(answer.body);
  }

  /** Any request, as the global `fetch`: no status rejects, and nothing is followed. `path` is below the agent's address. */
  async fetch(path: string, init: FetchInit = {}): Promise<Response> {
    // The global Request knows every form that a body can have.
    const request = new Request(this.#router.url(this.#pathOf(path)), {
      ...init,
      ...(init.body instanceof ReadableStream && { duplex: 'half' as const }),
    });
    const answer = await this.#call({
      method: request.method,
      path: this.#pathOf(path),
      headers: Object.fromEntries(request.headers),
      body: request.body ? { kind: 'source', source: pieces(request.body), length: undefined } : undefined,
      signal: init.signal ?? undefined,
      timeoutMs: init.timeoutMs,
      isAnswer: () => true,
      ...endless,
    });
    const { status, headers } = answer;
    if (bodyless.has(status)) {
      await answer.body.cancel();
      return new Response(null, { status, headers });
    }
    return new Response(answer.body, { status, headers });
  }

  /** A WebSocket to the agent; resolves when it is open. */
  async socket(path = '/', options: SocketOptions = {}): Promise<AgentSocket> {
    const asked = this.#asked({ method: 'GET', path: this.#pathOf(path), ...options });
    const { socket, sessionId } = await openSocket(this.#router, asked, options.protocols ?? []);
    this.#sessionId ??= sessionId;
    return socket;
  }

  /** Ends the session; needs the control API's address. One that is gone is no error. */
  async stop(options: CallOptions = {}): Promise<void> {
    if (this.#sessionId !== undefined)
      await endSession(this.#control, 'AgentRuntime', this.#sessionId, options);
    this.#closed = true;
  }

  /** Python's name: lets go of the session without ending it. */
  close(): void {
    this.#closed = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#onDispose === 'end') await this.stop();
    this.close();
  }

  async #bootstrap({ signal, timeoutMs }: CallOptions): Promise<void> {
    // As the Python SDK: a session is one whatever the agent answers to a GET.
    const isAnswer = ({ headers }: { readonly headers: Headers }): boolean => headers.has(sessionHeader);
    const answer = await this.#call({ method: 'GET', path: `${this.#base}/`, isAnswer, signal, timeoutMs });
    await answer.body.cancel();
  }

  #pathOf(path: string): string {
    if (upward.test(path.replace(/[?#].*$/s, '')))
      throw new AgentCubeError('INVALID_ARGUMENT', `${JSON.stringify(path)} leads away from the agent`);
    return `${this.#base}/${path.replace(/^\/+/, '')}`;
  }

  #ask(payload: unknown, options: InvokeOptions, more: Partial<Call> = {}): Promise<Answer> {
    const {
      path = '/',
      method = payload === undefined ? 'GET' : 'POST',
      headers,
      signal,
      timeoutMs,
    } = options;
    const json = payload === undefined ? undefined : jsonBody(payload);
    const given = Object.fromEntries(
      Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]),
    );
    return this.#call({
      method,
      path: this.#pathOf(path),
      ...(json && { body: json.body }),
      headers: { ...json?.headers, ...given },
      signal,
      timeoutMs,
      ...more,
    });
  }

  #asked(asking: Asking): Call {
    const { method } = asking;
    return {
      feature: plain.has(method) ? 'invocations' : `invocations with ${method}`,
      answerer: 'agent',
      additive: !plain.has(method),
      harmless: safe.has(method),
      ...asking,
      sessionId: this.#sessionId,
    };
  }

  async #call(asking: Asking): Promise<Answer> {
    const sessionId = this.#sessionId;
    if (this.#closed) throw new AgentCubeError('CLOSED', 'the session was let go of', { sessionId });
    const answer = await this.#router.call(this.#asked(asking));
    this.#sessionId ??= answer.sessionId;
    return answer;
  }
}

type Asking = Omit<Call, 'feature' | 'answerer' | 'additive' | 'harmless' | 'sessionId'>;

/** A stream may be quiet for as long as it likes; only its beginning is awaited for a time. */
const endless = { idleTimeoutMs: 0 } as const;
/** A name that every reader of addresses takes for "one up". */
const upward = /(^|[\\/])(\.|%2e){2}([\\/]|$)/i;
/** Methods that stock AgentCube's router knows. */
const plain = new Set(['GET', 'POST']);
/** Methods that change nothing (RFC 9110, 9.2.1). */
const safe = new Set(['GET', 'HEAD', 'OPTIONS']);
/** Statuses whose answers have no body. */
const bodyless = new Set([204, 205, 304]);

function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
