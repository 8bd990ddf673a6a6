// An event as it comes over HTTP, in a request or in a reply: its attributes, and its bytes as they came.
// Does not own what a mode means (binary-event.ts, json-events.ts), nor what becomes of an event. No byte is made anew: what is
// handed on is what was sent.
import type { Attributes } from '../../model/cesql/attributes.ts';
import type { EncodedEvent } from '../../model/event-queue.ts';
import { binaryEvent } from './binary-event.ts';
import { eventHead, type EventHead } from './core/head.ts';
import { batchEvents, structuredEvent, type BatchLimits } from './json-events.ts';
import { invalidEvent, type ReadEvent } from './read-event.ts';

export type { BatchLimits, EventHead, ReadEvent };
export { eventHead };

/**
 * The events of a message: one, or those of a batch in their order. Throws INVALID_EVENT with every problem,
 * UNSUPPORTED_MEDIA_TYPE for a format that is not JSON's, EVENT_TOO_LARGE for a batch beyond its limits.
 */
export function readEvents(head: EventHead, body: Uint8Array, limits: BatchLimits): readonly ReadEvent[] {
  switch (head.mode) {
    case 'batch':
      return batchEvents(head, body, limits);
    case 'structured':
      return [structuredEvent(head, body)];
    case 'binary':
      return [binaryEvent(head, body)];
    case undefined:
      throw invalidEvent([
        {
          attribute: 'the request',
          rule: 'is no event: neither headers that begin with ce-, nor the Content-Type of CloudEvents',
        },
      ]);
  }
}

const noBatch: BatchLimits = { maxBatchEvents: 0, maxEventBytes: 0 };

/**
 * The event of a message that may be none, such as a handler's reply; undefined when it is none. Throws as `readEvents` does
 * for one that is wrong, and EVENT_TOO_LARGE for a batch that is not empty, which nobody asks a handler for.
 */
export function readEvent(rawHeaders: readonly string[], body: Uint8Array): ReadEvent | undefined {
  const head = eventHead(rawHeaders);
  return head.mode === undefined ? undefined : readEvents(head, body, noBatch)[0];
}

/** The attributes of an event that was read before. */
export function attributesOf({ headers, body }: EncodedEvent): Attributes {
  return readEvent(headers.flat(), body)?.attributes ?? {};
}
