// An event as it comes over HTTP, in a request or in a reply (CloudEvents HTTP binding 1.0.2, JSON format 1.0.2): which mode it is
// in, what its attributes are, and its bytes as they came. Does not own what an attribute may be (core/attribute-rules.ts,
// formats.ts), nor what becomes of an event. No byte is made anew: what is handed on is what was sent.
import { isUtf8 } from 'node:buffer';
import { attributeOf, type Attributes } from '../../model/cesql/attributes.ts';
import { PlatformError } from '../../model/errors.ts';
import type { EncodedEvent } from '../../model/event-queue.ts';
import { attributeProblems, problemText, type EventProblem } from './core/attribute-rules.ts';
import { elementsOf } from './core/elements.ts';
import { headerText } from './core/header-value.ts';
import { formatProblems, hasFormat } from './formats.ts';

/** A valid event. */
export interface ReadEvent {
  readonly attributes: Attributes;
  readonly encoded: EncodedEvent;
}

export type EventMode = 'binary' | 'structured' | 'batch';

type Header = readonly [name: string, value: string];

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

const prefix = 'ce-';
const structuredType = /^application\/cloudevents(?![\w!#$%&'*+.^`|~]*-batch)/i;
const jsonType = /^(application\/cloudevents)(-batch)?(\+json\s*(?:;.*)?)$/is;
const otherCharset = /;\s*charset\s*=\s*"?(?!utf-?8\b|us-ascii\b)[^\s;"]/i;

/** The most problems that one answer tells. */
const mostTold = 20;

/** An event that is refused, with all that is wrong with it. */
export function invalidEvent(problems: readonly EventProblem[]): PlatformError {
  const told = problems.slice(0, mostTold);
  const [first = { attribute: '', rule: '' }] = told;
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
  return new PlatformError('INVALID_EVENT', `${problemText(first)}${more}`, { problems: told });
}

const broken = (rule: string, event?: number): EventProblem => ({
  attribute: 'the body',
  rule,
  ...(event !== undefined && { event }),
});

const isBatch = (contentType: string): boolean => /^application\/cloudevents-batch/i.test(contentType);

function modeOf(contentType: string | undefined, attributes: readonly Header[]): EventMode | undefined {
  if (contentType !== undefined && isBatch(contentType)) return 'batch';
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

/** Senders that escape nothing put a URI with escapes of its own into a header; read once, it would be none any more. */
function headerValue(name: string, raw: string): string | undefined {
  const text = headerText(raw);
  const isUri = name === 'source' || name === 'dataschema';
  return isUri && raw.includes('%') && (text === undefined || !hasFormat(name, text)) ? raw : text;
}

function headerProblem(name: string, given: Record<string, string>): string | undefined {
  if (name === 'datacontenttype') return 'is the header Content-Type, without ce-';
  return Object.hasOwn(given, name) ? 'is given twice' : undefined;
}

function headerAttributes({ attributes, contentType }: EventHead): [Record<string, string>, EventProblem[]] {
  const given: Record<string, string> = {};
  const problems: EventProblem[] = [];
  for (const [header, raw] of attributes) {
    const name = header.slice(prefix.length);
    const value = headerValue(name, raw);
    const rule = value === undefined ? 'is not UTF-8' : headerProblem(name, given);
    if (rule !== undefined) problems.push({ attribute: name, rule });
    // An own property, whatever it is called.
    else Object.defineProperty(given, name, { value, enumerable: true, configurable: true, writable: true });
  }
  if (contentType !== undefined && contentType !== '') given['datacontenttype'] = contentType;
  return [given, problems];
}

function binaryEvent(head: EventHead, body: Uint8Array): ReadEvent {
  const [attributes, unread] = headerAttributes(head);
  const problems = [...unread, ...attributeProblems(attributes), ...formatProblems(attributes)];
  if (problems.length > 0) throw invalidEvent(problems);
  const { contentType, trace } = head;
  const type: readonly Header[] = contentType === undefined ? [] : [['content-type', contentType]];
  return { attributes, encoded: { mode: 'binary', headers: [...head.attributes, ...type, ...trace], body } };
}

const base64 = /^[A-Za-z0-9+/]*={0,2}$/;
const isBase64 = (value: unknown): boolean =>
  typeof value === 'string' && value.length % 4 === 0 && base64.test(value);

function dataProblems(members: Readonly<Record<string, unknown>>): EventProblem[] {
  const { data, data_base64: encoded } = members;
  if (encoded == null) return [];
  if (data !== undefined) return [{ attribute: 'data_base64', rule: 'is there beside data' }];
  return isBase64(encoded) ? [] : [{ attribute: 'data_base64', rule: 'is no Base64' }];
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The attributes of a JSON event, or what is wrong with it. Null stands for an attribute that is not there. */
function memberAttributes(value: unknown): Attributes | EventProblem[] {
  if (!isObject(value)) return [broken('is no JSON object')];
  const attributes: Record<string, never> = {};
  for (const name of Object.keys(value)) {
    if (name === 'data' || name === 'data_base64' || value[name] === null) continue;
    Object.defineProperty(attributes, name, { value: value[name], enumerable: true });
  }
  const problems = [...attributeProblems(attributes), ...formatProblems(attributes), ...dataProblems(value)];
  return problems.length > 0 ? problems : attributes;
}

function json(body: Uint8Array): unknown {
  if (!isUtf8(body)) throw invalidEvent([broken('is not UTF-8')]);
  try {
    return JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString()) as unknown;
  } catch (fault) {
    throw invalidEvent([broken(`is no JSON: ${fault instanceof Error ? fault.message : 'unreadable'}`)]);
  }
}

/** Throws UNSUPPORTED_MEDIA_TYPE for an event in a format that is not JSON's. */
function checkFormat(contentType: string): void {
  if (jsonType.test(contentType) && !otherCharset.test(contentType)) return;
  throw new PlatformError(
    'UNSUPPORTED_MEDIA_TYPE',
    `events come as application/cloudevents+json or application/cloudevents-batch+json in UTF-8, or in HTTP headers; not as ${contentType}`,
  );
}

const inStructure = (contentType: string, trace: readonly Header[], body: Uint8Array): EncodedEvent => ({
  mode: 'structured',
  headers: [['content-type', contentType], ...trace],
  body,
});

function structuredEvent({ contentType = '', trace }: EventHead, body: Uint8Array): ReadEvent {
  checkFormat(contentType);
  const attributes = memberAttributes(json(body));
  if (Array.isArray(attributes)) throw invalidEvent(attributes);
  return { attributes: attributes, encoded: inStructure(contentType, trace, body) };
}

/** What bounds a batch. */
export interface BatchLimits {
  readonly maxBatchEvents: number;
  /** Of one event in a batch. */
  readonly maxEventBytes: number;
}

function checkBatch(bodies: readonly Uint8Array[], { maxBatchEvents, maxEventBytes }: BatchLimits): void {
  if (bodies.length > maxBatchEvents) {
    throw new PlatformError('EVENT_TOO_LARGE', `a batch has at most ${maxBatchEvents} events`);
  }
  const large = bodies.findIndex((body) => body.length > maxEventBytes);
  if (large >= 0)
    throw new PlatformError('EVENT_TOO_LARGE', `event ${large}: an event has at most ${maxEventBytes} bytes`);
}

function batchEvents(head: EventHead, body: Uint8Array, limits: BatchLimits): readonly ReadEvent[] {
  const { contentType = '', trace } = head;
  checkFormat(contentType);
  const values = json(body);
  if (!Array.isArray(values)) throw invalidEvent([broken('is no JSON array')]);
  const bodies = elementsOf(body);
  checkBatch(bodies, limits);
  const type = contentType.replace(/-batch/i, '');
  const problems: EventProblem[] = [];
  const events: ReadEvent[] = [];
  for (const [event, value] of values.entries()) {
    const attributes = memberAttributes(value);
    if (Array.isArray(attributes)) problems.push(...attributes.map((one) => ({ ...one, event })));
    else
      events.push({
        attributes: attributes,
        encoded: inStructure(type, trace, bodies[event] ?? body),
      });
  }
  if (problems.length > 0) throw invalidEvent(problems);
  return events;
}

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

/** An attribute as text, as it would stand in a header; undefined when the event has none of that name. */
export function attributeText(attributes: Attributes, name: string): string | undefined {
  const value = attributeOf(attributes, name);
  return value === undefined ? undefined : String(value);
}
