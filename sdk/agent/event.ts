// Owns: CloudEvents as a handler sees them, read from a request and written as an answer, by the `cloudevents` library.
// The library is loaded with the first event: most agents get none.
import { agentError } from './errors.ts';

/** A CloudEvent 1.0. Extensions are fields beside these. */
export interface AgentEvent<D = unknown> {
  readonly id: string;
  readonly source: string;
  readonly type: string;
  readonly specversion?: string;
  readonly subject?: string | undefined;
  /** RFC 3339. */
  readonly time?: string | undefined;
  readonly datacontenttype?: string | undefined;
  readonly dataschema?: string | undefined;
  readonly data?: D;
  readonly [extension: string]: unknown;
}

/** An event to answer with. `id` and `source` are made when they are missing: the id of a reply to the same event is the same. */
export type Reply = Partial<AgentEvent> & Pick<AgentEvent, 'type'>;

const load = () => import('cloudevents');

/** The event of a request, binary or structured. What is no event is BAD_INPUT, so that the platform does not send it again. */
export async function readEvent(headers: Headers, body: Uint8Array): Promise<AgentEvent> {
  const { CloudEvent, HTTP } = await load();
  const type = headers.get('content-type') ?? '';
  if (type.startsWith('application/cloudevents-batch'))
    throw agentError('UNSUPPORTED_MEDIA_TYPE', 'events come one by one here, not in batches');
  try {
    const read = HTTP.toEvent({ headers: Object.fromEntries(headers), body: asBody(type, body) });
    if (Array.isArray(read)) throw new TypeError('these are several');
    // The reader is lenient; the constructor is not.
    return plain(new CloudEvent(read));
  } catch (fault) {
    throw agentError('BAD_INPUT', `this is no CloudEvent: ${reasonOf(fault)}`, { cause: fault });
  }
}

/** The attributes and the data, without the library's own. */
const plain = (event: Readonly<Record<string, unknown>>): AgentEvent =>
  Object.fromEntries(Object.entries(event).filter(([, value]) => value !== undefined)) as AgentEvent;

const isText = (type: string): boolean => /^text\/|[/+]json\b|[/+]xml\b/.test(type) || type === '';

const asBody = (type: string, body: Uint8Array): unknown => {
  if (body.byteLength === 0) return undefined;
  return isText(type) ? new TextDecoder().decode(body) : Buffer.from(body);
};

function reasonOf(fault: unknown): string {
  const { message, errors } = fault as { message?: string; errors?: unknown };
  const detail = Array.isArray(errors)
    ? errors.map((one) => (one as { message?: string }).message ?? String(one))
    : [];
  return [message, ...detail].filter(Boolean).join('; ');
}

/** The reply as a structured event. A repeated event is answered with the same id, so that the reply is known as a repeat, too. */
export async function writeReply(
  reply: Reply,
  to: AgentEvent,
  name: string,
): Promise<{ type: string; body: string }> {
  const { CloudEvent, HTTP } = await load();
  const made = { id: `${to.id}-reply`, source: `/agents/${name}`, ...present(reply) };
  const message = HTTP.structured(new CloudEvent({ ...made, type: reply.type }));
  return { type: String(message.headers['content-type']), body: String(message.body) };
}

/** The library refuses an attribute that is undefined. */
const present = (reply: Reply): Record<string, unknown> =>
  Object.fromEntries(Object.entries(reply).filter(([, value]) => value !== undefined));
