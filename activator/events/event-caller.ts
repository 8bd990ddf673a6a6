// An event that wants a sandbox, as a caller like those over HTTP: it waits at the same gates, counts as work in hand from the
// moment it is forwarded (S2), and keeps its session awake while it is handled. Does not own which session it is for.
// Exactly one end is told. How long the target may take is counted from the moment its session runs.
import type { Cancel, Clock } from '../../model/clock.ts';
import type { DeployedTrigger } from '../../model/deployed-trigger.ts';
import type { EncodedEvent } from '../../model/event-queue.ts';
import type { Beside } from '../answer.ts';
import type { Failure } from '../core/failures.ts';
import { sessionHeader } from '../core/headers.ts';
import type { Target } from '../core/route.ts';
import type { OpenDoor } from '../doors.ts';
import { doorFor, type ForwardDeps } from '../http-caller.ts';
import type { Route } from '../lease-book.ts';
import type { Caller } from '../resolve.ts';
import { deliveryHead, placeOf } from './core/delivery-request.ts';
import { EventExchange, type ExchangeEnd } from './event-exchange.ts';

export type CallEnd =
  | (Extract<ExchangeEnd, { kind: 'answered' }> & { readonly sessionId: string })
  /** The platform answers in the sandbox's place. */
  | { readonly kind: 'refused'; readonly failure: Failure; readonly sessionId?: string | undefined }
  /** The sandbox may have got it. */
  | { readonly kind: 'silent'; readonly reason: string; readonly sessionId: string }
  /** Whoever asked does not want it any more. */
  | { readonly kind: 'abandoned' };

export interface EventCallerDeps extends ForwardDeps {
  readonly clock: Clock;
  /** How much of an answer is kept (bytes). */
  readonly mostReplyBytes: number;
}

export interface EventCall {
  readonly event: EncodedEvent;
  readonly target: Target;
  readonly trigger: Pick<DeployedTrigger, 'target' | 'delivery'>;
  readonly signal: AbortSignal;
  /** Told once: the session runs, or its wake has failed. */
  readonly onServed: () => void;
}

export class EventCaller implements Caller {
  readonly target: Target;
  readonly ended: Promise<CallEnd>;
  readonly #deps: EventCallerDeps;
  readonly #call: EventCall;
  readonly #tell: (end: CallEnd) => void;
  #over = false;
  #exchange: EventExchange | undefined;
  #rest: (() => void) | undefined;
  #cancelTimeout: Cancel = () => {};

  constructor(deps: EventCallerDeps, call: EventCall) {
    const { promise, resolve } = Promise.withResolvers<CallEnd>();
    this.target = call.target;
    this.ended = promise;
    this.#deps = deps;
    this.#call = call;
    this.#tell = resolve;
    call.signal.addEventListener('abort', this.#onAbort);
    if (call.signal.aborted) this.#onAbort();
  }

  get gone(): boolean {
    return this.#over;
  }

  onGone(listener: () => void): () => void {
    this.#call.signal.addEventListener('abort', listener);
    return () => this.#call.signal.removeEventListener('abort', listener);
  }

  refuse(failure: Failure, { sessionId }: Beside): void {
    this.#finish({ kind: 'refused', failure, sessionId });
  }

  forward(route: Route, _serverTiming: string | undefined, again?: () => void): void {
    if (this.#over) return;
    this.#call.onServed();
    const { room, signer } = this.#deps;
    const done = route.work();
    room.inHand += 1;
    this.#rest = () => {
      this.#rest = undefined;
      done();
      room.inHand -= 1;
    };
    this.#startTimeout(route);
    const place = placeOf(this.#call.trigger.target);
    const door = doorFor(route, place.path);
    if ('body' in door) return this.refuse(door, route);
    const send = (token: string): void => this.#send(route, door, token, again);
    const token = signer.tokenFor(route.sessionId);
    if (typeof token === 'string') return send(token);
    const unsigned = (fault: unknown): void => {
      this.#deps.log('a token could not be signed', { sessionId: route.sessionId, fault });
      this.#silent(route, 'no token could be signed');
    };
    token.then(send, unsigned);
  }

  #startTimeout(route: Route): void {
    const { timeoutMs } = this.#call.trigger.delivery;
    this.#cancelTimeout();
    this.#cancelTimeout = this.#deps.clock.after(timeoutMs, () =>
      this.#silent(route, `there was no answer within ${timeoutMs / 1_000} s`),
    );
  }

  #send(route: Route, door: OpenDoor, token: string, again: (() => void) | undefined): void {
    if (this.#over) return;
    const { event, trigger } = this.#call;
    const { path, query } = placeOf(trigger.target);
    const { sessionId } = route;
    const fixed = `${door.fixedFields(token)}${sessionHeader}: ${sessionId}\r\n`;
    const head = deliveryHead(event, path + query, fixed);
    const outgoing = { head, body: event.body };
    this.#exchange = new EventExchange(door.pool, outgoing, this.#deps.mostReplyBytes, (end) =>
      this.#onEnd(route, end, again),
    );
    this.#exchange.start();
  }

  #onEnd(route: Route, end: ExchangeEnd, again: (() => void) | undefined): void {
    const { sessionId } = route;
    if (end.kind === 'answered') return this.#finish({ ...end, sessionId });
    route.doubt();
    // Nothing was sent: its route was of yesterday, and the store knows where the session is.
    if (end.kind === 'lost' || !again) return this.#silent(route, end.reason);
    this.#exchange = undefined;
    this.#cancelTimeout();
    this.#rest?.();
    again();
  }

  #silent({ sessionId }: Route, reason: string): void {
    this.#finish({ kind: 'silent', reason, sessionId });
  }

  readonly #onAbort = (): void => this.#finish({ kind: 'abandoned' });

  #finish(end: CallEnd): void {
    if (this.#over) return;
    this.#over = true;
    this.#call.signal.removeEventListener('abort', this.#onAbort);
    this.#cancelTimeout();
    this.#exchange?.abandon();
    this.#rest?.();
    this.#call.onServed();
    this.#tell(end);
  }
}
