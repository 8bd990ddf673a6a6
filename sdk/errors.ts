// Owns: what the SDK throws: typed errors that say what happened, to which session, and what to do about it.
// Does not own: how an answer is read as an error (transport/failure.ts). No error ever holds a token.
import { hintOf } from './hints.ts';

/** Codes of the SDK itself; codes of the platform (docs/errors.md) come beside them as they are. */
export type ClientErrorCode =
  /** A needed address or setting is missing or malformed. */
  | 'CONFIGURATION'
  /** An argument cannot be meant. */
  | 'INVALID_ARGUMENT'
  /** No connection was made: nothing was sent. */
  | 'UNREACHABLE'
  /** No connection was made in time: nothing was sent. */
  | 'CONNECT_TIMEOUT'
  /** An answer, or the next piece of one, did not come in time; the request may have been carried out. */
  | 'TIMEOUT'
  /** The connection broke; the request may have been carried out. */
  | 'CONNECTION_LOST'
  /** What was answered cannot be understood. */
  | 'INVALID_RESPONSE'
  /** The server pointed elsewhere; the SDK never follows, for a token would travel along. */
  | 'UNEXPECTED_REDIRECT'
  /** The server has no such feature; `feature` names it. */
  | 'NOT_SUPPORTED_BY_SERVER'
  /** This place (a browser, an old Node) has no such feature; `feature` names it. */
  | 'NOT_SUPPORTED_HERE'
  /** A command ended with another code than 0. */
  | 'COMMAND_FAILED'
  /** No file or directory of that name in the sandbox. */
  | 'FILE_NOT_FOUND'
  /** The agent itself answered with a status of 400 or more; `body` is what it said. */
  | 'AGENT_ERROR'
  /** The session was stopped through this very object. */
  | 'CLOSED'
  /** The server failed in a way that has no code. */
  | 'SERVER_ERROR';

/** A code of the SDK, or one of the platform's, such as `SESSION_NOT_FOUND`. */
export type AgentCubeErrorCode = ClientErrorCode | (string & {});

/** What is known beside code and message. */
export interface AgentCubeErrorDetails {
  readonly status?: number | undefined;
  readonly sessionId?: string | undefined;
  readonly retryable?: boolean | undefined;
  readonly hint?: string | undefined;
  readonly reason?: string | undefined;
  readonly problems?: readonly unknown[] | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly feature?: string | undefined;
  readonly body?: string | undefined;
  readonly cause?: unknown;
}

/**
 * Every failure that the SDK knows. An aborted `signal` is none: its reason is thrown as it is.
 *
 * @example
 * ```ts
 * import { AgentCubeError, CodeInterpreter } from 'agentcube';
 *
 * try {
 *   await CodeInterpreter.open({ name: 'nobody-deployed-this' });
 * } catch (error) {
 *   if (!(error instanceof AgentCubeError)) throw error;
 *   console.log(error.code, error.status); // RUNTIME_NOT_FOUND 404
 *   console.log(error.hint); // Check kind, namespace and name, and deploy the runtime first.
 * }
 * ```
 */
export class AgentCubeError extends Error {
  /** What happened, in a word that does not change. */
  readonly code: AgentCubeErrorCode;
  /** The HTTP status, where there was an answer. */
  readonly status: number | undefined;
  /** Whose session it was, where that is known. */
  readonly sessionId: string | undefined;
  /** Whether the same call may succeed when it is made again, unchanged. It may also do its work twice: see `docs/sdk.md`. */
  readonly retryable: boolean;
  /** What to do about it. */
  readonly hint: string;
  /** Why, where the platform says so: an exit code, a signal, why a session ended. */
  readonly reason: string | undefined;
  /** Each thing that is wrong, where the platform lists them. */
  readonly problems: readonly unknown[] | undefined;
  /** How long the server asks to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined;
  /** What the server, or this place, does not have. */
  readonly feature: string | undefined;
  /** The beginning of what was answered, where it was no error of the platform. */
  readonly body: string | undefined;

  /** @param message one line, without tokens. */
  constructor(code: AgentCubeErrorCode, message: string, details: AgentCubeErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'AgentCubeError';
    this.code = code;
    this.status = details.status;
    this.sessionId = details.sessionId;
    this.retryable = details.retryable ?? false;
    this.hint = details.hint ?? hintOf(code);
    this.reason = details.reason;
    this.problems = details.problems;
    this.retryAfterMs = details.retryAfterMs;
    this.feature = details.feature;
    this.body = details.body;
  }
}

/** A command ended with another code than 0, or was ended: 124 at its timeout, -1 by a signal. */
export class CommandExecutionError extends AgentCubeError {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly command: string | readonly string[];

  constructor(
    command: string | readonly string[],
    result: { readonly exitCode: number; readonly stdout: string; readonly stderr: string },
    sessionId?: string,
  ) {
    super('COMMAND_FAILED', `Command failed (exit ${result.exitCode}): ${result.stderr}`, { sessionId });
    this.name = 'CommandExecutionError';
    this.command = command;
    this.exitCode = result.exitCode;
    this.stdout = result.stdout;
    this.stderr = result.stderr;
  }
}
