// Whether one more request may be taken: answered now, or left waiting in its socket. S3: what was taken is not refused for room later.
// Does not count; the shell hands in the counts.
import type { ErrorCode } from '../../model/errors.ts';

export interface Limits {
  /** Requests in hand at once; those that wait are not counted. */
  readonly maxConcurrentRequests: number;
  readonly maxWaitingPerSession: number;
  readonly maxWaitingPerRuntime: number;
  readonly maxWaiting: number;
}

export interface Waiting {
  readonly forSession: number;
  readonly forRuntime: number;
  readonly inAll: number;
}

export type Admission =
  'go' | Extract<ErrorCode, 'SERVER_OVERLOADED' | 'SESSION_QUEUE_FULL' | 'RUNTIME_QUEUE_FULL'>;

/** May a request be taken at all? */
export const mayEnter = (limits: Limits, inHand: number): Admission =>
  inHand < limits.maxConcurrentRequests ? 'go' : 'SERVER_OVERLOADED';

/** May it wait? The narrowest queue that is full is the one named. */
export function mayWait(limits: Limits, waiting: Waiting): Admission {
  if (waiting.forSession >= limits.maxWaitingPerSession) return 'SESSION_QUEUE_FULL';
  if (waiting.forRuntime >= limits.maxWaitingPerRuntime) return 'RUNTIME_QUEUE_FULL';
  return waiting.inAll < limits.maxWaiting ? 'go' : 'SERVER_OVERLOADED';
}
