// Owns: what a broken connection is called: whether nothing was sent, or nobody knows. Does not own: answers that are errors.
import { AgentCubeError } from '../errors.ts';

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

/** The code of an error or of what caused it; of several tries of one connection the first. */
export function codeOf(fault: unknown): string {
  if (typeof fault !== 'object' || fault === null) return '';
  const { code, cause, errors } = fault as { code?: unknown; cause?: unknown; errors?: readonly unknown[] };
  if (typeof code === 'string') return code;
  return codeOf(errors?.[0]) || codeOf(cause);
}

export const isNeverStood = (fault: unknown): boolean => neverStood.has(codeOf(fault));

export function unreachable(url: string, cause: unknown): AgentCubeError {
  const code = codeOf(cause);
  const why = code === '' ? '' : ` (${code})`;
  const retryable = !lasting.test(code);
  return new AgentCubeError('UNREACHABLE', `${shownUrl(url)} cannot be reached${why}`, { cause, retryable });
}

export const connectTimeout = (url: string, afterMs: number): AgentCubeError =>
  new AgentCubeError('CONNECT_TIMEOUT', `no connection to ${shownUrl(url)} within ${afterMs} ms`, {
    retryable: true,
  });

export const answerTimeout = (url: string, afterMs: number): AgentCubeError =>
  new AgentCubeError('TIMEOUT', `${shownUrl(url)} did not answer within ${afterMs} ms`, { retryable: true });

export const idleTimeout = (url: string, afterMs: number): AgentCubeError =>
  new AgentCubeError('TIMEOUT', `${shownUrl(url)} sent nothing more for ${afterMs} ms`, { retryable: true });

/** A parser's complaint is no broken connection: what came was no HTTP. */
export function lost(url: string, cause: unknown): AgentCubeError {
  const code = codeOf(cause);
  const why = code === '' ? '' : ` (${code})`;
  if (code.startsWith('HPE_')) {
    return new AgentCubeError('INVALID_RESPONSE', `${shownUrl(url)} answered no valid HTTP${why}`, { cause });
  }
  return new AgentCubeError('CONNECTION_LOST', `the connection to ${shownUrl(url)} broke${why}`, {
    cause,
    retryable: true,
  });
}
