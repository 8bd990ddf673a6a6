// What becomes of a delivery after one try: done, tried again and when, given back as not tried, or given up.
// Does not own the table of retries (delivery-retry.ts), who is told of what was given up, nor what a reply is.
// Every answer leads to exactly one verdict, and nothing is given up without saying why.
import type { DeliveryPolicy } from '../../../model/deployed-trigger.ts';
import type { DeliveryError, Taken } from '../../../model/event-queue.ts';
import { isRetried, nextTryAt } from './delivery-retry.ts';

/** What a try came to. */
export type Answer =
  /** Its target's answer, or the platform's own in its place. `fields`: name, value, name, value. */
  | {
      readonly kind: 'answered';
      readonly dest: string;
      readonly status: number;
      readonly fields: readonly string[];
      readonly body: Uint8Array;
      /** `body` is its beginning only. */
      readonly cut?: boolean;
      readonly sessionId?: string | undefined;
    }
  /** The target may have got it and did not answer, or not to the end. */
  | {
      readonly kind: 'silent';
      readonly dest: string;
      readonly reason: string;
      readonly sessionId?: string | undefined;
    }
  /** Nothing was sent, and that is not the target's fault: there was no room, or the platform stops. */
  | { readonly kind: 'untried'; readonly reason: string }
  /** Trying again cannot help, such as with a session that has ended. */
  | { readonly kind: 'hopeless'; readonly error: DeliveryError };

export type Verdict =
  | { readonly kind: 'done' }
  | { readonly kind: 'again'; readonly dueAt: number; readonly error: DeliveryError }
  | { readonly kind: 'untried'; readonly dueAt: number }
  | { readonly kind: 'givenUp'; readonly error: DeliveryError };

export interface Moment {
  readonly now: number;
  /** From 0 up to 1. */
  readonly chance: number;
}

/** What is told of an answer, in bytes, as Knative does. */
const mostData = 1_024;
/** Where there is no room it is looked for again after so long and up to twice that (ms). */
const roomWaitMs = 1_000;

const utf8 = new TextDecoder();

/** The beginning of an answer's body, as text of at most 1 KiB. */
export function beginningOf(body: Uint8Array): string {
  const text = utf8.decode(body.subarray(0, mostData));
  // Bytes that are no text take three each when they are written.
  return body.length <= mostData && !text.includes('\ufffd') ? text : shortened(text.replace(/\ufffd+$/, ''));
}

const encoder = new TextEncoder();

function shortened(text: string): string {
  let end = text.length;
  while (encoder.encode(text.slice(0, end)).length > mostData) end -= 1;
  return text.slice(0, end);
}

/** The last value of a header; `name` in lower case. */
export function fieldOf(fields: readonly string[], name: string): string | undefined {
  const at = fields.findLastIndex((text, i) => i % 2 === 0 && text.toLowerCase() === name);
  return at < 0 ? undefined : fields[at + 1];
}

const isTaken = (status: number): boolean => status >= 200 && status < 300;

interface Failure {
  readonly error: DeliveryError;
  readonly retryAfter?: string | undefined;
}

function failureOf(answer: Extract<Answer, { kind: 'answered' | 'silent' }>): Failure {
  const { dest } = answer;
  if (answer.kind === 'silent') return { error: { dest, code: 0, data: shortened(answer.reason) } };
  const error = { dest, code: answer.status, data: beginningOf(answer.body) };
  return { error, retryAfter: fieldOf(answer.fields, 'retry-after') };
}

/** What becomes of a failure: tried again as long as the policy allows, and only where that may help. */
function afterFailure(
  failure: Failure,
  { tries }: Pick<Taken, 'tries'>,
  policy: DeliveryPolicy,
  moment: Moment,
): Verdict {
  const { error, retryAfter } = failure;
  if (tries >= policy.retry || !isRetried(error.code)) return { kind: 'givenUp', error };
  const dueAt = nextTryAt(policy, { status: error.code, retryAfter }, { tries, ...moment });
  return { kind: 'again', dueAt, error };
}

/** `taken.tries`: how often it was tried before this. */
export function verdictOf(
  answer: Answer,
  taken: Pick<Taken, 'tries'>,
  policy: DeliveryPolicy,
  moment: Moment,
): Verdict {
  switch (answer.kind) {
    case 'untried':
      return { kind: 'untried', dueAt: moment.now + Math.round(roomWaitMs * (1 + moment.chance)) };
    case 'hopeless':
      return { kind: 'givenUp', error: answer.error };
    case 'answered':
      if (isTaken(answer.status)) return { kind: 'done' };
      return afterFailure(failureOf(answer), taken, policy, moment);
    case 'silent':
      return afterFailure(failureOf(answer), taken, policy, moment);
  }
}

/** Whether a reply that `hops` replies led to is one too many; 1 is the reply to an event from outside. */
export const isTooFar = (hops: number, mostHops: number): boolean => hops > mostHops;
