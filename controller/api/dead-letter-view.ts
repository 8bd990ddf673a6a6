// A dead letter as the control API tells of it. Does not own what one is (model/event-queue.ts).
import type { DeadLetter } from '../../model/event-queue.ts';
import type { DeadLetterView, DeadLetterWithEvent } from './schemas.ts';

const timeOf = (ms: number): string => new Date(ms).toISOString();

/** Without the event itself, which may be large. */
export function deadLetterView(letter: DeadLetter): DeadLetterView {
  const { deadId, trigger, source, id, type, tries, hops, error } = letter;
  return {
    id: deadId,
    trigger: trigger.slice(trigger.indexOf('/') + 1),
    event: { id, source, type },
    ...{ tries, hops, error: { ...error } },
    cameAt: timeOf(letter.at),
    buriedAt: timeOf(letter.buriedAt),
  };
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Bytes as text where they are UTF-8, else in Base64. */
function bodyOf(bytes: Uint8Array): { body: string } | { bodyBase64: string } {
  try {
    return { body: utf8.decode(bytes) };
  } catch {
    return { bodyBase64: Buffer.from(bytes).toString('base64') };
  }
}

/** With the event as it came. */
export function wholeDeadLetter(letter: DeadLetter): DeadLetterWithEvent {
  const { mode, headers, body } = letter.event;
  const message = { mode, headers: headers.map(([name, value]) => ({ name, value })), ...bodyOf(body) };
  return { ...deadLetterView(letter), message };
}
