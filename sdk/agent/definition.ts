// What an author writes: handlers, routes, hooks. Types and the small functions that mark a route's kind; nothing runs here.
import type { Context } from './context.ts';
import type { AgentEvent, Reply } from './event.ts';
import type { AgentSocket } from './talk.ts';

/**
 * Answers one request. What it returns is the answer:
 *
 * | returned | the caller gets |
 * |---|---|
 * | an object, array, number, boolean, null | JSON |
 * | a string | `text/plain` |
 * | a `Uint8Array` | `application/octet-stream` |
 * | a `Response` | just that, status and headers included |
 * | nothing | 204 |
 * | an async generator | a stream: server-sent events when the caller accepts them, else a line of JSON (or plain text) for each value |
 */
export type Handler<I = unknown> = (input: I, context: Context) => unknown;

/** How a route wants the request's body. `stream` is a `ReadableStream` of bytes and has no limit. */
export type BodyKind = 'json' | 'text' | 'bytes' | 'stream';

/** Checks an input and gives it its type; a schema of zod is one. What it throws is answered with 400. */
export interface InputSchema<I> {
  parse(input: unknown): I;
}

/** A route that says more than its handler. */
export interface RouteOptions<I = unknown> {
  readonly handle: Handler<I>;
  /** `json` by default; then also a body without a type or with curl's default one is read as JSON. */
  readonly body?: BodyKind;
  /** Longest body (bytes); the agent's `maxBodyBytes` by default. */
  readonly maxBodyBytes?: number;
  readonly input?: InputSchema<I>;
}

/** A route as {@link route} makes it. */
export interface CheckedRoute {
  readonly handle: Handler<never>;
  readonly body?: BodyKind;
  readonly maxBodyBytes?: number;
  readonly input?: InputSchema<unknown>;
}

/** Takes a CloudEvent. A returned event is the reply, nothing is 204; what it throws lets the platform try again. */
export type EventHandler<D = unknown> = (
  event: AgentEvent<D>,
  context: Context,
) => Reply | undefined | void | Promise<Reply | undefined | void>;

/** Talks over a WebSocket; the socket is closed when it returns or throws. */
export type SocketHandler = (socket: AgentSocket, context: Context) => void | Promise<void>;

/** A route for CloudEvents, made by {@link events}. */
export interface EventRoute {
  readonly kind: 'events';
  readonly handle: EventHandler<never>;
}

/** A route for WebSockets, made by {@link webSocket}. */
export interface SocketRoute {
  readonly kind: 'socket';
  readonly handle: SocketHandler;
}

/** What may stand behind a path. */
export type Route = Handler<never> | CheckedRoute | EventRoute | SocketRoute;

/**
 * Routes by method and path: `'POST /chat'`, `'GET /files/:name'` (`context.request.params.name`), `'GET /static/*'`.
 * A path alone takes POST; a WebSocket is a GET.
 */
export type Routes = Readonly<Record<string, Route>>;

/** Moments of a sandbox's life. Each may be async. */
export interface Hooks {
  /** Before the first request: load what is needed. Until it is done `/health` answers 503. */
  readonly onStart?: () => void | Promise<void>;
  /**
   * Nothing is in hand any more, and the platform may pause this sandbox as soon as this is done. It is held awake until then,
   * 10 s at most. A request may come instead of a pause, so it may be called without {@link onResume} after it.
   */
  readonly onPause?: () => void | Promise<void>;
  /** The sandbox slept for about so long (ms). Done before the next handler begins. */
  readonly onResume?: (sleptMs: number) => void | Promise<void>;
  /** SIGTERM came and what was in hand is finished. On one machine a session ends without it. */
  readonly onEnd?: () => void | Promise<void>;
}

/** An agent. */
export interface AgentDefinition extends Hooks {
  readonly routes: Routes;
  /** Tells replies and logs who speaks; the sandbox's runtime has its own name. */
  readonly name?: string;
  /** Longest body (bytes); 1 MiB by default. */
  readonly maxBodyBytes?: number;
}

/** One handler for `POST /`, or a whole agent. */
export type Agent = Handler<never> | AgentDefinition;

/**
 * A route for CloudEvents, binary or structured, as a trigger delivers them.
 *
 * @example
 * ```ts
 * import { events, serve } from 'agentcube/agent';
 *
 * const seen: string[] = [];
 * serve({
 *   routes: {
 *     'POST /events': events<{ title: string }>((event) => {
 *       seen.push(event.data?.title ?? '');
 *       return { type: 'com.example.issue.triaged', subject: event.subject, data: { seen } };
 *     }),
 *   },
 * });
 * ```
 */
export const events = <D = unknown>(handle: EventHandler<D>): EventRoute => ({ kind: 'events', handle });

/**
 * A route for WebSockets.
 *
 * @example
 * ```ts
 * import { serve, webSocket } from 'agentcube/agent';
 *
 * serve({
 *   routes: {
 *     '/echo': webSocket(async (socket) => {
 *       for await (const message of socket) socket.send(message);
 *     }),
 *   },
 * });
 * ```
 */
export const webSocket = (handle: SocketHandler): SocketRoute => ({ kind: 'socket', handle });

/**
 * A route with a checked input, another kind of body, or a limit of its own. The handler's input has the schema's type.
 *
 * @example
 * ```ts
 * import { route, serve } from 'agentcube/agent';
 *
 * serve({
 *   routes: {
 *     'POST /upload': route({
 *       body: 'bytes',
 *       maxBodyBytes: 50_000_000,
 *       handle: (input: Uint8Array) => ({ received: input.byteLength }),
 *     }),
 *   },
 * });
 * ```
 */
export const route = <I = unknown>(options: RouteOptions<I>): CheckedRoute => options;

/** A handler alone is an agent with one route. */
export const definitionOf = (agent: Agent): AgentDefinition =>
  typeof agent === 'function' ? { routes: { 'POST /': agent } } : agent;
