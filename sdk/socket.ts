// Owns: a WebSocket to an agent, the same in Node (package `ws`) and in a browser (the global one).
// Does not own: what is said over it. A browser cannot send headers, so there only a session of its own can be opened.
import type { CallOptions } from './options.ts';

export interface SocketOptions extends CallOptions {
  readonly protocols?: readonly string[] | undefined;
}

/** An open socket. Iterate it for what comes, once. */
export interface AgentSocket extends AsyncIterable<string | Uint8Array>, AsyncDisposable {
  /** The protocol that was agreed on, or ''. */
  readonly protocol: string;
  /** Text as a string, anything else as bytes. */
  send(data: string | Uint8Array): void;
  close(code?: number, reason?: string): void;
  /** Resolves when it is closed, by either side. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
}
