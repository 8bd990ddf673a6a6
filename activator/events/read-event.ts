// An event that is valid, and the refusal of one that is not. Does not own the rules.
import type { Attributes } from '../../model/cesql/attributes.ts';
import { PlatformError } from '../../model/errors.ts';
import type { EncodedEvent } from '../../model/event-queue.ts';
import { problemText, type EventProblem } from './core/attribute-rules.ts';

/** A valid event. */
export interface ReadEvent {
  readonly attributes: Attributes;
  readonly encoded: EncodedEvent;
}

/** The most problems that one answer tells. */
const mostTold = 20;

/** An event that is refused, with all that is wrong with it. */
export function invalidEvent(problems: readonly EventProblem[]): PlatformError {
  const told = problems.slice(0, mostTold);
  const [first = { attribute: '', rule: '' }] = told;
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
  return new PlatformError('INVALID_EVENT', `${problemText(first)}${more}`, { problems: told });
}

/** A body that cannot be read as the event that it should be. */
export const brokenBody = (rule: string): EventProblem => ({ attribute: 'the body', rule });
