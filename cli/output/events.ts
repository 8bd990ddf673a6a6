// The data of server-sent events, each as soon as it is whole. Does not own what is in it.
import type { Readable } from 'node:stream';
import { createParser } from 'eventsource-parser';

export async function* eventData(stream: Readable): AsyncGenerator<string> {
  const found: string[] = [];
  const parser = createParser({ onEvent: ({ data }) => void found.push(data) });
  const decoder = new TextDecoder();
  for await (const chunk of stream) {
    parser.feed(decoder.decode(chunk as Uint8Array, { stream: true }));
    yield* found.splice(0);
  }
  // A last event that was not ended by a blank line is none.
}
