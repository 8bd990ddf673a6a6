// Talks to a platform as any client does: over HTTP, knowing the two addresses and nothing else.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Address } from './platform.ts';

export const sessionHeader = 'x-agentcube-session-id';
const patienceMs = 120_000;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON; throws with the body when it is not. */
  json<T = Record<string, unknown>>(): T;
}

export interface Asked {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

/** One request; rejects only when no answer arrived. An object as body is sent as JSON. */
export async function call(method: string, url: string, asked: Asked = {}): Promise<Answer> {
  const { body, headers = {}, timeoutMs = patienceMs } = asked;
  const json = body !== undefined && typeof body !== 'string';
  const response = await fetch(url, {
    method,
    redirect: 'manual',
    headers: { ...(json && { 'content-type': 'application/json' }), ...headers },
    ...(body !== undefined && { body: json ? JSON.stringify(body) : body }),
    signal: AbortSignal.timeout(timeoutMs),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    text,
    json: <T>() => parsed<T>(text, `${method} ${url} answered ${response.status}`),
  };
}

function parsed<T>(text: string, what: string): T {
  try {
    return JSON.parse(text) as T;
  } catch {
    throw new Error(`${what} with no JSON: ${text}`);
  }
}

/** As `call`, and rejects unless the status is 2xx. */
export async function callOk<T = Record<string, unknown>>(
  method: string,
  url: string,
  asked?: Asked,
): Promise<T> {
  const answer = await call(method, url, asked);
  if (answer.status >= 300) throw new Error(`${method} ${url} answered ${answer.status}: ${answer.text}`);
  return answer.json<T>();
}

export const agentUrl = (at: Address, name: string, path = '/'): string =>
  `${at.activatorUrl}/v1/namespaces/default/agent-runtimes/${name}/invocations${path}`;

/** One agent session as its client sees it. */
export interface AgentSession {
  readonly id: string;
  call(method: string, path: string, asked?: Asked): Promise<Answer>;
  callOk<T = Record<string, unknown>>(method: string, path: string, asked?: Asked): Promise<T>;
}

/** A session that exists, seen through the platform at `at`. */
export function agentSession(at: Address, name: string, id: string): AgentSession {
  const mine = (asked: Asked = {}): Asked => ({
    ...asked,
    headers: { ...asked.headers, [sessionHeader]: id },
  });
  return {
    id,
    call: (method, path, asked) => call(method, agentUrl(at, name, path), mine(asked)),
    callOk: (method, path, asked) => callOk(method, agentUrl(at, name, path), mine(asked)),
  };
}

/** Opens a session through the control API and waits until it can be used. */
export async function openAgent(at: Address, name: string): Promise<AgentSession> {
  const body = { name, namespace: 'default' };
  const { sessionId } = await callOk<{ sessionId: string }>('POST', `${at.controlUrl}/v1/agent-runtime`, {
    body,
  });
  return agentSession(at, name, sessionId);
}

export interface SessionView {
  readonly sessionId: string;
  readonly runtime: { readonly name: string };
  readonly state: string;
  /** Why it ended. */
  readonly reason?: string;
  /** What became of its last sandbox, where the next request starts a new one. */
  readonly lost?: string;
}

const sessionUrl = (at: Address, id: string, path = ''): string =>
  `${at.controlUrl}/v1/sessions/${id}${path}`;

/** The session as the control API shows it. */
export const viewSession = (at: Address, id: string): Promise<SessionView> =>
  callOk('GET', sessionUrl(at, id));

/** Polls until `good` says so; rejects with the last value when it does not come to that. */
export async function until<T>(
  what: string,
  read: () => Promise<T>,
  good: (value: T) => boolean,
  withinMs = 60_000,
): Promise<T> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const value = await read();
    if (good(value)) return value;
    if (Date.now() > deadline) throw new Error(`${what}: still ${JSON.stringify(value)}`);
    await sleep(50);
  }
}

/** Waits until the session is in one of the states. */
export const untilState = (at: Address, id: string, ...states: string[]): Promise<SessionView> =>
  until(
    `session ${id} ${states.join(' or ')}`,
    () => viewSession(at, id),
    (view) => states.includes(view.state),
  );

/** Pauses it by request. While work is in hand the platform refuses and says so, and the request is repeated. */
export async function pauseSession(at: Address, id: string): Promise<void> {
  const ask = (): Promise<Answer> => call('POST', sessionUrl(at, id, '/pause'));
  const answer = await until('a pause', ask, ({ status }) => status !== 409);
  if (answer.status >= 300) throw new Error(`pause of ${id} answered ${answer.status}: ${answer.text}`);
}

/** Ends it through the control API; resolves when nothing of its sandbox is left. */
export async function endSession(at: Address, id: string): Promise<void> {
  const answer = await call('DELETE', sessionUrl(at, id));
  if (answer.status >= 300) throw new Error(`end of ${id} answered ${answer.status}: ${answer.text}`);
}
