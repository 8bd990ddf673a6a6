// Which of the activator's routes a request line means, and what path the sandbox is asked for.
// Does not own sessions. The paths and redirects are those of AgentCube 0.1's router; matching is done on the decoded path.
import type { RuntimeKey, RuntimeKind } from '../../model/sandbox.ts';
import { runtimeKeyText } from '../../model/sandbox.ts';

/** The runtime that a URL names. */
export interface Target {
  readonly key: RuntimeKey;
  /** The key as text, to compare with a session's. */
  readonly text: string;
}

export type Routed =
  /** `path`: what the sandbox is asked for, escaped anew, without query. `query`: with its `?`, or empty. */
  | { readonly kind: 'invoke'; readonly target: Target; readonly path: string; readonly query: string }
  /** A broker, which takes events. */
  | { readonly kind: 'events'; readonly namespace: string; readonly broker: string }
  | { readonly kind: 'live' }
  | { readonly kind: 'ready' }
  | { readonly kind: 'redirect'; readonly status: 301 | 307; readonly location: string }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'malformed' };

const kinds: Readonly<Record<string, RuntimeKind>> = {
  'agent-runtimes': 'AgentRuntime',
  'code-interpreters': 'CodeInterpreter',
};

const invocations = '/invocations';
const runtimePath =
  /^\/v1\/namespaces\/([^/]+)\/(agent-runtimes|code-interpreters)\/([^/]+)\/invocations(\/.*)?$/s;
const eventsPath = /^\/v1\/namespaces\/([^/]+)\/(?:events|brokers\/([^/]+))$/s;
const defaultBroker = 'default';
const absoluteForm = /^https?:\/\/[^/?#]*/i;
/** Characters that a path keeps as they are when it is escaped anew (Go's net/url, which AgentCube's router uses). */
const keptAsIs = /^[\w\-.~$&+,/:;=@]*$/;
const escaped = /[^\w\-.~$&+,/:;=@]/g;

const hex = (char: string): string => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;

/** Every byte of the escapes as one character (latin-1), or undefined when an escape is malformed. */
function decodeBytes(path: string): string | undefined {
  if (/%(?![0-9a-f]{2})/i.test(path)) return undefined;
  return path.replace(/%([0-9a-f]{2})/gi, (_, code: string) => String.fromCharCode(parseInt(code, 16)));
}

/** AgentCube decodes the path and escapes it anew, so `%2F` arrives as `/`; both sides of that are kept. */
const escapePath = (path: string): string => (keptAsIs.test(path) ? path : path.replace(escaped, hex));

const readable = (segment: string): string => {
  try {
    return decodeURIComponent(segment.replace(/[\x80-\xff%]/g, hex));
  } catch {
    return segment;
  }
};

function splitQuery(url: string): { path: string; query: string } {
  const relative = url.startsWith('/') ? url : url.replace(absoluteForm, '') || '/';
  const mark = relative.indexOf('?');
  return mark < 0
    ? { path: relative, query: '' }
    : { path: relative.slice(0, mark), query: relative.slice(mark) };
}

function redirect(method: string, path: string, query: string): Routed {
  return { kind: 'redirect', status: method === 'GET' ? 301 : 307, location: escapePath(path) + query };
}

function healthRoute(method: string, path: string, query: string): Routed | undefined {
  if (path === '/health/live') return method === 'GET' ? { kind: 'live' } : { kind: 'unknown' };
  if (path === '/health/ready') return method === 'GET' ? { kind: 'ready' } : { kind: 'unknown' };
  const slashed = path === '/health/live/' || path === '/health/ready/';
  return slashed && method === 'GET' ? redirect(method, path.slice(0, -1), query) : undefined;
}

function eventsRoute(path: string): Routed | undefined {
  const [, namespace, broker = defaultBroker] = eventsPath.exec(path) ?? [];
  if (namespace === undefined) return undefined;
  return { kind: 'events', namespace: readable(namespace), broker: readable(broker) };
}

/** Any request line: the whole rule, without memory. */
export function parseRoute(method: string, url: string): Routed {
  const { path: written, query } = splitQuery(url);
  const path = decodeBytes(written);
  if (path === undefined) return { kind: 'malformed' };
  const match = runtimePath.exec(path);
  if (!match) return eventsRoute(path) ?? healthRoute(method, path, query) ?? { kind: 'unknown' };
  const [, namespace, plural, name, rest] = match;
  if (rest === undefined) return redirect(method, `${path}/`, query);
  const kind = kinds[plural ?? ''];
  if (kind === undefined || namespace === undefined || name === undefined) return { kind: 'unknown' };
  const key = { kind, namespace: readable(namespace), name: readable(name) };
  return { kind: 'invoke', target: { key, text: runtimeKeyText(key) }, path: escapePath(rest), query };
}

const plainRest = /^\/[\w\-.~$&+,/:;=@]*(?:\?|$)/;

/**
 * `parseRoute` with a memory for targets, keyed by the text before `/invocations`: most requests name one of few runtimes.
 * `capacity` bounds the memory; when it is full it starts anew.
 */
export function createRouter(capacity: number): (method: string, url: string) => Routed {
  const targets = new Map<string, Target>();
  return (method, url) => {
    const end = url.indexOf(`${invocations}/`);
    const known = end > 0 ? targets.get(url.slice(0, end)) : undefined;
    const rest = known ? url.slice(end + invocations.length) : '';
    if (known && plainRest.test(rest)) {
      const { path, query } = splitQuery(rest);
      return { kind: 'invoke', target: known, path, query };
    }
    const routed = parseRoute(method, url);
    if (routed.kind === 'invoke' && end > 0) {
      if (targets.size >= capacity) targets.clear();
      remember(targets, url.slice(0, end), routed.target);
    }
    return routed;
  };
}

/** Only a prefix that means the target by itself: escapes may hide a slash. */
function remember(targets: Map<string, Target>, prefix: string, target: Target): void {
  if (!keptAsIs.test(prefix)) return;
  const alone = parseRoute('GET', `${prefix}${invocations}/`);
  if (alone.kind === 'invoke' && alone.target.text === target.text) targets.set(prefix, target);
}
