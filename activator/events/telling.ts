// Tells whoever watches of each try of a delivery. Does not own how that is carried. While nobody watches it costs nothing.
import type { Clock } from '../../model/clock.ts';
import type { DeliveryTelling, ToldTry } from '../../model/delivery-watch.ts';
import type { Tried } from './dispatcher.ts';

const results = { done: 'delivered', again: 'again', untried: 'untried', givenUp: 'givenUp' } as const;
const longestReason = 200;
const utf8 = new TextDecoder();

function outcomeOf({ answer, verdict }: Tried): Pick<ToldTry, 'status' | 'reason' | 'sessionId'> {
  if (answer.kind === 'untried') return { status: 0, reason: answer.reason };
  if (answer.kind === 'hopeless') return { status: answer.error.code, reason: answer.error.data };
  const session = answer.sessionId === undefined ? {} : { sessionId: answer.sessionId };
  if (answer.kind === 'silent') return { status: 0, reason: answer.reason, ...session };
  const text = verdict === 'done' ? '' : utf8.decode(answer.body.subarray(0, longestReason));
  return { status: answer.status, ...(text !== '' && { reason: text }), ...session };
}

/** A try as it is told. `by`: which program tried; `at`: when it ended (ms since the epoch). */
export function toldTry(tried: Tried, by: string, at: number): ToldTry {
  const { trigger, source, id, type, tries, hops } = tried.taken;
  const what = { trigger, source, id, type, tries, hops };
  const tookMs = Math.round(tried.tookMs);
  return { at, by, ...what, result: results[tried.verdict], ...outcomeOf(tried), tookMs };
}

/** For a dispatcher's `onTried`. */
export const tellingOf =
  (telling: DeliveryTelling, by: string, clock: Pick<Clock, 'now'>) =>
  (tried: Tried): void => {
    if (telling.watched()) telling.tell(toldTry(tried, by, clock.now()));
  };
