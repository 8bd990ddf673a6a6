// Owns: the shape of one request and its answer, whoever carries it: node-exchange.ts or fetch-exchange.ts.
// Does not own: addresses, tokens, retries, errors in answers (client.ts). Neither follows redirects.
import type { TlsOptions } from '../options.ts';

/** Bytes to send. A source is read once; `length` in bytes, where it is known. */
export type Body =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | {
      readonly kind: 'source';
      readonly source: AsyncIterable<Uint8Array>;
      readonly length: number | undefined;
    };

/** One request. Times in milliseconds, 0 for ever. */
export interface Exchange {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Body | undefined;
  readonly connectTimeoutMs: number;
  /** Until the answer begins. */
  readonly answerTimeoutMs: number;
  /** Between two pieces of the answer. */
  readonly idleTimeoutMs: number;
  readonly signal: AbortSignal | undefined;
  readonly tls: TlsOptions | undefined;
  /** For errors. */
  readonly sessionId: string | undefined;
}

export interface Exchanged {
  readonly status: number;
  readonly headers: Headers;
  /** Fails with an AgentCubeError, or the signal's reason. Cancelling it ends the connection. */
  readonly body: ReadableStream<Uint8Array>;
}

/** Carries one request. Rejects with UNREACHABLE or CONNECT_TIMEOUT only while nothing was sent. */
export type Carrier = (exchange: Exchange) => Promise<Exchanged>;
