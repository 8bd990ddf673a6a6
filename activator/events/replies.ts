// Replies that are events: they go back into the trigger's broker, one hop further. Does not own what an event is (event.ts) nor
// which triggers take it (ingress.ts). A reply that cannot be stored is never dropped: the try that made it counts as failed.
import type { Clock } from '../../model/clock.ts';
import type { DeployedTrigger } from '../../model/deployed-trigger.ts';
import { asPlatformError } from '../../model/errors.ts';
import type { Taken } from '../../model/event-queue.ts';
import { isTooFar, type Answer } from './core/delivery-verdict.ts';
import { readEvent, type ReadEvent } from './event.ts';
import type { Accepted, EventIngress } from './ingress.ts';

type Answered = Extract<Answer, { kind: 'answered' }>;

export interface ReplyDeps {
  readonly ingress: Pick<EventIngress, 'accept'>;
  readonly clock: Clock;
  /** How many replies may follow one another. */
  readonly mostHops: number;
}

/** While the queue is full a reply waits here so often, so long (ms), for its handler should not be run again for that. */
const patience = 10;
const waitMs = 1_000;

/** What Knative's broker answers in the place of a handler whose reply is no event. */
const badReply = 502;
const loopDetected = 508;
const queueFull = 429;

const instead = ({ dest, sessionId }: Answered, status: number, text: string): Answer => ({
  kind: 'answered',
  dest,
  status,
  fields: [],
  body: Buffer.from(text),
  sessionId,
});

export class Replies {
  readonly #deps: ReplyDeps;

  constructor(deps: ReplyDeps) {
    this.#deps = deps;
  }

  /** The answer, or what counts in its place when its reply could not be taken. `signal`: nobody wants to know any more. */
  async settle(
    answer: Answered,
    { hops }: Pick<Taken, 'hops'>,
    { key, broker }: Pick<DeployedTrigger, 'key' | 'broker'>,
    signal: AbortSignal,
  ): Promise<Answer> {
    let reply: ReadEvent | undefined;
    try {
      reply = readEvent(answer.fields, answer.body);
    } catch (fault) {
      return instead(answer, badReply, `the reply is no valid event: ${asPlatformError(fault).message}`);
    }
    if (reply === undefined) return answer;
    if (answer.cut) return instead(answer, badReply, 'the reply is an event that is too large');
    if (isTooFar(hops + 1, this.#deps.mostHops)) return this.#loop(answer);
    const accepted = await this.#accept(reply, { namespace: key.namespace, broker, hops: hops + 1 }, signal);
    if (accepted?.kind === 'stored') return answer;
    return instead(answer, queueFull, 'the reply was not taken: the queue of events is full or away');
  }

  #loop({ dest }: Answered): Answer {
    const data = `the reply would be one of more than ${this.#deps.mostHops} that follow one another`;
    return { kind: 'hopeless', error: { dest, code: loopDetected, data } };
  }

  async #accept(
    reply: ReadEvent,
    place: Parameters<EventIngress['accept']>[1],
    signal: AbortSignal,
  ): Promise<Accepted | undefined> {
    const { ingress, clock } = this.#deps;
    let accepted: Accepted | undefined;
    for (let tries = 0; tries < patience && !signal.aborted; tries += 1) {
      if (tries > 0) await new Promise<void>((resolve) => clock.after(waitMs, resolve));
      accepted = await ingress.accept(reply, place).catch(() => undefined);
      if (accepted?.kind === 'stored') return accepted;
    }
    return accepted;
  }
}
