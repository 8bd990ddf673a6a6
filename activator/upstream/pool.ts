// The connections to one door of one sandbox: idle ones are used again, newest first, others are made as needed.
// An idle connection is used again only for a moment: a sandbox that was frozen in between may close it unseen, and a fresh
// connection on one machine costs next to nothing. Does not own requests.
import net, { type Socket } from 'node:net';
import tls from 'node:tls';
import type { Clock } from '../../model/clock.ts';
import type { Address } from '../core/endpoint.ts';
import { UpstreamConnection } from './connection.ts';

export type Connected =
  | { readonly kind: 'connected'; readonly connection: UpstreamConnection }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'timeout' };

/** How long an idle connection may be used again, and how long connecting may take (ms). */
const idleMs = 2_000;
const connectMs = 5_000;
/** A listener whose backlog is full answers EAGAIN on a unix socket, where TCP would wait: asked again after this (ms). */
const firstRetryMs = 2;
const slowestRetryMs = 50;
const worthRetrying: ReadonlySet<string> = new Set(['EAGAIN', 'EMFILE', 'ENFILE']);

function dial(address: Address): Socket {
  if (address.kind === 'unix') return net.connect(address.socketPath);
  const options = { host: address.hostname, port: address.port, noDelay: true };
  if (!address.tls) return net.connect(options);
  const servername = net.isIP(address.hostname) === 0 ? { servername: address.hostname } : {};
  return tls.connect({ ...options, ...servername });
}

export class UpstreamPool {
  readonly #address: Address;
  readonly #clock: Clock;
  readonly #idle: UpstreamConnection[] = [];
  #closed = false;

  constructor(address: Address, clock: Clock) {
    this.#address = address;
    this.#clock = clock;
  }

  /** A connection that was used before and may be used again. */
  takeIdle(): UpstreamConnection | undefined {
    const now = this.#clock.now();
    for (let found = this.#idle.pop(); found; found = this.#idle.pop()) {
      if (found.usable && found.idleUntil > now) return found;
      found.destroy();
    }
    return undefined;
  }

  /** Makes a connection. `settle` is called once, later. The answer stops trying. */
  connect(settle: (connected: Connected) => void): () => void {
    const attempt = new Attempt(this.#address, this.#clock, (socket) => {
      if ('kind' in socket) settle(socket);
      else settle({ kind: 'connected', connection: new UpstreamConnection(socket, this.#onIdleClosed) });
    });
    return () => attempt.stop();
  }

  /** After a request that ended well on both sides. */
  giveBack(connection: UpstreamConnection): void {
    if (!connection.release()) return;
    // A second before the server's own limit, so that the two do not race.
    const keepMs = Math.min(idleMs, connection.saidIdleMs - 1_000);
    if (this.#closed || keepMs <= 0) return connection.destroy();
    connection.idleUntil = this.#clock.now() + keepMs;
    this.#idle.push(connection);
  }

  /** Closes what was idle too long. */
  sweep(): void {
    const now = this.#clock.now();
    for (const old of this.#idle.filter((connection) => connection.idleUntil <= now)) old.destroy();
    for (let i = this.#idle.length - 1; i >= 0; i -= 1) if (!this.#idle[i]?.usable) this.#idle.splice(i, 1);
  }

  /** No connection is kept from now on; those with a request on them go on. */
  close(): void {
    this.#closed = true;
    for (const connection of this.#idle.splice(0)) connection.destroy();
  }

  readonly #onIdleClosed = (connection: UpstreamConnection): void => {
    const at = this.#idle.indexOf(connection);
    if (at >= 0) this.#idle.splice(at, 1);
  };
}

/** One wish for a connection: tried again while the listener's backlog is full, for as long as connecting may take. */
class Attempt {
  readonly #address: Address;
  readonly #clock: Clock;
  readonly #done: (outcome: Socket | Exclude<Connected, { kind: 'connected' }>) => void;
  readonly #cancelTimeout: () => void;
  #cancelRetry: () => void = () => {};
  #socket: Socket | undefined;
  #settled = false;

  constructor(
    address: Address,
    clock: Clock,
    done: (outcome: Socket | Exclude<Connected, { kind: 'connected' }>) => void,
  ) {
    this.#address = address;
    this.#clock = clock;
    this.#done = done;
    this.#cancelTimeout = clock.after(connectMs, () => this.#settle({ kind: 'timeout' }));
    this.#try(firstRetryMs);
  }

  stop(): void {
    this.#end();
    this.#socket?.destroy();
  }

  #try(retryMs: number): void {
    const socket = dial(this.#address);
    this.#socket = socket;
    const onError = (error: NodeJS.ErrnoException): void => {
      if (this.#settled) return;
      if (!worthRetrying.has(error.code ?? ''))
        return this.#settle({ kind: 'refused', reason: error.message });
      this.#cancelRetry = this.#clock.after(retryMs, () => this.#try(Math.min(retryMs * 2, slowestRetryMs)));
    };
    socket.once('error', onError);
    socket.once('connect' in socket && 'encrypted' in socket ? 'secureConnect' : 'connect', () => {
      socket.removeListener('error', onError);
      if (this.#settled) socket.destroy();
      else this.#settle(socket);
    });
  }

  #end(): void {
    this.#settled = true;
    this.#cancelTimeout();
    this.#cancelRetry();
  }

  #settle(outcome: Socket | Exclude<Connected, { kind: 'connected' }>): void {
    if (this.#settled) return;
    this.#end();
    if (!(outcome instanceof net.Socket)) this.#socket?.destroy();
    this.#done(outcome);
  }
}
