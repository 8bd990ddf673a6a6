// Events in JSON: one alone, or a batch whose events are handed on as the bytes that they have in it (CloudEvents JSON format 1.0.2).
// Does not own what an attribute may be.
import { isUtf8 } from 'node:buffer';
import type { Attributes } from '../../model/cesql/attributes.ts';
import { PlatformError } from '../../model/errors.ts';
import type { EncodedEvent } from '../../model/event-queue.ts';
import { attributeProblems, type EventProblem } from './core/attribute-rules.ts';
import { elementsOf } from './core/elements.ts';
import type { EventHead, Header } from './core/head.ts';
import { formatProblems } from './formats.ts';
import { brokenBody, invalidEvent, type ReadEvent } from './read-event.ts';

const jsonType = /^application\/cloudevents(?:-batch)?\+json\s*(?:;|$)/i;
const otherCharset = /;\s*charset\s*=\s*"?(?!utf-?8\b|us-ascii\b)[^\s;"]/i;

const base64 = /^[A-Za-z0-9+/]*={0,2}$/;
const isBase64 = (value: unknown): boolean =>
  typeof value === 'string' && value.length % 4 === 0 && base64.test(value);

function dataProblems(members: Readonly<Record<string, unknown>>): EventProblem[] {
  const { data, data_base64: encoded } = members;
  if (encoded == null) return [];
  if (data !== undefined) return [{ attribute: 'data_base64', rule: 'is there beside data' }];
  return isBase64(encoded) ? [] : [{ attribute: 'data_base64', rule: 'is no Base64' }];
}

/** Taken for one until the rules have been asked. */
type Attribute = Attributes[string];

/** The one name that an assignment would take for something else. */
const prototype = '__proto__';

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The attributes of a JSON event, or what is wrong with it. Null stands for an attribute that is not there. */
function memberAttributes(value: unknown): Attributes | EventProblem[] {
  if (!isObject(value)) return [brokenBody('is no JSON object')];
  const attributes: Record<string, Attribute> = {};
  for (const name of Object.keys(value)) {
    if (name === 'data' || name === 'data_base64' || value[name] === null) continue;
    if (name === prototype) Object.defineProperty(attributes, name, { value: value[name], enumerable: true });
    else attributes[name] = value[name] as Attribute;
  }
  const problems = attributeProblems(attributes).concat(formatProblems(attributes), dataProblems(value));
  return problems.length > 0 ? problems : attributes;
}

function json(body: Uint8Array): unknown {
  if (!isUtf8(body)) throw invalidEvent([brokenBody('is not UTF-8')]);
  try {
    return JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString()) as unknown;
  } catch (fault) {
    throw invalidEvent([brokenBody(`is no JSON: ${fault instanceof Error ? fault.message : 'unreadable'}`)]);
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

/** Throws INVALID_EVENT, UNSUPPORTED_MEDIA_TYPE. */
export function structuredEvent({ contentType = '', trace }: EventHead, body: Uint8Array): ReadEvent {
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

/** Throws INVALID_EVENT with every problem of every event, UNSUPPORTED_MEDIA_TYPE, EVENT_TOO_LARGE. */
export function batchEvents(head: EventHead, body: Uint8Array, limits: BatchLimits): readonly ReadEvent[] {
  const { contentType = '', trace } = head;
  checkFormat(contentType);
  const values = json(body);
  if (!Array.isArray(values)) throw invalidEvent([brokenBody('is no JSON array')]);
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
