// Where an event goes that no try delivered: the sink that its trigger names, and else, or when that takes nothing, the queue of
// dead letters. Does not own when an event is given up, nor the attributes that tell why (core/delivery-error.ts).
// Nothing is lost between the two: an event leaves the queue only when its sink has taken it.
import type { DeadLetterSink, DeployedTrigger } from '../../model/deployed-trigger.ts';
import { asPlatformError } from '../../model/errors.ts';
import type { DeliveryError, EncodedEvent, Taken } from '../../model/event-queue.ts';
import { withError } from './core/delivery-error.ts';
import type { Answer } from './core/delivery-verdict.ts';
import { readEvent } from './event.ts';
import type { EventIngress } from './ingress.ts';

/** Tries one delivery, and says what it came to. Never rejects. `signal`: nobody wants to know any more. */
export type Deliver = (taken: Taken, trigger: DeployedTrigger, signal: AbortSignal) => Promise<Answer>;

/** Sends an event to a URL, and answers its status, or 0 when there was no answer. Never rejects. */
export type PostEvent = (uri: string, event: EncodedEvent, signal: AbortSignal) => Promise<number>;

export interface SinkDeps {
  readonly deliver: Deliver;
  readonly ingress: Pick<EventIngress, 'accept'>;
  readonly post: PostEvent;
}

const isTaken = (status: number): boolean => status >= 200 && status < 300;

export class DeadLetterSinks {
  readonly #deps: SinkDeps;

  constructor(deps: SinkDeps) {
    this.#deps = deps;
  }

  /** Undefined when the trigger's sink has taken the event; else the error it is to be buried with. Never rejects. */
  async send(
    taken: Taken,
    trigger: DeployedTrigger,
    error: DeliveryError,
    signal: AbortSignal,
  ): Promise<DeliveryError | undefined> {
    const sink = trigger.delivery.deadLetterSink;
    if (sink === undefined) return error;
    const dead = { ...taken, event: withError(taken.event, error) };
    const problem = await this.#to(sink, dead, trigger, signal).catch(
      (fault: unknown) => asPlatformError(fault).message,
    );
    return problem === undefined
      ? undefined
      : { ...error, data: `${problem}; before: ${error.data}`.slice(0, 1_024) };
  }

  async #to(
    sink: DeadLetterSink,
    dead: Taken,
    trigger: DeployedTrigger,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    switch (sink.kind) {
      case 'uri': {
        const status = await this.#deps.post(sink.uri, dead.event, signal);
        return isTaken(status)
          ? undefined
          : `the dead letter sink answered ${status === 0 ? 'nothing' : status}`;
      }
      case 'broker':
        return this.#toBroker(sink.broker, dead, trigger);
      case 'runtime': {
        const target = { runtime: sink.runtime, path: sink.path };
        const session = { ...trigger.session, whenEnded: 'new' as const };
        const answer = await this.#deps.deliver(dead, { ...trigger, target, session }, signal);
        if (answer.kind === 'answered' && isTaken(answer.status)) return undefined;
        return `the dead letter sink answered ${answer.kind === 'answered' ? answer.status : 'nothing'}`;
      }
    }
  }

  async #toBroker(broker: string, dead: Taken, { key }: DeployedTrigger): Promise<string | undefined> {
    const event = readEvent(dead.event.headers.flat(), dead.event.body);
    if (event === undefined) return 'the dead letter could not be read';
    const place = { namespace: key.namespace, broker, hops: dead.hops + 1 };
    const accepted = await this.#deps.ingress.accept(event, place);
    if (accepted.kind !== 'stored') return `broker ${broker} took nothing, for its queue is full`;
    // What nobody takes would be lost without a word.
    return accepted.deliveries > 0 ? undefined : `no trigger of broker ${broker} takes it`;
  }
}
