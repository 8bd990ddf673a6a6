// A WebSocket as authors see it. Types only, without Node's own: whoever imports the package need not have those.

/** One WebSocket. Iterate it for what the caller sends; the loop ends when the caller is gone. */
export interface AgentSocket extends AsyncIterable<string | Uint8Array> {
  /** Strings and bytes go as they are, anything else as JSON. Resolves when it was handed to the network. */
  send(message: unknown): Promise<void>;
  /** Ends it; code 1000 by default. */
  close(code?: number, reason?: string): void;
  readonly isOpen: boolean;
}
