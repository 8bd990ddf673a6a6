// Owns: WebSockets as a handler sees them: what comes is iterated, what goes is sent under back-pressure.
// Does not own the protocol: `ws` does, and is loaded with the first handshake.
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { AgentSocket } from './talk.ts';

const OPEN = 1;

const encoded = (message: unknown): string | Uint8Array =>
  typeof message === 'string' || message instanceof Uint8Array ? message : JSON.stringify(message);

/** Messages that came and were not asked for yet; no longer read from the network when there are many. */
class Inbox {
  readonly #socket: WebSocket;
  readonly #waiting: (string | Uint8Array)[] = [];
  #wake: (() => void) | undefined;
  #closed = false;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data: Buffer, isBinary: boolean) => {
      this.#waiting.push(isBinary ? new Uint8Array(data) : data.toString('utf8'));
      if (this.#waiting.length >= 16) socket.pause();
      this.#wake?.();
    });
    socket.once('close', () => {
      this.#closed = true;
      this.#wake?.();
    });
  }

  async *messages(): AsyncGenerator<string | Uint8Array> {
    for (;;) {
      const next = this.#waiting.shift();
      if (next !== undefined) {
        if (this.#waiting.length === 0 && this.#socket.isPaused) this.#socket.resume();
        yield next;
      } else if (this.#closed) return;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}

/** The author's view of a socket. */
export function agentSocket(socket: WebSocket): AgentSocket {
  const inbox = new Inbox(socket);
  return {
    send: (message) =>
      new Promise((resolve, reject) => {
        socket.send(encoded(message), (fault) => (fault ? reject(fault) : resolve()));
      }),
    close: (code = 1000, reason = '') => socket.close(code, reason),
    get isOpen() {
      return socket.readyState === OPEN;
    },
    [Symbol.asyncIterator]: () => inbox.messages(),
  };
}

/** Answers handshakes. */
export interface Handshakes {
  accept(request: IncomingMessage, connection: Duplex, head: Buffer): Promise<WebSocket>;
}

/** `maxBytes`: of one message. */
export async function loadHandshakes(maxBytes: number): Promise<Handshakes> {
  const { WebSocketServer } = await import('ws');
  const server = new WebSocketServer({ noServer: true, maxPayload: maxBytes, clientTracking: false });
  return {
    accept: (request, connection, head) =>
      new Promise((resolve) => {
        server.handleUpgrade(request, connection, head, resolve);
      }),
  };
}
