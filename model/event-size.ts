// What adapters of the event queue count and compare alike. Does not own how anything is kept.
import type { EncodedEvent } from './event-queue.ts';

/** What an event counts against `QueueLimits.bytes`: its body and its headers (bytes). */
export const sizeOf = ({ headers, body }: EncodedEvent): number =>
  headers.reduce((sum, [name, value]) => sum + name.length + value.length, body.byteLength);

/** The namespace in a triggerKeyText. */
export const namespaceIn = (trigger: string): string => trigger.slice(0, Math.max(0, trigger.indexOf('/')));
