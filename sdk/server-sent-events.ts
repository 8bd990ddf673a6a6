// Owns: reading a `text/event-stream` (WHATWG HTML, 9.2) as events. Does not own: reconnecting; a stream that breaks off fails.
import { createParser } from 'eventsource-parser';
import { texts } from './transport/read.ts';

/** One of the events of a `text/event-stream`. */
export interface ServerSentEvent {
  readonly event?: string;
  readonly id?: string;
  readonly data: string;
}

/** The events of a body as they come; comments and `retry` are left out. */
export async function* serverSentEvents(
  body: ReadableStream<Uint8Array>,
): AsyncGenerator<ServerSentEvent, void> {
  const parsed: ServerSentEvent[] = [];
  const parser = createParser({
    onEvent: ({ event, id, data }) =>
      parsed.push({ data, ...(event !== undefined && { event }), ...(id !== undefined && { id }) }),
  });
  for await (const text of texts(body)) {
    parser.feed(text);
    yield* parsed.splice(0);
  }
}
