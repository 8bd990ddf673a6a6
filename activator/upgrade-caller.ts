// A WebSocket handshake that wants a sandbox, and the socket after it, which is work in hand until it closes (S2).
// The handshake itself is http-proxy-middleware's; what is ours are its target, its headers and its end.
import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { createProxyMiddleware } from 'http-proxy-middleware';
import { failUpgrade, type Beside } from './answer.ts';
import { failed, failureOf, type Failure } from './core/failures.ts';
import type { Address } from './core/endpoint.ts';
import { forwardedFields, plainIp, sessionHeader } from './core/headers.ts';
import type { Target } from './core/route.ts';
import type { OpenDoor } from './doors.ts';
import { doorFor, type ForwardDeps, type Wanted } from './http-caller.ts';
import type { Route } from './lease-book.ts';
import type { Caller } from './resolve.ts';
import type { Identity } from '../model/identity.ts';

/** What the proxy must know of a handshake that is on its way. */
interface Handshake {
  readonly address: Address;
  readonly beside: Beside & { readonly sessionId: string };
  readonly route: Route;
}

export type UpgradeProxy = (req: IncomingMessage, socket: Socket, head: Buffer, handshake: Handshake) => void;

/** The proxy for every upgrade; one for an activator. */
export function createUpgradeProxy(): UpgradeProxy {
  const handshakes = new WeakMap<IncomingMessage, Handshake>();
  const proxy = createProxyMiddleware({
    ws: false,
    changeOrigin: false,
    ejectPlugins: true,
    router: (req) => proxyTarget(handshakes.get(req)?.address),
    plugins: [
      (server) => {
        server.on('proxyReqWs', (proxyReq, req, socket) => tie(proxyReq, socket, handshakes.get(req)));
        server.on('error', (error, req, socket) => fail(error, socket as Socket, req && handshakes.get(req)));
      },
    ],
  });
  return (req, socket, head, handshake) => {
    handshakes.set(req, handshake);
    proxy.upgrade(req, socket, head);
  };
}

function proxyTarget(address: Address | undefined) {
  if (!address) throw new Error('a handshake without a sandbox');
  const protocol = address.kind === 'tcp' && address.tls ? 'https:' : 'http:';
  return address.kind === 'unix'
    ? { protocol, host: 'localhost', port: 80, socketPath: address.socketPath }
    : { protocol, host: address.hostname, port: address.port };
}

/** Puts our headers on the sandbox's answer, and lets neither side outlive the other. */
function tie(proxyReq: ClientRequest, socket: Socket, handshake: Handshake | undefined): void {
  const mark = (answer: IncomingMessage): void => {
    const { sessionId, serverTiming } = handshake?.beside ?? {};
    if (sessionId !== undefined) answer.headers[sessionHeader] = sessionId;
    if (serverTiming !== undefined) answer.headers['server-timing'] = serverTiming;
  };
  proxyReq.prependListener('response', mark);
  proxyReq.prependListener('upgrade', (answer: IncomingMessage, upstream: Socket) => {
    mark(answer);
    socket.once('close', () => upstream.destroy());
    upstream.once('close', () => socket.destroySoon());
  });
  socket.once('close', () => proxyReq.destroy());
}

const refused: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ENOENT', 'EAGAIN']);

function fail(error: NodeJS.ErrnoException, socket: Socket, handshake: Handshake | undefined): void {
  // Once bytes of an answer went out, an error can only end the socket.
  if (socket.bytesWritten > 0 || !handshake) return void socket.destroy();
  const code = refused.has(error.code ?? '') ? 'SANDBOX_UNREACHABLE' : 'SANDBOX_CONNECTION_LOST';
  const { beside, route } = handshake;
  route.doubt();
  failUpgrade(
    socket,
    failureOf(failed(code, { reason: error.message, sessionId: beside.sessionId }), false),
    beside,
  );
}

const notForwarded = ['proxy-connection', 'proxy-authorization', 'keep-alive', 'te', 'trailer', 'expect'];

export class UpgradeCaller implements Caller {
  readonly target: Target;
  readonly identity: Identity | undefined;
  readonly #deps: ForwardDeps & { readonly proxy: UpgradeProxy };
  readonly #req: IncomingMessage;
  readonly #socket: Socket;
  readonly #head: Buffer;
  readonly #wanted: Wanted;

  constructor(
    deps: ForwardDeps & { readonly proxy: UpgradeProxy },
    req: IncomingMessage,
    socket: Socket,
    head: Buffer,
    wanted: Wanted,
    identity?: Identity,
  ) {
    this.target = wanted.target;
    this.identity = identity;
    this.#deps = deps;
    this.#req = req;
    this.#socket = socket;
    this.#head = head;
    this.#wanted = wanted;
    // Whoever resets the connection is gone; 'close' follows and is what counts.
    socket.on('error', () => {});
  }

  get gone(): boolean {
    return this.#socket.destroyed;
  }

  /** A paused socket does not notice its end, so it is looked at without taking anything from it. */
  onGone(listener: () => void): () => void {
    const socket = this.#socket;
    const look = (): void => void (socket.readableLength === 0 && socket.read());
    const ended = (): void => void socket.destroy();
    socket.on('readable', look).once('end', ended).once('close', listener);
    return () => void socket.off('readable', look).off('end', ended).off('close', listener);
  }

  refuse(failure: Failure, beside: Beside): void {
    failUpgrade(this.#socket, failure, beside);
  }

  forward(route: Route, serverTiming: string | undefined): void {
    const done = route.work();
    this.#deps.room.inHand += 1;
    this.#socket.once('close', () => {
      done();
      this.#deps.room.inHand -= 1;
    });
    void this.#send(route, { sessionId: route.sessionId, serverTiming });
  }

  async #send(route: Route, beside: Beside & { readonly sessionId: string }): Promise<void> {
    const door = doorFor(route, this.#wanted.path);
    if ('body' in door) return this.refuse(door, beside);
    try {
      this.#rewrite(door, await this.#deps.signer.tokenFor(route.sessionId, this.identity));
      if (!this.gone)
        this.#deps.proxy(this.#req, this.#socket, this.#head, { address: door.address, beside, route });
    } catch (fault) {
      this.#deps.log('a token could not be signed', { sessionId: beside.sessionId, fault });
      this.refuse(failureOf(failed('JWT_SIGNING_FAILED', { sessionId: beside.sessionId }), false), beside);
    }
  }

  #rewrite(door: OpenDoor, token: string): void {
    const { headers, rawHeaders, socket } = this.#req;
    const secure = (socket as TLSSocket).encrypted === true;
    const forwarded = forwardedFields(rawHeaders, plainIp(socket.remoteAddress), secure);
    for (const name of notForwarded) Reflect.deleteProperty(headers, name);
    Object.assign(headers, forwarded, { host: door.address.host, authorization: `Bearer ${token}` });
    this.#req.url = this.#wanted.path + this.#wanted.query;
  }
}
