// The request that brings an event to a sandbox (CloudEvents HTTP binding 1.0.2), its body aside: where to, and its head.
// Does not own sessions nor connections. The event's headers go as they came.
import type { DeployedTrigger } from '../../../model/deployed-trigger.ts';
import type { EncodedEvent } from '../../../model/event-queue.ts';

type Wanted = DeployedTrigger['target'];

const plurals = { AgentRuntime: 'agent-runtimes', CodeInterpreter: 'code-interpreters' } as const;

/** What may not stand in a request line, as bytes of UTF-8. */
const escaped = (path: string): string => path.replace(/[^!-~]+/gu, encodeURIComponent);

/** The path that the sandbox sees, and its query with the question mark. */
export function placeOf({ path }: Wanted): { readonly path: string; readonly query: string } {
  const whole = escaped(path.startsWith('/') ? path : `/${path}`);
  const mark = whole.indexOf('?');
  return mark < 0 ? { path: whole, query: '' } : { path: whole.slice(0, mark), query: whole.slice(mark) };
}

/** The URL of the activator that reaches the same, for people and for `knativeerrordest`. */
export function destinationOf(target: Wanted): string {
  const { kind, namespace, name } = target.runtime;
  const { path, query } = placeOf(target);
  return `/v1/namespaces/${namespace}/${plurals[kind]}/${name}/invocations${path}${query}`;
}

const safe = /^[\t\x20-\x7e\x80-\xff]*$/;

/** What cannot stand in a head is left out: the event would be another request. */
const lines = (event: EncodedEvent): string =>
  event.headers
    .filter(([name, value]) => /^[\w!#$%&'*+.^`|~-]+$/.test(name) && safe.test(value))
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('');

/**
 * Request line and fields, with the empty line. `fixed`: host, authorization and session, each ended by CRLF. `Prefer: reply` is
 * Knative's word for a sender that takes a reply.
 */
export const deliveryHead = (event: EncodedEvent, path: string, fixed: string): string =>
  `POST ${path} HTTP/1.1\r\n${fixed}${lines(event)}prefer: reply\r\ncontent-length: ${event.body.length}\r\n\r\n`;
