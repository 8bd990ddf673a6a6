// One event on its way through a sandbox's door, and the answer, collected up to a bound. Does not own sessions, leases or time.
// Exactly one end is told, at most once. An event may come twice, so one that was put on a connection that had gone stale is
// sent again on a new one, which a caller's POST is not.
import type { ResponseHead } from '../core/response-head.ts';
import type { Occupant, UpstreamConnection } from '../upstream/connection.ts';
import type { Connected, UpstreamPool } from '../upstream/pool.ts';

export type ExchangeEnd =
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly fields: readonly string[];
      readonly body: Uint8Array;
      /** `body` is its beginning only. */
      readonly cut: boolean;
    }
  /** No connection was made: nothing was sent. */
  | { readonly kind: 'unreachable'; readonly reason: string }
  /** The connection broke, or what came was no answer. */
  | { readonly kind: 'lost'; readonly reason: string };

export interface Outgoing {
  /** Request line and fields. */
  readonly head: string;
  readonly body: Uint8Array;
}

export class EventExchange implements Occupant {
  readonly #pool: UpstreamPool;
  readonly #outgoing: Outgoing;
  readonly #mostBytes: number;
  readonly #end: (end: ExchangeEnd) => void;
  readonly #chunks: Buffer[] = [];
  #bytes = 0;
  #connection: UpstreamConnection | undefined;
  #stopConnecting: (() => void) | undefined;
  #head: ResponseHead | undefined;
  #ended = false;
  #retried = false;
  #over = false;

  /** `mostBytes`: how much of an answer's body is kept. */
  constructor(pool: UpstreamPool, outgoing: Outgoing, mostBytes: number, end: (end: ExchangeEnd) => void) {
    this.#pool = pool;
    this.#outgoing = outgoing;
    this.#mostBytes = mostBytes;
    this.#end = end;
  }

  start(): void {
    const idle = this.#pool.takeIdle();
    if (idle) this.#begin(idle);
    else this.#connect();
  }

  /** Nobody wants to know any more. */
  abandon(): void {
    if (this.#over) return;
    this.#over = true;
    this.#stopConnecting?.();
    this.#connection?.destroy();
  }

  onHead(head: ResponseHead): void {
    this.#head = head;
  }

  onData(chunk: Buffer): void {
    if (this.#over) return;
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
  }

  onEnd(): void {
    this.#ended = true;
  }

  onFlush(): void {
    if (this.#over || !this.#head) return;
    if (this.#bytes > this.#mostBytes) return this.#answer(this.#head, true);
    if (this.#ended) this.#answer(this.#head, false);
  }

  onDrain(): void {}

  onLost(reason: string, answered: boolean): void {
    const connection = this.#connection;
    this.#connection = undefined;
    if (this.#over) return;
    if (connection !== undefined && connection.uses > 1 && !answered && !this.#retried) {
      this.#retried = true;
      return this.#connect();
    }
    this.#finish({ kind: 'lost', reason });
  }

  #connect(): void {
    this.#stopConnecting = this.#pool.connect((connected) => this.#connected(connected));
  }

  #connected(outcome: Connected): void {
    this.#stopConnecting = undefined;
    if (outcome.kind === 'connected') return this.#begin(outcome.connection);
    const reason = outcome.kind === 'timeout' ? 'no connection was made in time' : outcome.reason;
    this.#finish({ kind: 'unreachable', reason });
  }

  #begin(connection: UpstreamConnection): void {
    const { head, body } = this.#outgoing;
    this.#connection = connection;
    connection.cork();
    connection.begin('POST', head, this);
    if (body.length > 0) connection.write(Buffer.from(body.buffer, body.byteOffset, body.length));
    connection.uncork();
  }

  #answer({ status, fields }: ResponseHead, cut: boolean): void {
    const connection = this.#connection;
    this.#connection = undefined;
    if (cut) connection?.destroy();
    else if (connection) this.#pool.giveBack(connection);
    const body = Buffer.concat(this.#chunks).subarray(0, this.#mostBytes);
    this.#finish({ kind: 'answered', status, fields, body, cut });
  }

  #finish(end: ExchangeEnd): void {
    this.#over = true;
    this.#end(end);
  }
}
