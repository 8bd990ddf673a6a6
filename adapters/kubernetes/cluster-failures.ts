// What went wrong with the API server, in the platform's words. Does not own trying again.
// Invariant: an answer that says something about the object asked for (not found, taken, refused) is an ApiRefusal; whatever
// says nothing about it becomes CLUSTER_UNAVAILABLE, so nobody concludes from an outage that something does not exist.
import { ApiException } from '@kubernetes/client-node';
import { PlatformError } from '../../model/errors.ts';

interface Status {
  readonly message?: string;
  readonly reason?: string;
}

/** The API server understood and said no. `reason` is Kubernetes' word (`NotFound`, `AlreadyExists`, `Conflict`, `Forbidden`, …). */
export class ApiRefusal extends Error {
  readonly status: number;
  readonly reason: string;

  constructor(status: number, reason: string, message: string) {
    super(message);
    this.name = 'ApiRefusal';
    this.status = status;
    this.reason = reason;
  }
}

const unavailable = (why: string, reason: string): PlatformError =>
  new PlatformError('CLUSTER_UNAVAILABLE', `the API server of the cluster ${why}`, { reason });

function statusOf(body: unknown): Status {
  try {
    const parsed: unknown = typeof body === 'string' ? JSON.parse(body) : body;
    return typeof parsed === 'object' && parsed !== null ? parsed : {};
  } catch {
    return {};
  }
}

/** What an answer other than success means. `body` is its text, or what was read of it. */
export function refusalOf(status: number, body: unknown): ApiRefusal | PlatformError {
  const { message, reason = '' } = statusOf(body);
  const said = message ?? (typeof body === 'string' && body !== '' ? body.slice(0, 300) : `status ${status}`);
  if (status === 401) return unavailable(`does not accept our credentials (${said})`, 'unauthorized');
  if (status === 429) return unavailable(`asks for patience (${said})`, 'overloaded');
  if (status >= 500) return unavailable(`failed (${said})`, 'failed');
  return new ApiRefusal(status, reason, said);
}

interface Fault {
  readonly name?: unknown;
  readonly message?: unknown;
  readonly cause?: unknown;
}

/** By their names: what says that time is over is no Error in every release. */
const isTimeout = ({ name }: Fault): boolean => name === 'TimeoutError' || name === 'AbortError';

/** The innermost words: `fetch failed` says nothing, its cause does. */
function wordsOf({ message, cause }: Fault): string {
  const inner = typeof cause === 'object' && cause !== null ? wordsOf(cause) : '';
  return inner || (typeof message === 'string' ? message : '');
}

/** Any fault of a request: an ApiRefusal or a PlatformError stays as it is; the library's own become one of the two. */
export function clusterFault(fault: unknown): ApiRefusal | PlatformError {
  if (fault instanceof ApiRefusal || fault instanceof PlatformError) return fault;
  if (fault instanceof ApiException) return refusalOf(fault.code, fault.body);
  const seen: Fault = typeof fault === 'object' && fault !== null ? fault : { message: String(fault) };
  if (isTimeout(seen)) return unavailable('does not answer in time', 'timeout');
  return unavailable(`cannot be reached (${wordsOf(seen)})`, 'unreachable');
}

/** As `clusterFault`, for whoever has no use for a refusal: that becomes CLUSTER_UNAVAILABLE with its words. */
export function asClusterFailure(fault: unknown): PlatformError {
  const known = clusterFault(fault);
  if (known instanceof PlatformError) return known;
  return unavailable(`refused (${known.message})`, known.status === 403 ? 'forbidden' : 'refused');
}

export const isRefusal = (fault: unknown, ...reasons: readonly string[]): fault is ApiRefusal =>
  fault instanceof ApiRefusal && reasons.includes(fault.reason);

/** The object asked for does not exist (or its kind does not). */
export const isNotFound = (fault: unknown): fault is ApiRefusal =>
  fault instanceof ApiRefusal && fault.status === 404;
