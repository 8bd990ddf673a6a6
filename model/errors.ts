// Every error a caller can meet: its code, HTTP status, and whether asking again may help.
// Does not own wording for AgentCube's own routes (those texts are part of the wire contract) nor the writing of answers.
// `docs/errors.md` has a line for each code; a test keeps the two together.

/** Whether the same request may succeed later without a change by the caller. */
export type Retry = 'no' | 'later';

export interface ErrorKind {
  readonly status: number;
  readonly retry: Retry;
  /** What the code means, as printed in docs/errors.md. */
  readonly summary: string;
}

export const errorKinds = {
  INVALID_REQUEST: {
    status: 400,
    retry: 'no',
    summary: 'The request is malformed; the message names what is wrong.',
  },
  INVALID_RUNTIME: {
    status: 422,
    retry: 'no',
    summary: 'A runtime failed validation; every problem is listed with its path.',
  },
  INVALID_TRIGGER: {
    status: 422,
    retry: 'no',
    summary: 'A trigger failed validation; every problem is listed with its path.',
  },
  UNKNOWN_IMAGE: {
    status: 422,
    retry: 'no',
    summary: 'The image is not in the local image table; the known ones are listed.',
  },
  UNAUTHORIZED: {
    status: 401,
    retry: 'no',
    summary: 'The caller did not prove who it is; the message says what is missing.',
  },
  FORBIDDEN: {
    status: 403,
    retry: 'no',
    summary: 'The caller may not do this; the message names the right that it lacks.',
  },
  IDENTITY_PROVIDER_UNAVAILABLE: {
    status: 503,
    retry: 'later',
    summary: 'The issuer of the tokens of callers does not answer, so that no token can be checked.',
  },
  RUNTIME_NOT_FOUND: {
    status: 404,
    retry: 'no',
    summary: 'No runtime of that kind, namespace and name is deployed.',
  },
  TRIGGER_NOT_FOUND: {
    status: 404,
    retry: 'no',
    summary: 'No trigger of that namespace and name is deployed.',
  },
  DEAD_LETTER_NOT_FOUND: {
    status: 404,
    retry: 'no',
    summary: 'The dead letter was replayed, dropped or forgotten, or never was.',
  },
  SESSION_NOT_FOUND: {
    status: 404,
    retry: 'no',
    summary: 'The session never existed, or was forgotten after it ended.',
  },
  SESSION_ENDED: {
    status: 404,
    retry: 'no',
    summary: 'The session ended; `reason` says why. Open a new one.',
  },
  RUNTIME_EXISTS: { status: 409, retry: 'no', summary: 'A runtime of that name exists already.' },
  TRIGGER_EXISTS: { status: 409, retry: 'no', summary: 'A trigger of that name exists already.' },
  CONFLICT: {
    status: 409,
    retry: 'later',
    summary: 'The object changed since it was read; read it again and retry.',
  },
  SESSION_STATE: { status: 409, retry: 'later', summary: 'The session cannot do this in its present state.' },
  BODY_TOO_LARGE: { status: 413, retry: 'no', summary: 'The request body is longer than the route takes.' },
  UNSUPPORTED_MEDIA_TYPE: {
    status: 415,
    retry: 'no',
    summary: 'The route does not take a body of that content type.',
  },
  INVALID_EVENT: {
    status: 400,
    retry: 'no',
    summary:
      'An event is not what CloudEvents 1.0 asks for; every problem is listed with attribute and rule.',
  },
  EVENT_TOO_LARGE: {
    status: 413,
    retry: 'no',
    summary: 'An event or a batch is larger than the activator takes.',
  },
  QUEUE_FULL: {
    status: 429,
    retry: 'later',
    summary: 'As many events wait as may, of one trigger or in all; nothing was stored.',
  },
  SESSION_QUEUE_FULL: {
    status: 429,
    retry: 'later',
    summary: 'Too many requests wait for this session to wake.',
  },
  RUNTIME_QUEUE_FULL: {
    status: 429,
    retry: 'later',
    summary: 'Too many requests wait for sandboxes of this runtime.',
  },
  SERVER_OVERLOADED: {
    status: 429,
    retry: 'later',
    summary: 'The activator holds as many requests as it may.',
  },
  SANDBOX_CRASHED: {
    status: 502,
    retry: 'later',
    summary:
      'The sandbox ended while a request waited for it; the next request starts it afresh with its files.',
  },
  SANDBOX_UNREACHABLE: {
    status: 502,
    retry: 'later',
    summary: 'The sandbox runs but does not accept connections.',
  },
  SANDBOX_CONNECTION_LOST: {
    status: 503,
    retry: 'later',
    summary: 'The connection to the sandbox broke before an answer came.',
  },
  SANDBOX_START_FAILED: {
    status: 503,
    retry: 'later',
    summary: 'The sandbox did not start; `reason` says why.',
  },
  SANDBOX_START_TIMEOUT: { status: 504, retry: 'later', summary: 'The sandbox was not ready in time.' },
  WAKE_TIMEOUT: {
    status: 504,
    retry: 'later',
    summary: 'The request waited for its sandbox as long as it may.',
  },
  NODE_UNREACHABLE: {
    status: 503,
    retry: 'later',
    summary: 'The node that has the sandbox does not answer, or its node agent does not.',
  },
  CLUSTER_UNAVAILABLE: {
    status: 503,
    retry: 'later',
    summary: 'The API server of the cluster does not answer, or refuses the platform.',
  },
  STORE_UNAVAILABLE: {
    status: 503,
    retry: 'later',
    summary: 'The store of sessions cannot be reached or written.',
  },
  NOT_LEADER: {
    status: 503,
    retry: 'later',
    summary: 'Another controller leads, or none does yet; ask again shortly.',
  },
  SHUTTING_DOWN: {
    status: 503,
    retry: 'later',
    summary: 'The platform is stopping; sessions come back with it.',
  },
  JWT_SIGNING_FAILED: {
    status: 500,
    retry: 'no',
    summary: 'The token for the sandbox could not be signed.',
  },
  INTERNAL: { status: 500, retry: 'no', summary: 'A fault of the platform; its text is in the log.' },
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof errorKinds;

/** What may be told beside the code; all of it may reach the caller. */
export interface ErrorDetails {
  readonly reason?: string;
  readonly sessionId?: string;
  readonly retryAfterMs?: number;
  readonly problems?: readonly unknown[];
}

/** An expected failure. Anything else that is thrown is a fault and becomes `INTERNAL`. */
export class PlatformError extends Error {
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message);
    this.name = 'PlatformError';
    this.code = code;
    this.details = details;
  }
}

/** The HTTP status of a code. */
export const statusOf = (code: ErrorCode): number => errorKinds[code].status;

export interface ErrorBody {
  readonly error: string;
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly reason?: string;
  readonly sessionId?: string;
  readonly problems?: readonly unknown[];
}

/** The JSON body of a typed error: `{error, code, reason, retryable, sessionId}`. */
export function errorBody(error: PlatformError): ErrorBody {
  const { reason, sessionId, problems } = error.details;
  return {
    error: error.message,
    code: error.code,
    retryable: errorKinds[error.code].retry === 'later',
    ...(reason !== undefined && { reason }),
    ...(sessionId !== undefined && { sessionId }),
    ...(problems !== undefined && { problems }),
  };
}

/** Any thrown value as a PlatformError; the text of a fault is not told to the caller. */
export const asPlatformError = (thrown: unknown): PlatformError =>
  thrown instanceof PlatformError ? thrown : new PlatformError('INTERNAL', 'internal server error');
