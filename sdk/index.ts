// The client of AgentCube: `import { CodeInterpreter, AgentRuntime } from 'agentcube'`. Owns: what is public, by name.
// Does not own: anything else. Works in Node 20 and newer and, for calls into sessions, in a browser.
export { AgentRuntime } from './agent-runtime.ts';
export type { AgentRuntimeOptions, FetchInit, InvokeOptions, ServerSentEvent } from './agent-runtime.ts';
export { ServiceAccountAuth, TokenAuth } from './auth.ts';
export type { AuthProvider, ServiceAccountAuthOptions } from './auth.ts';
export { CodeInterpreter } from './code-interpreter.ts';
export type { CodeInterpreterOptions, Language } from './code-interpreter.ts';
export { AgentCubeError, CommandExecutionError } from './errors.ts';
export type { AgentCubeErrorCode, AgentCubeErrorDetails, ClientErrorCode } from './errors.ts';
export type {
  DeadLetter,
  DeadLetterPage,
  DeadLetterPageOptions,
  DeadLetters,
  DeadLetterWithEvent,
  EventName,
  OfTrigger,
} from './dead-letters.ts';
export { Events } from './events.ts';
export type { CloudEventInit, Delivery, EventsOptions, Missed, Sent } from './events.ts';
export type { ExecExit, ExecOptions, ExecOutput, ExecResult, ExecStream } from './exec.ts';
export type { FileEntry, Files, WriteOptions, WrittenFile } from './files.ts';
export type { FileContent } from './multipart.ts';
export type { CallOptions, ConnectOptions, OnDispose, TlsOptions } from './options.ts';
export { Sessions } from './sessions.ts';
export type {
  RuntimeKind,
  SessionFilter,
  SessionInfo,
  SessionPage,
  SessionPageOptions,
  SessionState,
} from './sessions.ts';
export type { AgentSocket } from './transport/agent-socket.ts';
export type { SocketOptions } from './socket.ts';
