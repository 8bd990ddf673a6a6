/**
 * The author kit: an agent as a function, with what the platform gives it.
 *
 * @packageDocumentation
 */
export { serve, type ServeOptions, type Serving } from './serve.ts';
export {
  events,
  route,
  webSocket,
  type Agent,
  type AgentDefinition,
  type BodyKind,
  type CheckedRoute,
  type EventHandler,
  type EventRoute,
  type Handler,
  type Hooks,
  type InputSchema,
  type Route,
  type RouteOptions,
  type Routes,
  type SocketHandler,
  type SocketRoute,
} from './definition.ts';
export type { Context, KeepBusy, TurnRequest } from './context.ts';
export { AgentError, type AgentErrorCode, type AgentErrorOptions } from './errors.ts';
export { serverSentEvent, type ServerSentEvent } from './sse.ts';
export type { AgentClock } from './clock.ts';
export type { AgentEvent, Reply } from './event.ts';
export type { AgentSocket } from './talk.ts';
export type { Busy } from './busy.ts';
export type { Log, LogFields, LogLevel } from './log.ts';
export type { Trace } from './trace.ts';
