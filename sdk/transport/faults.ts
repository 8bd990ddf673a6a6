// Owns: what a broken connection is called: whether nothing was sent, or nobody knows. Does not own: answers that are errors.
import { AgentCubeError } from '../errors.ts';

/** Which request it was. */
export interface Asked {
  readonly url: string;
  readonly sessionId: string | undefined;
}

/** Who was called, without what an address may hide: user, password, query. */
export function shownUrl(url: string): string {
  try {
    const { origin, pathname } = new URL(url);
    return `${origin}${pathname}`;
  } catch {
    return 'the address';
  }
}

/** Codes of Node for connections that never stood. */
const neverStood = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'ENOENT',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** Codes of connections that will not stand the next time either. */
const lasting = /^(ENOTFOUND|ERR_TLS_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_SSL_|EPROTO)/;

interface Fault {
  readonly code?: unknown;
  readonly cause?: unknown;
  readonly errors?: readonly unknown[];
  readonly name?: unknown;
}

/** The code of an error or of what caused it; of several tries of one connection the first. */
export function codeOf(fault: unknown): string {
  if (typeof fault !== 'object' || fault === null) return '';
  const { code, cause, errors, name } = fault as Fault;
  if (typeof code === 'string') return code;
  // Node's `fetch` leaves the code of its parser out.
  if (name === 'HTTPParserError') return 'HPE_INVALID';
  return codeOf(errors?.[0]) || codeOf(cause);
}

export const isNeverStood = (fault: unknown): boolean => neverStood.has(codeOf(fault));

export function unreachable({ url, sessionId }: Asked, cause: unknown): AgentCubeError {
  const code = codeOf(cause);
  const why = code === '' ? '' : ` (${code})`;
  const retryable = !lasting.test(code);
  return new AgentCubeError('UNREACHABLE', `${shownUrl(url)} cannot be reached${why}`, {
    cause,
    retryable,
    sessionId,
  });
}

export const connectTimeout = ({ url, sessionId }: Asked, afterMs: number): AgentCubeError =>
  new AgentCubeError('CONNECT_TIMEOUT', `no connection to ${shownUrl(url)} within ${afterMs} ms`, {
    retryable: true,
    sessionId,
  });

export const answerTimeout = ({ url, sessionId }: Asked, afterMs: number): AgentCubeError =>
  new AgentCubeError('TIMEOUT', `${shownUrl(url)} did not answer within ${afterMs} ms`, {
    retryable: true,
    sessionId,
  });

export const idleTimeout = ({ url, sessionId }: Asked, afterMs: number): AgentCubeError =>
  new AgentCubeError('TIMEOUT', `${shownUrl(url)} sent nothing more for ${afterMs} ms`, {
    retryable: true,
    sessionId,
  });

/** A parser's complaint is no broken connection: what came was no HTTP. */
export function lost({ url, sessionId }: Asked, cause: unknown): AgentCubeError {
  const code = codeOf(cause);
  const why = code === '' ? '' : ` (${code})`;
  if (code.startsWith('HPE_') || code === 'UND_ERR_HEADERS_OVERFLOW') {
    return new AgentCubeError('INVALID_RESPONSE', `${shownUrl(url)} answered no valid HTTP${why}`, {
      cause,
      sessionId,
    });
  }
  return new AgentCubeError('CONNECTION_LOST', `the connection to ${shownUrl(url)} broke${why}`, {
    cause,
    retryable: true,
    sessionId,
  });
}
