// One try of a delivery, from its event to an answer: finds the session that the event means, and calls its sandbox.
// Does not own what an answer leads to (dispatcher.ts), nor how sessions are woken and leased (routing.ts).
// A refusal that is not the target's is no try: there was no room, the platform stops, or its store is away.
import type { DeployedTrigger } from '../../model/deployed-trigger.ts';
import { asPlatformError, type ErrorCode } from '../../model/errors.ts';
import type { Taken } from '../../model/event-queue.ts';
import { runtimeKeyText } from '../../model/sandbox.ts';
import { failureOf, type Failure } from '../core/failures.ts';
import type { Routing } from '../routing.ts';
import { destinationOf } from './core/delivery-request.ts';
import type { Answer } from './core/delivery-verdict.ts';
import { sessionKeyOf } from './core/session-key.ts';
import { attributesOf } from './event.ts';
import { EventCaller, type CallEnd, type EventCallerDeps } from './event-caller.ts';
import type { EventSessions } from './sessions.ts';
import { WakePace } from './wake-pace.ts';
import { WakePlaces, type LeavePlace, type WakeCounter } from './wake-places.ts';

export interface EventDeliveryDeps extends EventCallerDeps {
  readonly routing: Pick<Routing, 'resolve' | 'isAwake'>;
  readonly sessions: EventSessions;
  readonly wakeCounter?: WakeCounter;
}

/** Refusals that say nothing about the target. */
const notItsFault: ReadonlySet<string> = new Set<ErrorCode>([
  'SERVER_OVERLOADED',
  'SESSION_QUEUE_FULL',
  'RUNTIME_QUEUE_FULL',
  'STORE_UNAVAILABLE',
  'SHUTTING_DOWN',
]);
/** The session is none any more. */
const isOver: ReadonlySet<string> = new Set<ErrorCode>(['SESSION_ENDED', 'SESSION_NOT_FOUND']);

/** How often a session may turn out to be over within one try. */
const mostSessions = 3;
const gone = 410;

function codeOf({ body }: Failure): string {
  const told = JSON.parse(body) as { readonly code?: string };
  return told.code ?? '';
}

function refusedAnswer(failure: Failure, dest: string, sessionId?: string): Answer {
  const code = codeOf(failure);
  if (notItsFault.has(code)) return { kind: 'untried', reason: code };
  const { status, body, retryAfter } = failure;
  const fields = retryAfter === undefined ? [] : ['retry-after', String(retryAfter)];
  return { kind: 'answered', dest, status, fields, body: Buffer.from(body), sessionId };
}

function answerOf(end: CallEnd, dest: string): Answer {
  switch (end.kind) {
    case 'answered':
      return { ...end, dest };
    case 'silent':
      return { ...end, dest };
    case 'refused':
      return refusedAnswer(end.failure, dest, end.sessionId);
    case 'abandoned':
      return { kind: 'untried', reason: 'abandoned' };
  }
}

export class EventDelivery {
  readonly #deps: EventDeliveryDeps;
  readonly #places: WakePlaces;
  readonly #pace: WakePace;

  /** `mostWaking`: events that may wait for sandboxes of one runtime at once. */
  constructor(deps: EventDeliveryDeps, mostWaking: number) {
    this.#deps = deps;
    this.#places = new WakePlaces(mostWaking, deps.wakeCounter);
    this.#pace = new WakePace(deps.clock);
  }

  /** See Deliver. */
  readonly deliver = async (taken: Taken, trigger: DeployedTrigger, signal: AbortSignal): Promise<Answer> => {
    const dest = destinationOf(trigger.target);
    try {
      return await this.#deliver(taken, trigger, dest, signal);
    } catch (fault) {
      const error = asPlatformError(fault);
      if (error.code === 'INTERNAL') throw fault;
      return refusedAnswer(failureOf(error, false), dest);
    }
  };

  /** A place is held until the session runs, the time that it takes to be opened included. */
  async #deliver(taken: Taken, trigger: DeployedTrigger, dest: string, signal: AbortSignal): Promise<Answer> {
    const key = sessionKeyOf(trigger, attributesOf(taken.event));
    const leave = await this.#place(key, trigger, signal);
    if (leave === undefined) return { kind: 'untried', reason: 'abandoned' };
    const call = (sessionId: string | undefined): Promise<CallEnd> =>
      this.#call(taken, trigger, sessionId, signal, leave);
    try {
      if (key === undefined) return answerOf(await call(undefined), dest);
      return await this.#inSession(key, trigger, dest, call);
    } finally {
      leave();
    }
  }

  async #inSession(
    key: string,
    { target, session }: DeployedTrigger,
    dest: string,
    call: (sessionId: string) => Promise<CallEnd>,
  ): Promise<Answer> {
    const { sessions } = this.#deps;
    let sessionId = await sessions.find(key, target.runtime);
    for (let count = 1; ; count += 1) {
      const end = await call(sessionId);
      const over = end.kind === 'refused' && isOver.has(codeOf(end.failure));
      if (!over || count === mostSessions) return answerOf(end, dest);
      const next = await sessions.after(key, target.runtime, sessionId, session.whenEnded);
      if (next === undefined) return ended(dest, sessionId);
      sessionId = next;
    }
  }

  /** None is needed in a session that is awake. */
  async #place(
    key: string | undefined,
    { target }: DeployedTrigger,
    signal: AbortSignal,
  ): Promise<LeavePlace | undefined> {
    const { sessions, routing } = this.#deps;
    const known = key === undefined ? undefined : sessions.known(key);
    if (known !== undefined && routing.isAwake(known)) return () => {};
    const leave = await this.#places.enter(runtimeKeyText(target.runtime), signal);
    if (leave) await this.#pace.turn();
    if (!signal.aborted) return leave;
    leave?.();
    return undefined;
  }

  /** `sessionId`: undefined asks for a session of its own. */
  async #call(
    { event }: Taken,
    trigger: DeployedTrigger,
    sessionId: string | undefined,
    signal: AbortSignal,
    onServed: () => void,
  ): Promise<CallEnd> {
    const { runtime } = trigger.target;
    const target = { key: runtime, text: runtimeKeyText(runtime) };
    const caller = new EventCaller(this.#deps, { event, target, trigger, signal, onServed });
    this.#deps.routing.resolve(caller, sessionId);
    return caller.ended;
  }
}

const ended = (dest: string, sessionId: string): Answer => ({
  kind: 'hopeless',
  error: { dest, code: gone, data: `session ${sessionId} has ended, and the trigger asks for no new one` },
});
