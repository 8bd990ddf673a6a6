// Where events come in: over HTTP, and as replies of handlers. An event becomes one delivery for each trigger of its broker that
// takes it, and is answered for when all of them are durable. Does not own what an event is (event.ts), which triggers there are,
// nor how deliveries reach a session. Nothing is answered 202 that could be lost, and nothing is stored in part.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Attributes } from '../../model/cesql/attributes.ts';
import type { Clock } from '../../model/clock.ts';
import { triggerKeyText, type DeployedTrigger, type Triggers } from '../../model/deployed-trigger.ts';
import { asPlatformError, errorBody, PlatformError, statusOf, type ErrorCode } from '../../model/errors.ts';
import type { EventQueue, NewDelivery, QueueLimits } from '../../model/event-queue.ts';
import { answerFailure } from '../answer.ts';
import { failed, failureOf, type Failure } from '../core/failures.ts';
import type { Log } from '../lease-book.ts';
import { Appender } from './appender.ts';
import { announcedLength, discard, readBody } from './body.ts';
import { sessionKeyOf } from './core/session-key.ts';
import { eventHead, readEvents, type BatchLimits, type ReadEvent } from './event.ts';
import { Matcher } from './matcher.ts';
import { answerHandshake, answerOtherMethod } from './webhook.ts';

/** The broker that an event is for. */
export interface EventPlace {
  readonly namespace: string;
  readonly broker: string;
}

/** Where an event comes from. */
export interface Origin {
  /** How many replies led to it. */
  readonly hops: number;
  /** Every trigger takes it once within so long (ms), also one to which each event counts. */
  readonly dropRepeatsWithinMs?: number;
}

const fromOutside: Origin = { hops: 0 };

/** What became of events. */
export type Accepted =
  /** All are durable. `deliveries`: how many they make, repeats that are dropped included; 0 when no trigger takes them. */
  | { readonly kind: 'stored'; readonly deliveries: number }
  /** Nothing is stored; `trigger`: whose queue is full, all of it when undefined. */
  | { readonly kind: 'full'; readonly trigger?: string }
  /** Nothing is stored, for nobody knows yet which triggers there are. */
  | { readonly kind: 'unknown' };

/** Told of what comes in: requests, and replies that are events. */
export interface IngressCounter {
  /** `untaken`: those that no trigger takes. */
  accepted(events: number, untaken: number): void;
  refused(code: ErrorCode): void;
}

export interface IngressDeps {
  readonly store: Pick<EventQueue, 'append'>;
  readonly triggers: Triggers;
  readonly clock: Clock;
  readonly log: Log;
  readonly counter?: IngressCounter;
}

export interface IngressConfig extends BatchLimits {
  readonly maxBatchBytes: number;
  /** Bytes of bodies that may be in hand at once, from their first until they are answered; 256 MiB when absent. */
  readonly maxBytesInHand?: number;
  readonly queue: QueueLimits;
}

/** How many deliveries an accepted message made. */
const deliveriesHeader = 'x-agentcube-deliveries';

const bodyPatienceMs = 30_000;
const defaultBytesInHand = 256 * 2 ** 20;
const drainLookMs = 20;

export class EventIngress {
  readonly #triggers: Triggers;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #counter: IngressCounter | undefined;
  readonly #config: IngressConfig;
  readonly #matcher: Matcher;
  readonly #appender: Appender;
  #bytesInHand = 0;
  #inHand = 0;
  #closed = false;

  constructor({ store, triggers, clock, log, counter }: IngressDeps, config: IngressConfig) {
    this.#triggers = triggers;
    this.#clock = clock;
    this.#log = log;
    this.#counter = counter;
    this.#config = config;
    this.#appender = new Appender(store, config.queue, () => clock.now());
    this.#matcher = new Matcher(triggers, ({ key }, fault) =>
      log('a trigger takes nothing, for its filters do not compile', { trigger: triggerKeyText(key), fault }),
    );
  }

  /** Answers a request to a broker, whatever its method. */
  handle(req: IncomingMessage, res: ServerResponse, place: EventPlace): void {
    if (req.method === 'OPTIONS') return answerHandshake(res);
    if (req.method !== 'POST') return answerOtherMethod(res);
    this.#inHand += 1;
    void this.#receive(req, res, place)
      .catch((fault: unknown) => this.#refuse(req, res, fault))
      .finally(() => (this.#inHand -= 1));
  }

  /**
   * Takes an event that is no request's, such as a handler's reply; or the tick of a schedule.
   * Rejects with STORE_UNAVAILABLE: then it may be stored or not.
   */
  accept(event: ReadEvent, place: EventPlace & Origin): Promise<Accepted> {
    return this.#store([event], place, place);
  }

  /** Requests in hand, and messages (replies too) that wait for the write which is under way. */
  stats(): { readonly inHand: number; readonly waiting: number } {
    return { inHand: this.#inHand, waiting: this.#appender.waiting };
  }

  /** Refuses what comes from now on, and waits at most so long (ms) for what is in hand. Never rejects. */
  async drain(deadlineMs: number): Promise<void> {
    this.#closed = true;
    const end = this.#clock.monotonic() + deadlineMs;
    while (this.#inHand > 0 && this.#clock.monotonic() < end)
      await new Promise<void>((resolve) => this.#clock.after(drainLookMs, resolve));
  }

  async #receive(req: IncomingMessage, res: ServerResponse, place: EventPlace): Promise<void> {
    if (this.#closed) throw failed('SHUTTING_DOWN');
    if (!this.#triggers.known()) return this.#say(req, res, 'STORE_UNAVAILABLE', unknownTriggers);
    const head = eventHead(req.rawHeaders);
    checkEncoding(req);
    const maxBytes = head.mode === 'batch' ? this.#config.maxBatchBytes : this.#config.maxEventBytes;
    const held = Math.min(announcedLength(req) ?? maxBytes, maxBytes);
    if (this.#bytesInHand + held > (this.#config.maxBytesInHand ?? defaultBytesInHand))
      throw failed('SERVER_OVERLOADED');
    this.#bytesInHand += held;
    try {
      const body = await readBody(req, res, { maxBytes, patienceMs: bodyPatienceMs }, this.#clock);
      this.#answer(req, res, await this.#store(readEvents(head, body, this.#config), place, fromOutside));
    } finally {
      this.#bytesInHand -= held;
    }
  }

  #answer(req: IncomingMessage, res: ServerResponse, accepted: Accepted): void {
    if (accepted.kind === 'unknown') return this.#say(req, res, 'STORE_UNAVAILABLE', unknownTriggers);
    if (accepted.kind === 'full') throw queueFull(accepted.trigger);
    if (res.destroyed) return;
    res.writeHead(202, { 'Content-Length': 0, [deliveriesHeader]: accepted.deliveries });
    res.end();
  }

  async #store(events: readonly ReadEvent[], place: EventPlace, origin: Origin): Promise<Accepted> {
    if (!this.#triggers.known()) return { kind: 'unknown' };
    const deliveries: NewDelivery[] = [];
    let untaken = 0;
    for (const event of events) {
      const taking = this.#matcher.match(place.namespace, place.broker, event.attributes);
      if (taking.length === 0) untaken += 1;
      for (const trigger of taking) deliveries.push(deliveryOf(trigger, event, origin));
    }
    const appended =
      deliveries.length === 0
        ? ({ kind: 'stored', repeats: 0 } as const)
        : await this.#appender.append(deliveries);
    if (appended.kind === 'full') return appended;
    this.#counter?.accepted(events.length, untaken);
    return { kind: 'stored', deliveries: deliveries.length };
  }

  #refuse(req: IncomingMessage, res: ServerResponse, fault: unknown): void {
    const error = asPlatformError(fault);
    if (error.code === 'INTERNAL' || error.code === 'STORE_UNAVAILABLE')
      this.#log('an event could not be stored', { fault });
    this.#say(req, res, error.code, failureOf(error, false));
  }

  #say(req: IncomingMessage, res: ServerResponse, code: ErrorCode, failure: Failure): void {
    this.#counter?.refused(code);
    answerFailure(res, failure);
    discard(req, this.#clock);
  }
}

/** Nothing may be accepted before, for it would match nothing. Unlike why a store is away, this is for callers to know. */
const unknownTriggers: Failure = {
  status: statusOf('STORE_UNAVAILABLE'),
  body: JSON.stringify(
    errorBody(new PlatformError('STORE_UNAVAILABLE', 'no controller has told yet which triggers there are')),
  ),
  retryAfter: 1,
};

const queueFull = (trigger: string | undefined): PlatformError =>
  new PlatformError(
    'QUEUE_FULL',
    trigger === undefined ? 'the queue of events is full' : `the queue of trigger ${trigger} is full`,
  );

/** What is compressed could not be handed on as it came. */
function checkEncoding({ headers }: IncomingMessage): void {
  const encoding = headers['content-encoding'];
  if (encoding === undefined || encoding.toLowerCase() === 'identity') return;
  throw new PlatformError(
    'UNSUPPORTED_MEDIA_TYPE',
    `a body is sent as it is, not as Content-Encoding ${encoding}`,
  );
}

const required = (attributes: Attributes, name: string): string => String(attributes[name]);

function deliveryOf(
  trigger: DeployedTrigger,
  { attributes, encoded }: ReadEvent,
  origin: Origin,
): NewDelivery {
  const { ordered } = trigger.delivery;
  const repeatsMs = Math.max(trigger.delivery.dropRepeatsWithinMs ?? 0, origin.dropRepeatsWithinMs ?? 0);
  const lane = ordered ? sessionKeyOf(trigger, attributes) : undefined;
  return {
    trigger: triggerKeyText(trigger.key),
    ...(lane !== undefined && { lane }),
    source: required(attributes, 'source'),
    id: required(attributes, 'id'),
    type: required(attributes, 'type'),
    event: encoded,
    hops: origin.hops,
    ...(repeatsMs > 0 && { dropRepeatsWithinMs: repeatsMs }),
  };
}
