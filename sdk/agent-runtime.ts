// Owns: a session of an AgentRuntime: open or reuse, and every way to call the agent in it.
// Does not own: what the agent answers, nor the wire (transport/).
import type { AgentSocket, SocketOptions } from './socket.ts';
import type { CallOptions, ConnectOptions, OnDispose } from './options.ts';

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

/** One of the events of a `text/event-stream`. */
export interface ServerSentEvent {
  readonly event?: string;
  readonly id?: string;
  readonly data: string;
}

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
export declare class AgentRuntime implements AsyncDisposable {
  /** Opens a session by a GET of the agent's address, whatever it answers; reuses one without a request. */
  static open(options: AgentRuntimeOptions): Promise<AgentRuntime>;

  /** Undefined before the first call of a `lazy` one. */
  get sessionId(): string | undefined;
  readonly agentName: string;
  readonly namespace: string;

  /** What the agent answers: JSON as a value, anything else as text. Rejects with AGENT_ERROR at 400 and above. */
  invoke<Answer = unknown>(payload?: unknown, options?: InvokeOptions): Promise<Answer>;
  /** The answer's text as it comes. */
  stream(payload?: unknown, options?: InvokeOptions): AsyncIterableIterator<string>;
  /** The answer's server-sent events as they come. Ends when the agent ends; CONNECTION_LOST when it broke off. */
  events(payload?: unknown, options?: InvokeOptions): AsyncIterableIterator<ServerSentEvent>;
  /** Any request, as the global `fetch`: no status rejects, and nothing is followed. `path` is below the agent's address. */
  fetch(path: string, init?: RequestInit & { readonly timeoutMs?: number }): Promise<Response>;
  /** A WebSocket to the agent; resolves when it is open. */
  socket(path?: string, options?: SocketOptions): Promise<AgentSocket>;
  /** Ends the session; needs the control API's address. One that is gone is no error. */
  stop(options?: CallOptions): Promise<void>;
  /** Python's name: lets go of the session without ending it. */
  close(): void;
  [Symbol.asyncDispose](): Promise<void>;
}
