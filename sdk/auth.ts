// Owns: who the caller says it is: a token, or one that is fetched with client credentials and kept while it is good.
// Does not own: where tokens are sent (transport/). A token is never part of an error.
import { AgentCubeError } from './errors.ts';

/** Gives the token of a request; asked before each one, so it should keep what it has. */
export interface AuthProvider {
  /** The token for `Authorization: Bearer …`; undefined sends none. `side`: who asks for it, the control API or the activator. */
  token(signal?: AbortSignal, side?: 'control' | 'router'): Promise<string | undefined> | string | undefined;
}

/**
 * One token, as it is.
 *
 * @example
 * ```ts
 * import { Sessions, TokenAuth } from 'agentcube';
 *
 * const sessions = new Sessions({ auth: new TokenAuth('a service account token') });
 * console.log((await sessions.page({ limit: 1 })).items.length <= 1); // true
 * ```
 */
export class TokenAuth implements AuthProvider {
  readonly #token: string;

  constructor(token: string) {
    this.#token = token;
  }

  token(): string {
    return this.#token;
  }
}

/** Where and as whom a token is fetched. */
export interface ServiceAccountAuthOptions {
  /** The token endpoint of the identity provider. */
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scope?: string | undefined;
  /** Sent with each fetch. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** How long a fetch may take, in milliseconds. */
  readonly timeoutMs?: number | undefined;
  readonly fetch?: typeof fetch | undefined;
  /** Milliseconds since epoch. */
  readonly now?: (() => number) | undefined;
}

const defaultTimeoutMs = 10_000;
const defaultLifetimeSeconds = 300;
const marginSeconds = 30;

interface Fetched {
  readonly token: string;
  readonly goodUntil: number;
}

/**
 * OAuth 2.0 client credentials (RFC 6749, 4.4). A token is kept, and fetched anew after `max(expires_in - 30, expires_in / 2)`
 * seconds; callers that need one at the same time share one fetch.
 */
export class ServiceAccountAuth implements AuthProvider {
  readonly #options: ServiceAccountAuthOptions;
  #fetched: Fetched | undefined;
  #fetching: Promise<Fetched> | undefined;

  constructor(options: ServiceAccountAuthOptions) {
    this.#options = options;
  }

  /** Rejects with UNAUTHORIZED when none is to be had. */
  async token(): Promise<string> {
    if (this.#fetched !== undefined && this.#now() < this.#fetched.goodUntil) return this.#fetched.token;
    this.#fetching ??= this.#fetch().finally(() => (this.#fetching = undefined));
    this.#fetched = await this.#fetching;
    return this.#fetched.token;
  }

  #now(): number {
    return (this.#options.now ?? Date.now)();
  }

  async #fetch(): Promise<Fetched> {
    const { tokenUrl, clientId, clientSecret, scope, headers, timeoutMs = defaultTimeoutMs } = this.#options;
    const form = new URLSearchParams({ grant_type: 'client_credentials' });
    form.set('client_id', clientId);
    form.set('client_secret', clientSecret);
    if (scope !== undefined) form.set('scope', scope);
    const asked = this.#now();
    const answer = await (this.#options.fetch ?? fetch)(tokenUrl, {
      method: 'POST',
      headers: {
        ...headers,
        'content-type': 'application/x-www-form-urlencoded',
        accept: 'application/json',
      },
      body: form.toString(),
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    }).catch((fault: unknown) => refuse('cannot be reached', undefined, nameOf(fault)));
    return readToken(answer, asked);
  }
}

/** The name only: a message may quote what was sent. */
const nameOf = (fault: unknown): string => (fault instanceof Error ? fault.name : 'unknown');

function refuse(what: string, status?: number, reason?: string): never {
  throw new AgentCubeError('UNAUTHORIZED', `the token endpoint ${what}`, {
    status,
    reason,
    hint: 'Check tokenUrl, clientId and clientSecret, and that the client may use client credentials.',
  });
}

async function readToken(answer: Response, asked: number): Promise<Fetched> {
  if (!answer.ok) return refuse(`answered ${answer.status}`, answer.status);
  const body = (await answer.json().catch(() => undefined)) as
    { access_token?: unknown; expires_in?: unknown } | undefined;
  const token = body?.access_token;
  if (typeof token !== 'string' || token === '')
    return refuse('answered without access_token', answer.status);
  const given = Number(body?.expires_in ?? defaultLifetimeSeconds);
  const seconds = Number.isFinite(given) && given > 0 ? given : defaultLifetimeSeconds;
  return { token, goodUntil: asked + Math.max(seconds - marginSeconds, seconds / 2) * 1_000 };
}
