// An HTTP request that wants a sandbox, until its answer ended. Counts as work in hand from the moment it is forwarded (S2).
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { answerFailure, type Beside } from './answer.ts';
import { badEndpoint, failed, failureOf, noEntry, type Failure } from './core/failures.ts';
import { plainIp, requestHead } from './core/headers.ts';
import { pickEntry } from './core/pick-entry.ts';
import type { Target } from './core/route.ts';
import type { Identity } from '../model/identity.ts';
import { Exchange, type Trouble } from './exchange.ts';
import type { OpenDoor } from './doors.ts';
import type { Log, Route } from './lease-book.ts';
import type { Caller } from './resolve.ts';
import type { WaitingRoom } from './waiting-room.ts';

/** Signs for a session, at once when its token is at hand. */
export interface Signer {
  /** `user`: who is to be named in it as the one who calls. */
  tokenFor(sessionId: string, user?: Identity): string | Promise<string>;
}

export interface ForwardDeps {
  readonly signer: Signer;
  readonly room: WaitingRoom;
  readonly log: Log;
}

/** `path` with its query, as the sandbox is to see it. */
export interface Wanted {
  readonly target: Target;
  readonly path: string;
  readonly query: string;
}

/** The door that serves a path, or why there is none. */
export function doorFor(route: Route, path: string): OpenDoor | Failure {
  const door = pickEntry(route.doors, path);
  if (!door) return noEntry();
  return 'problem' in door ? badEndpoint(door.endpoint, door.problem) : door;
}

export class HttpCaller implements Caller, Trouble {
  readonly target: Target;
  readonly identity: Identity | undefined;
  readonly #deps: ForwardDeps;
  readonly #req: IncomingMessage;
  readonly #res: ServerResponse;
  readonly #wanted: Wanted;
  #exchange: Exchange | undefined;
  #route: Route | undefined;
  #done: (() => void) | undefined;
  #again: (() => void) | undefined;

  constructor(
    deps: ForwardDeps,
    req: IncomingMessage,
    res: ServerResponse,
    wanted: Wanted,
    identity?: Identity,
  ) {
    this.target = wanted.target;
    this.identity = identity;
    this.#deps = deps;
    this.#req = req;
    this.#res = res;
    this.#wanted = wanted;
  }

  get gone(): boolean {
    return this.#res.destroyed || this.#res.closed;
  }

  onGone(listener: () => void): () => void {
    this.#res.once('close', listener);
    return () => this.#res.off('close', listener);
  }

  refuse(failure: Failure, beside: Beside): void {
    answerFailure(this.#res, failure, beside);
  }

  forward(route: Route, serverTiming: string | undefined, again?: () => void): void {
    this.#again = again;
    this.#work(route);
    const beside = { sessionId: route.sessionId, serverTiming };
    const door = doorFor(route, this.#wanted.path);
    if ('body' in door) return this.refuse(door, beside);
    const token = this.#deps.signer.tokenFor(route.sessionId, this.identity);
    if (typeof token === 'string') this.#send(door, token, beside);
    else
      token.then(
        (signed) => this.#send(door, signed, beside),
        (fault: unknown) => this.#unsigned(fault, beside),
      );
  }

  /** Nothing was read of the request, so it may be forwarded anew. */
  unreachable(): boolean {
    const again = this.#again;
    this.#route?.doubt();
    if (!again) return false;
    this.#res.off('close', this.#onClose);
    this.#exchange = undefined;
    this.#rest();
    again();
    return true;
  }

  lost(): void {
    this.#route?.doubt();
  }

  #work(route: Route): void {
    this.#route = route;
    this.#done = route.work();
    this.#deps.room.inHand += 1;
    this.#res.once('close', this.#onClose);
  }

  #rest(): void {
    this.#done?.();
    this.#deps.room.inHand -= 1;
  }

  readonly #onClose = (): void => {
    this.#rest();
    this.#exchange?.abandon();
  };

  #send(door: OpenDoor, token: string, beside: Beside & { readonly sessionId: string }): void {
    if (this.gone) return;
    const { path, query } = this.#wanted;
    const head = requestHead(this.#req.rawHeaders, {
      method: this.#req.method ?? 'GET',
      path: path + query,
      fixed: door.fixedFields(token),
      clientIp: plainIp(this.#req.socket.remoteAddress),
      secure: (this.#req.socket as TLSSocket).encrypted === true,
    });
    this.#exchange = new Exchange(this.#req, this.#res, door.pool, head, beside, this);
    this.#exchange.start();
  }

  #unsigned(fault: unknown, beside: Beside & { readonly sessionId: string }): void {
    this.#deps.log('a token could not be signed', { sessionId: beside.sessionId, fault });
    this.refuse(failureOf(failed('JWT_SIGNING_FAILED', { sessionId: beside.sessionId }), false), beside);
  }
}
