// Owns: the shape of an open socket to an agent, whoever carries it. Does not own: opening one (sdk/socket.ts).

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
