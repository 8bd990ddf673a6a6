// How an error is put on the wire: AgentCube 0.1's exact status and `error` text where it has the case, with code, reason,
// retryable and sessionId beside them. Does not write answers.
import { errorBody, PlatformError, statusOf, type ErrorCode, type ErrorDetails } from '../../model/errors.ts';
import type { RuntimeKey } from '../../model/sandbox.ts';

export interface Failure {
  readonly status: number;
  readonly body: string;
  /** Whole seconds for `Retry-After`, where asking again soon may help. */
  readonly retryAfter?: number;
}

const group = 'agentcube.volcano.sh';

/** The same text for a session that never was, that is gone, and that belongs to another runtime. */
const unknownSession = (sessionId: string): string => `sessions.${group} "${sessionId}" not found`;

export const sessionNotFound = (sessionId: string): PlatformError =>
  new PlatformError('SESSION_NOT_FOUND', unknownSession(sessionId));

export const sessionEnded = (sessionId: string, reason: string): PlatformError =>
  new PlatformError('SESSION_ENDED', unknownSession(sessionId), { reason, sessionId });

export const runtimeNotFound = ({ kind, namespace, name }: RuntimeKey): PlatformError =>
  new PlatformError('RUNTIME_NOT_FOUND', `${kind.toLowerCase()}s.${group} "${namespace}/${name}" not found`);

const overloaded = 'server overloaded, please try again later';

const texts: Partial<Record<ErrorCode, string>> = {
  SERVER_OVERLOADED: overloaded,
  SESSION_QUEUE_FULL: 'too many requests wait for this session, please try again later',
  RUNTIME_QUEUE_FULL: 'too many requests wait for this runtime, please try again later',
  SANDBOX_UNREACHABLE: 'sandbox unreachable',
  SANDBOX_CONNECTION_LOST: 'sandbox unreachable',
  SANDBOX_CRASHED: 'the sandbox ended while it was being woken',
  SANDBOX_START_FAILED: 'the sandbox did not start',
  WAKE_TIMEOUT: 'the sandbox was not awake in time',
  STORE_UNAVAILABLE: 'the store of sessions cannot be reached',
  SHUTTING_DOWN: 'the platform is stopping',
  INVALID_REQUEST: 'the path is malformed',
  JWT_SIGNING_FAILED: 'failed to sign request',
};

/** An error of this code with its own text. */
export const failed = (code: ErrorCode, details: ErrorDetails = {}): PlatformError =>
  new PlatformError(code, texts[code] ?? 'internal server error', details);

/** AgentCube answers 500 with one text to a start that failed. */
const asInternal = (error: PlatformError): PlatformError =>
  new PlatformError(error.code, 'internal server error', error.details);

/** Where AgentCube answers 500, ours says that it is worth asking again. Why the store is away is for the log. */
const asUnavailable = (): PlatformError => failed('STORE_UNAVAILABLE');

const startFailures: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'SANDBOX_START_FAILED',
  'SANDBOX_START_TIMEOUT',
  'SANDBOX_CRASHED',
  'WAKE_TIMEOUT',
]);

const soon: Partial<Record<ErrorCode, number>> = {
  SERVER_OVERLOADED: 1,
  SESSION_QUEUE_FULL: 1,
  RUNTIME_QUEUE_FULL: 1,
  QUEUE_FULL: 1,
  SANDBOX_START_FAILED: 1,
  STORE_UNAVAILABLE: 1,
  IDENTITY_PROVIDER_UNAVAILABLE: 1,
  SHUTTING_DOWN: 2,
  WAKE_TIMEOUT: 1,
};

/** `opening`: the request has no session of its own yet, so AgentCube would still be creating one. */
export function failureOf(error: PlatformError, opening: boolean): Failure {
  const internal = error.code === 'INTERNAL' || (opening && startFailures.has(error.code));
  const told = error.code === 'STORE_UNAVAILABLE' ? asUnavailable() : error;
  const shown = internal ? asInternal(error) : told;
  const retryAfter = soon[error.code];
  return {
    status: internal ? 500 : statusOf(error.code),
    body: JSON.stringify(errorBody(shown)),
    ...(retryAfter !== undefined && { retryAfter }),
  };
}

/** AgentCube's 404s for a session whose sandbox has no door, or one that cannot be read. */
export const noEntry = (): Failure => notReachable('no entry point found for sandbox');
export const badEndpoint = (endpoint: string, problem: string): Failure =>
  notReachable(`invalid upstream endpoint ${JSON.stringify(endpoint)}: ${problem}`);

/** AgentCube's 504 for a connection that is not made in time. */
export const connectTimeout = (): Failure => ({
  ...notReachable('sandbox timeout'),
  status: 504,
});

function notReachable(text: string): Failure {
  return { status: 404, body: JSON.stringify(errorBody(new PlatformError('SANDBOX_UNREACHABLE', text))) };
}
