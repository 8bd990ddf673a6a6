// Owns: whether a call that failed is made again, and when. Pure. A call that may have been carried out is made again only where
// doing it twice is harmless. Does not own: waiting (client.ts).
import type { AgentCubeError } from '../errors.ts';

/** Nothing was sent. */
const unsent = new Set(['UNREACHABLE', 'CONNECT_TIMEOUT']);

/** Refused by the platform before anything began. */
const unbegun = new Set([
  'SERVER_OVERLOADED',
  'SESSION_QUEUE_FULL',
  'RUNTIME_QUEUE_FULL',
  'QUEUE_FULL',
  'STORE_UNAVAILABLE',
  'NOT_LEADER',
  'SHUTTING_DOWN',
  'IDENTITY_PROVIDER_UNAVAILABLE',
]);

const passing = new Set([429, 502, 503, 504]);

const firstWaitMs = 200;
const longestWaitMs = 5_000;
/** Whoever asks for more than this leaves the waiting to the caller. */
const longestRetryAfterMs = 30_000;
const share = 0.25;

/** @param harmless doing it twice is as doing it once. */
export function mayRetry(error: AgentCubeError, harmless: boolean): boolean {
  if ((error.retryAfterMs ?? 0) > longestRetryAfterMs) return false;
  if (unsent.has(error.code)) return error.retryable;
  const { status = 0 } = error;
  if (unbegun.has(error.code) && (status === 429 || status === 503)) return true;
  if (!harmless) return false;
  return error.code === 'CONNECTION_LOST' || (error.retryable && passing.has(status));
}

/**
 * Milliseconds until the next try: what the server asks for and up to a quarter more, else a random half of a time that doubles.
 * @param tries how many there were; 1 or more. @param random 0 to 1.
 */
export function waitMs(tries: number, retryAfterMs: number | undefined, random: number): number {
  if (retryAfterMs !== undefined) return retryAfterMs * (1 + share * random);
  const most = Math.min(firstWaitMs * 2 ** (tries - 1), longestWaitMs);
  return most / 2 + (most / 2) * random;
}

/** `Retry-After` in milliseconds: seconds or a date (RFC 9110, 10.2.3). */
export function readRetryAfter(header: string | null, now: number): number | undefined {
  if (header === null || header.trim() === '') return undefined;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return seconds >= 0 ? seconds * 1_000 : undefined;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
