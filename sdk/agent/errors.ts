// Owns: what an agent answers when something is wrong: the codes of the kit and the shape of the answer.
// An error that nobody meant for the caller tells nothing of itself: its text and its stack stay in the log.

/** What the kit itself answers, by code; an agent adds codes of its own with {@link AgentError}. */
export const agentErrors = {
  BAD_INPUT: {
    status: 400,
    summary: 'The body or the query is not what the route takes; the message names what is wrong.',
  },
  NO_SUCH_ROUTE: { status: 404, summary: 'The agent has no route of that path.' },
  METHOD_NOT_ALLOWED: { status: 405, summary: 'The route takes other methods; `Allow` lists them.' },
  BODY_TOO_LARGE: { status: 413, summary: 'The body is longer than the route takes.' },
  UNSUPPORTED_MEDIA_TYPE: {
    status: 415,
    summary: 'The route does not take a body of this type or encoding.',
  },
  UPGRADE_REQUIRED: { status: 426, summary: 'The route is a WebSocket and was asked as plain HTTP.' },
  AGENT_FAILED: { status: 500, summary: 'The handler threw; the log of the agent says what.' },
  AGENT_STARTING: { status: 503, summary: 'The agent is not ready yet. Ask again.' },
  AGENT_STOPPING: {
    status: 503,
    summary: 'The agent finishes what it has in hand and takes nothing new. Ask again.',
  },
} as const;

/** A code of the kit's own. */
export type AgentErrorCode = keyof typeof agentErrors;

/** What goes with an {@link AgentError}. */
export interface AgentErrorOptions {
  /** Whether the same request may succeed later; true by default for 408, 409, 429 and 503. */
  readonly retryable?: boolean;
  /** Header fields of the answer, `retry-after` say. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Fields beside `error`, `code` and `retryable` in the body of the answer. */
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

const mayHelp: ReadonlySet<number> = new Set([408, 409, 429, 503]);

/**
 * Thrown by a handler to be answered: the caller gets the status and `{"error", "code", "retryable"}`, as the platform's own errors look.
 *
 * @example
 * ```ts
 * import { AgentError, serve } from 'agentcube/agent';
 *
 * serve((input: { city: string }) => {
 *   if (input.city !== 'Berlin') throw new AgentError(404, 'UNKNOWN_CITY', `no weather of ${input.city}`);
 *   return { degrees: 21 };
 * });
 * ```
 */
export class AgentError extends Error {
  override readonly name = 'AgentError';
  readonly status: number;
  readonly code: string;
  readonly retryable: boolean;
  readonly headers: Readonly<Record<string, string>>;
  readonly details: Readonly<Record<string, unknown>>;

  /** @param status from 400 to 599. @param code in capitals, for programs. @param message for people; the caller sees it. */
  constructor(status: number, code: string, message: string, options: AgentErrorOptions = {}) {
    super(message, { cause: options.cause });
    if (!Number.isInteger(status) || status < 400 || status > 599)
      throw new RangeError(`the status of an error is from 400 to 599, not ${status}`);
    this.status = status;
    this.code = code;
    this.retryable = options.retryable ?? mayHelp.has(status);
    this.headers = options.headers ?? {};
    this.details = options.details ?? {};
  }
}

/** One of the kit's own errors. */
export const agentError = (code: AgentErrorCode, message: string, options?: AgentErrorOptions): AgentError =>
  new AgentError(agentErrors[code].status, code, message, options);

/** The error as it may be told to a caller. */
export const asTold = (fault: unknown): AgentError =>
  fault instanceof AgentError
    ? fault
    : agentError('AGENT_FAILED', 'the agent failed; its log says why', { retryable: false, cause: fault });

/** The body of its answer. */
export const errorBody = ({ message, code, retryable, details }: AgentError): Record<string, unknown> => ({
  ...details,
  error: message,
  code,
  retryable,
});
