// Owns: what an answer of 300 and above means, as an error: the platform's typed errors, stock AgentCube's texts, PicoD's, and what
// has no such route. Pure. Does not own: reading the answer (client.ts), or what is done about it (retry.ts).
import { AgentCubeError, type AgentCubeErrorCode } from '../errors.ts';
import { isPlatformCode } from '../hints.ts';

/** Who answers in the end: the platform itself, the daemon of an interpreter, or a user's agent. */
export type Answerer = 'platform' | 'daemon' | 'agent';

export interface FailedAnswer {
  readonly status: number;
  /** The beginning of the body. */
  readonly text: string;
  readonly location: string | null;
  readonly retryAfterMs: number | undefined;
  /** Of the answer's header: set by whoever forwarded to a sandbox. */
  readonly sessionId: string | undefined;
}

export interface Asked {
  /** As messages name it: `sessions.pause`. */
  readonly feature: string;
  readonly answerer: Answerer;
  /** Stock AgentCube 0.1 has no such route. */
  readonly additive: boolean;
  /** The session that is called; sent along. */
  readonly sessionId?: string | undefined;
  /** The session that the path is about; not sent along. */
  readonly namesSession?: string | undefined;
}

interface Told {
  readonly error?: unknown;
  readonly message?: unknown;
  readonly code?: unknown;
  readonly retryable?: unknown;
  readonly reason?: unknown;
  readonly sessionId?: unknown;
  readonly problems?: unknown;
  readonly kind?: unknown;
}

const shown = 500;

function objectOf(text: string): Told {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

/** Stock AgentCube has texts and no codes. */
const stockTexts: readonly (readonly [RegExp, string])[] = [
  [/^sessions\.agentcube\.volcano\.sh .* not found$/s, 'SESSION_NOT_FOUND'],
  [/^Session ID .* not found/s, 'SESSION_NOT_FOUND'],
  [/^(agentruntimes|codeinterpreters)\.agentcube\.volcano\.sh .* not found$/s, 'RUNTIME_NOT_FOUND'],
  [/^(agent runtime|code interpreter) not found$/, 'RUNTIME_NOT_FOUND'],
  [/^no entry point found for sandbox$/, 'SANDBOX_UNREACHABLE'],
  [/^invalid upstream endpoint /, 'SANDBOX_UNREACHABLE'],
  [/^sandbox timeout$/, 'SANDBOX_UNREACHABLE'],
  [/^(sandbox creation timed out|request timed out)$/, 'SANDBOX_START_TIMEOUT'],
  [/^(File|Directory) not found$/, 'FILE_NOT_FOUND'],
  [/^request body too large$/, 'BODY_TOO_LARGE'],
];

const byStatus: Readonly<Record<number, AgentCubeErrorCode>> = {
  400: 'INVALID_REQUEST',
  401: 'UNAUTHORIZED',
  403: 'FORBIDDEN',
  409: 'CONFLICT',
  413: 'BODY_TOO_LARGE',
  415: 'UNSUPPORTED_MEDIA_TYPE',
  429: 'SERVER_OVERLOADED',
};

/** One of stock AgentCube's texts has two meanings. */
function stockCode(status: number, message: string): string | undefined {
  if (message !== 'sandbox unreachable') return stockTexts.find(([pattern]) => pattern.test(message))?.[1];
  return status === 503 ? 'SANDBOX_CONNECTION_LOST' : 'SANDBOX_UNREACHABLE';
}

const absentRoute = new Set([404, 405, 501]);
const passing = new Set([429, 502, 503, 504]);

/** As the platform writes codes: a newer one may know some that are unknown here. */
const codeShape = /^[A-Z][A-Z_]{2,63}$/;

/** The code, where what was answered is an error of the platform's own. */
function platformCode(told: Told, failed: FailedAnswer, { answerer }: Asked): string | undefined {
  const code = textOf(told.code);
  if (code === undefined) return undefined;
  const whole = codeShape.test(code) && typeof told.retryable === 'boolean';
  // An agent may say `code`, too, and what it answers carries the session; only the platform says the rest as well.
  if (answerer === 'agent' && failed.sessionId !== undefined) return whole ? code : undefined;
  return whole || isPlatformCode(code) ? code : undefined;
}

function codeOf(told: Told, message: string, failed: FailedAnswer, asked: Asked): string {
  const { status } = failed;
  const code = platformCode(told, failed, asked);
  if (code !== undefined) return code;
  if (status < 400) return status < 300 ? 'INVALID_RESPONSE' : 'UNEXPECTED_REDIRECT';
  if (asked.answerer === 'agent' && failed.sessionId !== undefined) return 'AGENT_ERROR';
  const known = stockCode(status, message);
  if (known !== undefined) return known;
  // A Kubernetes API server in between answers for itself.
  if (asked.additive && absentRoute.has(status) && told.kind !== 'Status') return 'NOT_SUPPORTED_BY_SERVER';
  return byStatus[status] ?? 'SERVER_ERROR';
}

function messageOf(told: Told, { status, text }: FailedAnswer): string {
  const said = textOf(told.error) ?? textOf(told.message) ?? text.trim().split('\n')[0] ?? '';
  return said === '' ? `status ${status}` : said.slice(0, shown);
}

/** Where it points to: the origin only, for the rest may hold a secret. */
function target(location: string | null): string {
  try {
    return location === null ? 'nowhere' : new URL(location).origin;
  } catch {
    return 'another path';
  }
}

function worded(code: string, message: string, { status, location }: FailedAnswer, asked: Asked): string {
  switch (code) {
    case 'UNEXPECTED_REDIRECT':
      return `${asked.feature}: the server answered ${status} and points to ${target(location)}`;
    case 'INVALID_RESPONSE':
      return `${asked.feature}: the server answered ${status} and not what was asked for`;
    case 'NOT_SUPPORTED_BY_SERVER':
      return `the server has no ${asked.feature} (it answered ${status})`;
    case 'AGENT_ERROR':
      return `the agent answered ${status}: ${message}`;
    default:
      return message;
  }
}

/** The error that an answer means. */
export function failureOf(failed: FailedAnswer, asked: Asked): AgentCubeError {
  const told = objectOf(failed.text);
  const message = messageOf(told, failed);
  const code = codeOf(told, message, failed, asked);
  const { status, retryAfterMs } = failed;
  const fromAgent = code === 'AGENT_ERROR';
  return new AgentCubeError(code, worded(code, message, failed, asked), {
    status,
    retryAfterMs,
    sessionId: textOf(told.sessionId) ?? asked.sessionId ?? asked.namesSession ?? failed.sessionId,
    retryable: typeof told.retryable === 'boolean' ? told.retryable : passing.has(status),
    ...(fromAgent ? {} : { reason: textOf(told.reason) }),
    ...(Array.isArray(told.problems) && { problems: told.problems as unknown[] }),
    ...(code === 'NOT_SUPPORTED_BY_SERVER' && { feature: asked.feature }),
    ...(!isPlatformCode(code) && { body: failed.text.slice(0, fromAgent ? undefined : shown) }),
  });
}
