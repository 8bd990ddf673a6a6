// Owns: what came over a socket and was not read yet, and how the socket ended. Does not own: the socket, which is told here.
// What is not read is kept: a reader that never comes needs memory for all of it.
import { AgentCubeError } from '../errors.ts';
import type { AgentSocket } from './agent-socket.ts';

interface Socket {
  readonly protocol: () => string;
  readonly send: (data: string | Uint8Array) => void;
  readonly close: (code?: number, reason?: string) => void;
}

interface Closed {
  readonly code: number;
  readonly reason: string;
}

/** Codes of a close that was wanted (RFC 6455, 7.4.1); 1005 says that none was given. */
const wanted = new Set([1000, 1001, 1005]);

/** An open socket over whatever carries it. */
export class SocketQueue implements AgentSocket {
  readonly closed: Promise<Closed>;
  readonly #socket: Socket;
  readonly #waiting: (string | Uint8Array)[] = [];
  #wake: () => void = () => undefined;
  #end: (closed: Closed) => void = () => undefined;
  #ended: Closed | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.closed = new Promise((resolve) => (this.#end = resolve));
  }

  get protocol(): string {
    return this.#socket.protocol();
  }

  /** For whoever carries it. */
  add(message: string | Uint8Array): void {
    this.#waiting.push(message);
    this.#wake();
  }

  /** For whoever carries it. */
  end(code: number, reason: string): void {
    this.#ended = { code, reason };
    this.#end(this.#ended);
    this.#wake();
  }

  send(data: string | Uint8Array): void {
    this.#socket.send(data);
  }

  close(code?: number, reason?: string): void {
    this.#socket.close(code, reason);
  }

  /** Ends when the socket is closed; throws CONNECTION_LOST when it broke. */
  async *[Symbol.asyncIterator](): AsyncGenerator<string | Uint8Array, void> {
    for (;;) {
      while (this.#waiting.length > 0) yield this.#waiting.shift() ?? '';
      if (this.#ended !== undefined) break;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    const { code, reason } = this.#ended;
    if (wanted.has(code)) return;
    throw new AgentCubeError('CONNECTION_LOST', `the socket was closed with ${code} ${reason}`.trim(), {
      reason,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await this.closed;
  }
}
