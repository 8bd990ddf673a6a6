// What the headers of a message say of the events in it (CloudEvents HTTP binding 1.0.2, section 3): the mode, and the headers that
// belong to an event. Does not own what the headers' values mean, nor the body.

export type EventMode = 'binary' | 'structured' | 'batch';

export type Header = readonly [name: string, value: string];

/** What a message's headers say of the events in it. */
export interface EventHead {
  /** Undefined: nothing says that there is an event. */
  readonly mode: EventMode | undefined;
  readonly contentType: string | undefined;
  /** `ce-*` in lower case, in the order given. */
  readonly attributes: readonly Header[];
  /** Trace context of W3C. */
  readonly trace: readonly Header[];
}

/** What the name of an attribute's header begins with. */
export const prefix = 'ce-';
const batchType = /^application\/cloudevents-batch/i;
const structuredType = /^application\/cloudevents/i;

function modeOf(contentType: string | undefined, attributes: readonly Header[]): EventMode | undefined {
  if (contentType !== undefined && batchType.test(contentType)) return 'batch';
  if (contentType !== undefined && structuredType.test(contentType)) return 'structured';
  return attributes.length > 0 ? 'binary' : undefined;
}

/** `rawHeaders`: names and values in turns, as Node gives them. */
export function eventHead(rawHeaders: readonly string[]): EventHead {
  const attributes: Header[] = [];
  const trace: Header[] = [];
  let contentType: string | undefined;
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] ?? '').toLowerCase();
    const value = rawHeaders[at + 1] ?? '';
    if (name.startsWith(prefix)) attributes.push([name, value]);
    else if (name === 'content-type') contentType = value;
    else if (name === 'traceparent' || name === 'tracestate') trace.push([name, value]);
  }
  return { mode: modeOf(contentType, attributes), contentType, attributes, trace };
}
