// One address that requests go to, with what it takes to be let in: certificates, a token. Plain node:http, because it starts
// faster than fetch; for the SDK the same as a `fetch`. Does not own what a refusal means (refusal.ts).
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { CliError, interrupted } from '../failure.ts';
import { refusal } from './refusal.ts';

/** What is shown to the server and what is believed of it. */
export interface Access {
  readonly headers?: Readonly<Record<string, string>>;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly rejectUnauthorized?: boolean;
  readonly servername?: string;
}

export interface Asked {
  readonly method?: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | Readable;
  readonly signal?: AbortSignal;
  /** Until the answer begins; absent: the endpoint's own. 0: as long as it takes. */
  readonly timeoutMs?: number;
}

export interface Manner {
  /** Asked once, before the first request. */
  readonly access?: () => Promise<Access>;
  readonly timeoutMs?: number;
  /** Told of each answer: method, address, status, milliseconds. */
  readonly trace?: (line: string) => void;
  readonly signal?: AbortSignal;
}

const defaultTimeoutMs = 30_000;

const certificateCodes = /^(CERT_|ERR_TLS|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|HOSTNAME_MISMATCH|ERR_SSL)/;

/** Why no answer came, in words. */
function unreachable(url: string, fault: NodeJS.ErrnoException): CliError {
  const { origin } = new URL(url);
  const code = fault.code ?? '';
  if (certificateCodes.test(code))
    return new CliError(
      'unreachable',
      `${origin}: its certificate is not to be believed (${code})`,
      'check certificate-authority in the kubeconfig',
    );
  const why =
    code === 'ECONNREFUSED'
      ? 'nobody listens there'
      : code === 'ENOTFOUND'
        ? 'there is no such host'
        : code || fault.message;
  return new CliError(
    'unreachable',
    `${origin} is not reachable: ${why}`,
    'agentcube doctor says what runs on this machine',
  );
}

const queryOf = (query: Asked['query'] = {}): string => {
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  const text = new URLSearchParams(
    given.map(([name, value]): [string, string] => [name, String(value)]),
  ).toString();
  return text === '' ? '' : `?${text}`;
};

export class Endpoint {
  /** Without a slash at its end; may have a path. */
  readonly url: string;
  readonly #manner: Manner;
  #access: Promise<Access> | undefined;

  constructor(url: string, manner: Manner = {}) {
    this.url = url.replace(/\/+$/, '');
    this.#manner = manner;
  }

  /** The same server, further down. */
  below(path: string): Endpoint {
    return new Endpoint(`${this.url}${path}`, { ...this.#manner, access: () => this.#letIn() });
  }

  /** The same for work that is done although the person wishes to stop: ending what was begun. */
  without(): Endpoint {
    const { signal: _, ...manner } = this.#manner;
    return new Endpoint(this.url, { ...manner, access: () => this.#letIn() });
  }

  #letIn(): Promise<Access> {
    return (this.#access ??= this.#manner.access?.() ?? Promise.resolve({}));
  }

  /** Whatever is answered. Rejects with a CliError when nothing is: not reachable, timed out, interrupted. */
  async open(path: string, asked: Asked = {}): Promise<IncomingMessage> {
    const url = `${this.url}${path}${queryOf(asked.query)}`;
    const started = performance.now();
    const response = await this.#send(url, { ...asked, ...this.#until(asked.signal) }, await this.#letIn());
    this.#manner.trace?.(
      `${asked.method ?? 'GET'} ${url} ${response.statusCode ?? 0} ${Math.round(performance.now() - started)} ms`,
    );
    return response;
  }

  /** The person's wish to stop counts for every request of a command; the SDK is told of it by itself. */
  #until(own: AbortSignal | undefined): { readonly signal?: AbortSignal } {
    const signals = [this.#manner.signal, own].filter((signal) => signal !== undefined);
    return signals.length === 0 ? {} : { signal: AbortSignal.any(signals) };
  }

  #send(url: string, asked: Asked, { headers, ...tls }: Access): Promise<IncomingMessage> {
    const { method = 'GET', body, timeoutMs = this.#manner.timeoutMs ?? defaultTimeoutMs } = asked;
    const { signal } = asked;
    return new Promise((resolve, reject) => {
      const secure = url.startsWith('https:');
      const request = (secure ? https : http).request(url, {
        method,
        headers: { 'user-agent': 'agentcube', ...headers, ...asked.headers },
        ...(signal && { signal }),
        ...(secure && tls),
      });
      const late = new CliError(
        'timedOut',
        `${new URL(url).origin} did not answer within ${timeoutMs / 1_000} s`,
        'wait longer with --timeout, such as --timeout 2m',
      );
      const timer = timeoutMs > 0 ? setTimeout(() => request.destroy(late), timeoutMs) : undefined;
      request.once('response', (response) => {
        clearTimeout(timer);
        resolve(response);
      });
      request.once('error', (fault) => {
        clearTimeout(timer);
        if (fault instanceof CliError) reject(fault);
        else reject(signal?.aborted === true ? interrupted() : unreachable(url, fault));
      });
      if (body instanceof Readable) body.pipe(request);
      else request.end(body);
    });
  }

  /** An answer of 2xx, to be read as it comes. Rejects with the refusal else. */
  async stream(path: string, asked: Asked = {}): Promise<IncomingMessage> {
    const response = await this.open(path, asked);
    const { statusCode = 0 } = response;
    if (statusCode >= 200 && statusCode < 300) return response;
    throw refusal(
      statusCode,
      (await buffer(response)).toString(),
      `${asked.method ?? 'GET'} ${this.url}${path}`,
    );
  }

  /** The JSON of an answer of 2xx. Rejects with the refusal else, and when it is no JSON. */
  async json<T>(path: string, asked: Asked = {}): Promise<T> {
    const text = (await buffer(await this.stream(path, asked))).toString();
    try {
      return JSON.parse(text) as T;
    } catch {
      throw new CliError(
        'refused',
        `${this.url} answered something that is not JSON`,
        'check that it is the address of a platform',
      );
    }
  }

  /** For the SDK: the same way in. */
  readonly fetch: typeof globalThis.fetch = async (input, init) => {
    const request = new Request(input, init);
    const target = new URL(request.url);
    const access = await this.#letIn();
    const body = request.body === null ? {} : { body: Readable.fromWeb(request.body as never) };
    const response = await this.#send(
      target.href,
      {
        method: request.method,
        headers: Object.fromEntries(request.headers),
        ...body,
        signal: request.signal,
        timeoutMs: 0,
      },
      access,
    );
    const headers = Object.entries(response.headers).flatMap(([name, value]) =>
      [value ?? []].flat().map((one): [string, string] => [name, one]),
    );
    const bodyless = request.method === 'HEAD' || [204, 205, 304].includes(response.statusCode ?? 0);
    return new Response(bodyless ? null : (Readable.toWeb(response) as ReadableStream), {
      status: response.statusCode ?? 502,
      headers,
    });
  };
}
