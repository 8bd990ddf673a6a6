// Owns: sessions as the control API lists them: find, look at, pause, resume, end.
// Does not own: calls into a session (code-interpreter.ts, agent-runtime.ts). Of these stock AgentCube 0.1 has only `delete`.
import { endSession, type RuntimeKind } from './end-session.ts';
import type { CallOptions, ConnectOptions } from './options.ts';
import { Client } from './transport/client.ts';

export type { RuntimeKind } from './end-session.ts';

/** `running` uses CPU; `paused` keeps its memory; `suspended` its files; the others are ways between them. */
export type SessionState =
  | 'creating'
  | 'running'
  | 'pausing'
  | 'paused'
  | 'resuming'
  | 'suspending'
  | 'suspended'
  | 'restarting'
  | 'ending'
  | 'ended';

/** A session as the platform tells of it. Times are RFC 3339, in UTC. */
export interface SessionInfo {
  readonly sessionId: string;
  readonly runtime: { readonly kind: RuntimeKind; readonly namespace: string; readonly name: string };
  readonly revision: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly ownerId?: string;
  readonly state: SessionState;
  readonly stateSince: string;
  /** Why it ended, or ends: deleted, idle, max-duration, failed: why. */
  readonly reason?: string;
  /** What became of its last sandbox; the next request starts one with its files. */
  readonly lost?: string;
  readonly createdAt: string;
  readonly lastActivityAt: string;
  /** When it ends if nobody uses it; absent once it has ended. */
  readonly expiresAt?: string;
  /** Grows each time the session gets a sandbox. */
  readonly generation: number;
  readonly sandbox?: { readonly id: string; readonly name: string };
  /** What keeps it from being paused; told by `get` of running sessions. */
  readonly awake?: readonly string[];
}

/** Which sessions are meant; all that is given must match. */
export interface SessionFilter {
  readonly namespace?: string | undefined;
  readonly kind?: RuntimeKind | undefined;
  /** The runtime's name. */
  readonly runtime?: string | undefined;
  readonly state?: SessionState | readonly SessionState[] | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

/** A page of sessions, in order of id. */
export interface SessionPage {
  readonly items: readonly SessionInfo[];
  /** Token of the next page; absent on the last. */
  readonly continue?: string;
}

export interface SessionPageOptions extends SessionFilter, CallOptions {
  /** At most so many, 1 to 1000; 100. */
  readonly limit?: number | undefined;
  /** Token that the page before ended with. */
  readonly continue?: string | undefined;
}

/**
 * The sessions of a platform.
 *
 * @example
 * ```ts
 * import { AgentRuntime, Sessions } from 'agentcube';
 *
 * const sessions = new Sessions();
 * const agent = await AgentRuntime.open({ agentName: 'counter-agent' });
 * const id = agent.sessionId ?? '';
 *
 * console.log((await sessions.pause(id)).state); // paused
 * console.log((await sessions.resume(id)).state); // running
 * for await (const session of sessions.list({ runtime: 'counter-agent' })) console.log(session.sessionId, session.state);
 * console.log(await sessions.delete(id)); // true
 * console.log(await sessions.delete(id)); // false
 * ```
 */
export class Sessions {
  readonly #client: Client;

  constructor(options: ConnectOptions = {}) {
    this.#client = new Client('control', options);
  }

  /** All that match, in order of id, fetched page by page as they are asked for. */
  async *list(options: SessionFilter & CallOptions = {}): AsyncGenerator<SessionInfo, void> {
    for (let token: string | undefined; ;) {
      const page = await this.page({ ...options, continue: token });
      yield* page.items;
      token = page.continue;
      if (token === undefined) return;
    }
  }

  /** One page of them. */
  async page(options: SessionPageOptions = {}): Promise<SessionPage> {
    const { signal, timeoutMs, ...wanted } = options;
    const query = queryOf(wanted);
    return this.#ask<SessionPage>('GET', `/v1/sessions${query}`, 'sessions.list', { signal, timeoutMs });
  }

  /** One; rejects with SESSION_NOT_FOUND. One that ended is remembered for an hour. */
  get(sessionId: string, options: CallOptions = {}): Promise<SessionInfo> {
    return this.#ask('GET', pathOf(sessionId), 'sessions.get', options, sessionId);
  }

  /** Resolves when it is paused. Rejects with SESSION_STATE while it has work in hand; `reason` says what. */
  pause(sessionId: string, options: CallOptions = {}): Promise<SessionInfo> {
    return this.#ask('POST', `${pathOf(sessionId)}/pause`, 'sessions.pause', options, sessionId);
  }

  /** Resolves when it runs. */
  resume(sessionId: string, options: CallOptions = {}): Promise<SessionInfo> {
    return this.#ask('POST', `${pathOf(sessionId)}/resume`, 'sessions.resume', options, sessionId);
  }

  /** Ends it. False when it was gone already. Works with stock AgentCube, too: by its route, which serves every kind. */
  delete(sessionId: string, options: CallOptions = {}): Promise<boolean> {
    return endSession(this.#client, 'CodeInterpreter', sessionId, options);
  }

  async #ask<Told>(
    method: string,
    path: string,
    feature: string,
    options: CallOptions,
    sessionId?: string,
  ): Promise<Told> {
    const asked = { feature, answerer: 'platform', additive: true, harmless: true } as const;
    const answer = await this.#client.call({ ...asked, ...options, method, path, namesSession: sessionId });
    return (await answer.json()) as Told;
  }
}

const pathOf = (sessionId: string): string => `/v1/sessions/${encodeURIComponent(sessionId)}`;

function queryOf({ labels = {}, state, ...rest }: Omit<SessionPageOptions, keyof CallOptions>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(rest)) if (value !== undefined) query.set(name, String(value));
  if (state !== undefined) query.set('state', [state].flat().join(','));
  for (const [name, value] of Object.entries(labels)) query.append('label', `${name}=${value}`);
  return query.size > 0 ? `?${query.toString()}` : '';
}
