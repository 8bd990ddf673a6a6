// A wire that can be cut, held and slowed: TCP from one program to Redis.
// Held bytes arrive when the wire is mended, as they would after a network that lost its way for a while.
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

export type Wire =
  | { readonly kind: 'whole' }
  /** Connections break, new ones too. */
  | { readonly kind: 'cut' }
  /** Connections stay and are made, and nothing arrives. */
  | { readonly kind: 'held' }
  /** Everything arrives so much later (ms), each way. */
  | { readonly kind: 'slow'; readonly delayMs: number };

export interface Proxy {
  readonly port: number;
  set(wire: Wire): void;
  close(): Promise<void>;
}

/** One direction of one connection: in order, whatever the delay was and is. */
class Lane {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #delay: () => number;
  #tail: Promise<void> = Promise.resolve();

  constructor(from: Socket, to: Socket, delay: () => number) {
    this.#from = from;
    this.#to = to;
    this.#delay = delay;
    from.on('data', (chunk: Buffer) => this.#carry(() => to.write(chunk)));
    from.on('end', () => this.#carry(() => to.end()));
    from.on('close', () => this.#carry(() => to.destroy()));
    from.on('error', () => to.destroy());
  }

  hold(held: boolean): void {
    if (held) this.#from.pause();
    else this.#from.resume();
  }

  destroy(): void {
    this.#from.destroy();
  }

  #carry(deliver: () => unknown): void {
    const dueAt = performance.now() + this.#delay();
    this.#tail = this.#tail.then(async () => {
      const wait = dueAt - performance.now();
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
      if (!this.#to.destroyed) deliver();
    });
  }
}

class TcpProxy implements Proxy {
  readonly #server: Server;
  readonly #targetPort: number;
  readonly #lanes = new Set<Lane>();
  #wire: Wire = { kind: 'whole' };

  constructor(targetPort: number) {
    this.#targetPort = targetPort;
    this.#server = createServer({ allowHalfOpen: true }, (client) => this.#join(client));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  listen(): Promise<this> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject).listen(0, '127.0.0.1', () => resolve(this));
    });
  }

  set(wire: Wire): void {
    this.#wire = wire;
    for (const lane of this.#lanes) {
      if (wire.kind === 'cut') lane.destroy();
      else lane.hold(wire.kind === 'held');
    }
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const lane of this.#lanes) lane.destroy();
    await closed;
  }

  #join(client: Socket): void {
    if (this.#wire.kind === 'cut') {
      client.on('error', () => undefined).resetAndDestroy();
      return;
    }
    const server = connect({ port: this.#targetPort, host: '127.0.0.1', allowHalfOpen: true });
    for (const socket of [client, server]) socket.setNoDelay(true);
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      const lane = new Lane(from, to, () => (this.#wire.kind === 'slow' ? this.#wire.delayMs : 0));
      lane.hold(this.#wire.kind === 'held');
      this.#lanes.add(lane);
      from.once('close', () => this.#lanes.delete(lane));
    }
  }
}

/** Listens on a free port of 127.0.0.1 and carries everything to `targetPort`, which need not listen yet. */
export const startProxy = (targetPort: number): Promise<Proxy> => new TcpProxy(targetPort).listen();
