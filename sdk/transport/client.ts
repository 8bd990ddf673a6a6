// Owns: one call to one side of the platform: its address, who the caller is, how long is waited, what is tried again, and answers
// that are errors. Does not own: routes and their bodies (the files above), nor how bytes travel (the carriers).
// No error that leaves here holds the token that was sent.
import { AgentCubeError } from '../errors.ts';
import { podToken, variable } from '../environment.ts';
import {
  defaultConnectTimeoutMs,
  defaultRetries,
  defaultTimeoutMs,
  type CallOptions,
  type ConnectOptions,
} from '../options.ts';
import type { Body, Carrier, Exchanged } from './exchange.ts';
import { failureOf, type Asked } from './failure.ts';
import { fetchCarrier } from './fetch-exchange.ts';
import { nodeCarrier } from './node-exchange.ts';
import { parseJson, readBytes } from './read.ts';
import { mayRetry, readRetryAfter, waitMs } from './retry.ts';

export const sessionHeader = 'x-agentcube-session-id';

export type Side = 'control' | 'router';

export interface Call extends CallOptions, Asked {
  readonly method: string;
  /** Beginning with a slash; a query may follow. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: Body | undefined;
  /** Doing it twice is as doing it once. */
  readonly harmless: boolean;
  /** Milliseconds between two pieces of the answer, where that is not `timeoutMs`. */
  readonly idleTimeoutMs?: number | undefined;
  /** Which answers are no errors; absent: those below 300. */
  readonly isAnswer?: ((exchanged: Exchanged) => boolean) | undefined;
}

/** An answer whose body is still to be read. */
export class Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: ReadableStream<Uint8Array>;
  readonly #feature: string;

  constructor(exchanged: Exchanged, feature: string) {
    this.status = exchanged.status;
    this.headers = exchanged.headers;
    this.body = exchanged.body;
    this.#feature = feature;
  }

  get sessionId(): string | undefined {
    return this.headers.get(sessionHeader) ?? undefined;
  }

  /** Whether the body is of this media type. */
  is(type: string): boolean {
    const [given = ''] = (this.headers.get('content-type') ?? '').split(';');
    return given.trim().toLowerCase() === type;
  }

  async text(): Promise<string> {
    return new TextDecoder().decode(await readBytes(this.body));
  }

  /** Rejects with INVALID_RESPONSE. */
  async json(): Promise<unknown> {
    return parseJson(await this.text(), this.#feature);
  }
}

const isSuccess = ({ status }: Exchanged): boolean => status >= 200 && status < 300;

/** Errors are read so far (bytes). */
const longestError = 256 * 1024;

const addresses = {
  control: { variable: 'WORKLOAD_MANAGER_URL', option: 'controlUrl', what: 'Workload Manager URL' },
  router: { variable: 'ROUTER_URL', option: 'routerUrl', what: 'Router URL' },
} as const;

const givenUrl = (side: Side, options: ConnectOptions): string | undefined =>
  (side === 'router' ? options.routerUrl : (options.controlUrl ?? options.workloadManagerUrl)) ||
  variable(addresses[side].variable);

function baseUrl(side: Side, options: ConnectOptions): string {
  const given = givenUrl(side, options);
  const { what, option, variable: name } = addresses[side];
  if (given === undefined)
    throw new AgentCubeError('CONFIGURATION', `${what} must be given as '${option}' or as ${name}`);
  if (!URL.canParse(given) || !/^https?:/.test(given))
    throw new AgentCubeError('CONFIGURATION', `${what} is no http(s) address`);
  return given.replace(/[?#].*$/, '').replace(/\/+$/, '');
}

function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal?.addEventListener('abort', onAbort, { once: true });
    if (signal?.aborted) onAbort();
  });
}

/** A server may send back what it was sent. */
export function withoutToken(fault: unknown, token: string | undefined): unknown {
  if (!(fault instanceof AgentCubeError) || token === undefined) return fault;
  const { message, body, reason } = fault;
  if (![message, body, reason].some((text) => text?.includes(token))) return fault;
  const clean = (text: string | undefined): string | undefined => text?.replaceAll(token, '[token]');
  return new AgentCubeError(fault.code, clean(message) ?? '', {
    ...fault,
    body: clean(body),
    reason: clean(reason),
  });
}

/** Calls to one side of the platform. */
export class Client {
  readonly #side: Side;
  readonly #options: ConnectOptions;
  #carrier: Carrier | undefined;

  constructor(side: Side, options: ConnectOptions) {
    this.#side = side;
    this.#options = options;
  }

  /** Whether an address is known; without one every call rejects with CONFIGURATION. */
  get known(): boolean {
    return givenUrl(this.#side, this.#options) !== undefined;
  }

  get options(): ConnectOptions {
    return this.#options;
  }

  /** The whole address of a path. */
  url(path: string): string {
    return baseUrl(this.#side, this.#options) + path;
  }

  /** What each request carries, and the token in it. */
  async identity(signal?: AbortSignal): Promise<{ headers: Record<string, string>; token?: string }> {
    const { auth, authToken, headers = {} } = this.#options;
    const lower = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
    );
    const inPod = this.#side === 'control' ? podToken() : undefined;
    const token = auth
      ? await auth.token(signal, this.#side)
      : authToken || variable('AGENTCUBE_API_TOKEN') || inPod;
    if (!token) return { headers: lower };
    return { headers: { ...lower, authorization: `Bearer ${token}` }, token };
  }

  /** The answer, once its head is there. Rejects with an AgentCubeError, or with the signal's reason. */
  call(call: Call): Promise<Answer> {
    return this.repeating(call, (next) => this.#once(next));
  }

  /** Does it once, and again where that is safe; a session that a failed try opened is gone on with. */
  async repeating<Done>(call: Call, once: (call: Call) => Promise<Done>): Promise<Done> {
    const { retries = defaultRetries } = this.#options;
    let next = call;
    for (let tries = 1; ; tries += 1) {
      try {
        return await once(next);
      } catch (fault) {
        const again = fault instanceof AgentCubeError && tries <= retries && this.#mayRepeat(fault, next);
        if (!again) throw fault;
        next = { ...next, sessionId: next.sessionId ?? fault.sessionId };
        await sleep(waitMs(tries, fault.retryAfterMs, Math.random()), call.signal);
      }
    }
  }

  /** What came from a source is gone once sending began. */
  #mayRepeat(fault: AgentCubeError, { harmless, body }: Call): boolean {
    const unsent = fault.code === 'UNREACHABLE' || fault.code === 'CONNECT_TIMEOUT';
    return mayRetry(fault, harmless) && (unsent || body?.kind !== 'source');
  }

  async #once(call: Call): Promise<Answer> {
    const url = this.url(call.path);
    const { headers, token } = await this.identity(call.signal);
    try {
      const exchanged = await this.#carry(call, url, headers);
      const { isAnswer = isSuccess } = call;
      if (isAnswer(exchanged)) return new Answer(exchanged, call.feature);
      throw await this.failure(exchanged, call);
    } catch (fault) {
      throw withoutToken(fault, token);
    }
  }

  #carry(call: Call, url: string, identity: Record<string, string>): Promise<Exchanged> {
    const { timeoutMs = defaultTimeoutMs, connectTimeoutMs = defaultConnectTimeoutMs, tls } = this.#options;
    const answerTimeoutMs = call.timeoutMs ?? timeoutMs;
    this.#carrier ??= this.#newCarrier();
    return this.#carrier({
      method: call.method,
      url,
      headers: {
        ...identity,
        ...call.headers,
        ...(call.sessionId !== undefined && { [sessionHeader]: call.sessionId }),
      },
      body: call.body,
      connectTimeoutMs,
      answerTimeoutMs,
      idleTimeoutMs: call.idleTimeoutMs ?? answerTimeoutMs,
      signal: call.signal,
      tls,
      sessionId: call.sessionId ?? call.namesSession,
    });
  }

  #newCarrier(): Carrier {
    const given = this.#options.fetch;
    if (given) return fetchCarrier(given);
    return nodeCarrier(this.#options.tls) ?? fetchCarrier((...args) => fetch(...args));
  }

  /** The error that an answer means. Never rejects. */
  async failure({ status, headers, body }: Exchanged, call: Call): Promise<AgentCubeError> {
    // An opaque answer of a browser: it was a redirect, and that is all that is told.
    const known = status === 0 ? 302 : status;
    const bytes = await readBytes(body, longestError).catch(() => new Uint8Array());
    return failureOf(
      {
        status: known,
        text: new TextDecoder().decode(bytes),
        location: headers.get('location'),
        retryAfterMs: readRetryAfter(headers.get('retry-after'), Date.now()),
        sessionId: headers.get(sessionHeader) ?? undefined,
      },
      call,
    );
  }
}

/** A body of JSON, and its content type. */
export const jsonBody = (value: unknown): { body: Body; headers: Record<string, string> } => ({
  body: { kind: 'bytes', bytes: new TextEncoder().encode(JSON.stringify(value)) },
  headers: { 'content-type': 'application/json' },
});
