// Owns: server-sent events as text (https://html.spec.whatwg.org/multipage/server-sent-events.html).

/** An event of a stream that says more than its data. Yield one from a generator. */
export interface ServerSentEvent {
  readonly event?: string;
  readonly id?: string;
  /** How long the caller is to wait before it connects again (ms). */
  readonly retry?: number;
  readonly data: unknown;
}

const marked = new WeakSet<object>();

/** Marks a value as a whole event, so that objects with a field `data` of their own stay plain data. */
export function serverSentEvent(event: ServerSentEvent): ServerSentEvent {
  const own = { ...event };
  marked.add(own);
  return own;
}

/** Whether {@link serverSentEvent} made it. */
export const isServerSentEvent = (value: unknown): value is ServerSentEvent =>
  typeof value === 'object' && value !== null && marked.has(value);

const oneLine = (text: string): string => text.replaceAll(/[\r\n\0]+/g, ' ');

/** Strings go as they are, a line each; anything else as JSON. */
export function sseText(value: unknown): string {
  const { event, id, retry, data }: ServerSentEvent = isServerSentEvent(value) ? value : { data: value };
  const text = typeof data === 'string' ? data : (JSON.stringify(data) ?? '');
  const fields = [
    ...(event === undefined ? [] : [`event: ${oneLine(event)}`]),
    ...(id === undefined ? [] : [`id: ${oneLine(id)}`]),
    ...(retry === undefined ? [] : [`retry: ${Math.round(retry)}`]),
    ...text.split(/\r\n|\r|\n/).map((line) => `data: ${line}`),
  ];
  return `${fields.join('\n')}\n\n`;
}
