// When an event is tried again: Knative's table of answers, its two ways to wait, and `Retry-After`.
// Does not own what an answer means otherwise (delivery-verdict.ts), nor time and chance: both are handed in.
// From knative/eventing, pkg/kncloudevents/retries.go (SelectiveRetry, RetryConfigFromDeliverySpec, generateBackoffFn).
import type { DeliveryPolicy } from '../../../model/deployed-trigger.ts';

/** Below 500 only these: not there yet, too slow, in conflict, too many. */
const passing: ReadonlySet<number> = new Set([404, 408, 409, 429]);

/** Whether Knative tries again after this status; 0 stands for no answer at all, after which it always does. */
export const isRetried = (status: number): boolean => status === 0 || status >= 500 || passing.has(status);

/** Only with these does Knative read `Retry-After`. */
const asksToWait: ReadonlySet<number> = new Set([429, 503]);

/** However often it was tried, nobody means to wait longer (ms). */
export const longestBackoffMs = 3_600_000;
/** The most that chance adds to a wait, as a part of it: what failed together does not come back together. */
const jitterPart = 0.25;

function plainBackoffMs({ backoffPolicy, backoffDelayMs }: DeliveryPolicy, tries: number): number {
  // Knative's code multiplies a linear delay by 0 first; its documentation says by the number of the retry, which is taken here.
  const factor = backoffPolicy === 'linear' ? tries + 1 : 2 ** tries;
  return Math.min(backoffDelayMs * factor, longestBackoffMs);
}

/** `tries`: how often it was tried before the one that failed. `chance`: from 0 up to 1. Answers milliseconds. */
export const backoffMs = (policy: DeliveryPolicy, tries: number, chance: number): number =>
  Math.round(plainBackoffMs(policy, tries) * (1 + jitterPart * chance));

const seconds = /^\d{1,9}$/;
/** The one form of date that is still written, and the two old ones (RFC 9110, section 5.6.7). */
const httpDate = /^(?:(?:[A-Z][a-z]{2}|[A-Z][a-z]+day), .+ GMT|[A-Z][a-z]{2} [A-Z][a-z]{2} .+)$/;

const dateMs = (text: string): number => Date.parse(text.endsWith('GMT') ? text : `${text} GMT`);

/** The wait that a `Retry-After` asks for (RFC 9110, section 10.2.3), in milliseconds; 0 when it asks for none. */
export function retryAfterMs(value: string | undefined, now: number): number {
  const text = value?.trim() ?? '';
  if (seconds.test(text)) return Number(text) * 1_000;
  const at = httpDate.test(text) ? dateMs(text) : NaN;
  return Number.isNaN(at) ? 0 : Math.max(0, at - now);
}

/** An answer that did not take the event. */
export interface Failed {
  /** 0: there was none. */
  readonly status: number;
  /** Its header of that name. */
  readonly retryAfter?: string | undefined;
}

/** When to try again (ms since the epoch): the longer of the policy's wait and what was asked for, as far as that is honoured. */
export function nextTryAt(
  policy: DeliveryPolicy,
  { status, retryAfter }: Failed,
  { tries, now, chance }: { readonly tries: number; readonly now: number; readonly chance: number },
): number {
  const most = policy.retryAfterMaxMs;
  const asked = most !== null && asksToWait.has(status) ? Math.min(retryAfterMs(retryAfter, now), most) : 0;
  return now + Math.max(backoffMs(policy, tries, chance), asked);
}
