// One connection to a sandbox and the one request that may be on it. Moves bytes with back-pressure both ways; does not know
// clients, sessions or the pool. A connection on which anything went wrong is never used again.
import type { Socket } from 'node:net';
import { ResponseReader, type Reading, type ResponseSink } from './response-reader.ts';

/** Whoever has a request on the connection. */
export interface Occupant extends ResponseSink {
  /** All that came in one piece was handed over: now is the time to write it on. */
  onFlush(): void;
  /** The sandbox takes more of the body again. */
  onDrain(): void;
  /** `answered`: a byte of the answer had come. The connection is gone. */
  onLost(reason: string, answered: boolean): void;
}

export class UpstreamConnection {
  readonly #socket: Socket;
  readonly #reader = new ResponseReader();
  readonly #onIdleClosed: (connection: UpstreamConnection) => void;
  #occupant: Occupant | undefined;
  /** Requests that were begun here. */
  uses = 0;
  /** Until when it may be used again (ms since the epoch); the pool's to set. */
  idleUntil = 0;

  constructor(socket: Socket, onIdleClosed: (connection: UpstreamConnection) => void) {
    this.#socket = socket;
    this.#onIdleClosed = onIdleClosed;
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('end', () => this.#ended());
    socket.on('drain', () => this.#occupant?.onDrain());
    socket.on('error', (error) => this.#lost(error.message));
    socket.on('close', () => this.#lost('the connection closed'));
  }

  get usable(): boolean {
    return !this.#socket.destroyed && this.#socket.readyState === 'open' && this.#occupant === undefined;
  }

  /** The server's own limit on idle time, from the last response (ms). */
  get saidIdleMs(): number {
    return this.#reader.head?.idleMs ?? Infinity;
  }

  /** Puts a request on the connection and writes its head. */
  begin(method: string, head: string, occupant: Occupant): void {
    this.uses += 1;
    this.#occupant = occupant;
    this.#reader.begin(method, occupant);
    this.#socket.write(head, 'latin1');
  }

  /** Holds writes back until `uncork`, so that a head and a small body leave together. */
  cork(): void {
    this.#socket.cork();
  }

  uncork(): void {
    this.#socket.uncork();
  }

  /** False when the body should pause until `onDrain`. */
  write(chunk: Buffer | string): boolean {
    return this.#socket.write(chunk, 'latin1');
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** The request is over on both sides. Answers whether the connection may be used again. */
  release(): boolean {
    this.#occupant = undefined;
    const reusable = this.#reader.head?.reusable === true && this.usable;
    if (!reusable) this.destroy();
    else if (this.#socket.isPaused()) this.#socket.resume();
    return reusable;
  }

  /** Silently: an occupant is told nothing more. */
  destroy(): void {
    this.#occupant = undefined;
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    const occupant = this.#occupant;
    const reading = this.#reader.push(chunk);
    occupant?.onFlush();
    this.#after(reading);
  }

  #ended(): void {
    const occupant = this.#occupant;
    const reading = this.#reader.eof();
    if (reading === 'done') occupant?.onFlush();
    this.#after(reading);
    this.#socket.destroy();
  }

  #after(reading: Reading): void {
    if (typeof reading !== 'string') this.#lost(reading.broken);
  }

  #lost(reason: string): void {
    const occupant = this.#occupant;
    this.destroy();
    if (occupant) occupant.onLost(reason, this.#reader.answered);
    else this.#onIdleClosed(this);
  }
}
