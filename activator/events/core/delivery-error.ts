// How an event tells its dead letter sink why it was not delivered: the three extension attributes of Knative.
// Does not own what an error is, nor where the event goes. The event's own bytes stay as they are; attributes are added.
// From knative/eventing, pkg/channel/attributes/error.go and pkg/kncloudevents/event_dispatcher.go.
import type { DeliveryError, EncodedEvent } from '../../../model/event-queue.ts';

/** Knative's longest `knativeerrordata`, after Base64. */
const longestData = 1_024;
/** What Knative writes when there was no answer. */
const noAnswer = 500;

const names = ['knativeerrordest', 'knativeerrorcode', 'knativeerrordata'] as const;

type ErrorAttributes = Readonly<Record<(typeof names)[number], string>>;

/** Control characters are left out, as there, and the beginning is encoded. */
function encodedData(data: string): string {
  const text = data.replace(/\p{Cc}/gu, '');
  return Buffer.from(text).toString('base64').slice(0, longestData);
}

/** The attributes by name. `knativeerrordata` is Base64 of the answer's beginning. */
export const errorAttributes = ({ dest, code, data }: DeliveryError): ErrorAttributes => ({
  knativeerrordest: dest,
  knativeerrorcode: String(code === 0 ? noAnswer : code),
  knativeerrordata: encodedData(data),
});

const escaped = (char: string): string =>
  [...Buffer.from(char)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('');

/** As a header's value (CloudEvents HTTP binding 1.0.2, section 3.1.3.2). */
const headerValue = (text: string): string => text.replace(/[^!#$&-~]/gu, escaped);

const headerNames: ReadonlySet<string> = new Set(names.map((name) => `ce-${name}`));

function inHeaders(event: EncodedEvent, attributes: ErrorAttributes): EncodedEvent {
  const kept = event.headers.filter(([name]) => !headerNames.has(name));
  // An attribute may not be empty, and a header that is says nothing.
  const added = names
    .filter((name) => attributes[name] !== '')
    .map((name) => [`ce-${name}`, headerValue(attributes[name])] as const);
  return { ...event, headers: [...kept, ...added] };
}

/** The text up to the brace that ends the object, and that brace with what follows. */
function aroundEnd(json: string): [string, string] {
  const end = json.lastIndexOf('}');
  return [json.slice(0, end), json.slice(end)];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function withoutNames(json: string): string {
  const value: unknown = JSON.parse(json);
  if (!isObject(value)) return json;
  return JSON.stringify(Object.fromEntries(Object.entries(value).filter(([name]) => !isErrorName(name))));
}

const isErrorName = (name: string): boolean => names.some((known) => known === name);

function inBody(event: EncodedEvent, attributes: ErrorAttributes): EncodedEvent {
  const written = Buffer.from(event.body).toString();
  // Only what was a dead letter before has such attributes already; nothing else is written anew.
  const json = names.some((name) => written.includes(name)) ? withoutNames(written) : written;
  const [start, end] = aroundEnd(json);
  const added = names
    .filter((name) => attributes[name] !== '')
    .map((name) => `,${JSON.stringify(name)}:${memberOf(name, attributes[name])}`);
  return { ...event, body: Buffer.from(`${start}${added.join('')}${end}`) };
}

/** A code is an integer where types can be told. */
const memberOf = (name: string, value: string): string =>
  name === 'knativeerrorcode' ? value : JSON.stringify(value);

/** The event with the attributes that say why it was not delivered, in the mode that it came in. */
export function withError(event: EncodedEvent, error: DeliveryError): EncodedEvent {
  const attributes = errorAttributes(error);
  return event.mode === 'binary' ? inHeaders(event, attributes) : inBody(event, attributes);
}
