// Owns: what every client of the SDK can be told, and the defaults, which are those of AgentCube's Python SDK.
// Does not own: environment variables (environment.ts) nor what is done with all this (transport/).
import type { AuthProvider } from './auth.ts';

/** Read timeout, in milliseconds: until an answer begins, and between two pieces of it. */
export const defaultTimeoutMs = 120_000;
/** In milliseconds. */
export const defaultConnectTimeoutMs = 5_000;
/** How often a call is made again where that is safe. */
export const defaultRetries = 3;

/** Certificates, where the machine's own are not those to go by. In Node only. */
export interface TlsOptions {
  /** PEM of the authorities that are trusted, instead of the machine's. */
  readonly ca?: string | undefined;
  /** PEM of the client's certificate and of its key. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** Trusts whoever answers. Never in production. */
  readonly insecureSkipVerify?: boolean | undefined;
}

/** What one call can be told; each overrides what the client was told. */
export interface CallOptions {
  /** Ends the call; its reason is thrown. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds until an answer begins, and between two pieces of it. 0: for ever. */
  readonly timeoutMs?: number | undefined;
}

/** Where the platform is and how it is spoken to. */
export interface ConnectOptions {
  /** The control API (AgentCube's workload manager). Absent: `WORKLOAD_MANAGER_URL`. */
  readonly controlUrl?: string | undefined;
  /** The name that the Python SDK has for `controlUrl`. */
  readonly workloadManagerUrl?: string | undefined;
  /** The activator (AgentCube's router). Absent: `ROUTER_URL`. A path in it is kept. */
  readonly routerUrl?: string | undefined;
  /** Sent as `Authorization: Bearer …`. Absent: `AGENTCUBE_API_TOKEN`, and for the control API in a pod its service account's token. */
  readonly authToken?: string | undefined;
  /** Who the caller is; counts before `authToken`. */
  readonly auth?: AuthProvider | undefined;
  /** Milliseconds until an answer begins, and between two pieces of it; 120,000. 0: for ever. */
  readonly timeoutMs?: number | undefined;
  /** Milliseconds until a connection stands; 5,000. */
  readonly connectTimeoutMs?: number | undefined;
  /** How often a call is made again where that is safe; 3. */
  readonly retries?: number | undefined;
  /** Sent with each request. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly tls?: TlsOptions | undefined;
  /** Used instead of what the SDK would choose: Node's `http`, and elsewhere the global `fetch`. */
  readonly fetch?: typeof fetch | undefined;
}

/** What becomes of the session at the end of an `await using` block. */
export type OnDispose = 'end' | 'keep';
