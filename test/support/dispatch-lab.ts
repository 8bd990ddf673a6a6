// A dispatcher over an event store in memory, on a clock moved by hand, whose targets a test plays: each try waits until the test
// answers it, or is answered at once by a script.
import { memoryEventStore } from '../../adapters/memory/event-store.ts';
import { memoryTriggers } from '../../adapters/memory/triggers.ts';
import type { Answer } from '../../activator/events/core/delivery-verdict.ts';
import type { Deliver } from '../../activator/events/dead-letters.ts';
import {
  Dispatcher,
  type DispatcherDeps,
  type DispatcherLimits,
  type Tried,
} from '../../activator/events/dispatcher.ts';
import { EventIngress } from '../../activator/events/ingress.ts';
import { triggerKeyText, type DeliveryPolicy, type DeployedTrigger } from '../../model/deployed-trigger.ts';
import type { EncodedEvent, EventStore, NewDelivery } from '../../model/event-queue.ts';
import { manualClock, settle } from './manual-clock.ts';

export const plainPolicy: DeliveryPolicy = {
  retry: 2,
  backoffPolicy: 'exponential',
  backoffDelayMs: 1_000,
  timeoutMs: 30_000,
  retryAfterMaxMs: 60_000,
  ordered: true,
  concurrency: 10,
  dropRepeatsWithinMs: null,
};

/** A trigger of broker `default` that takes everything, but for what is changed. */
export function triggerOf(
  name: string,
  delivery: Partial<DeliveryPolicy> = {},
  change: Partial<DeployedTrigger> = {},
): DeployedTrigger {
  return {
    key: { namespace: 'default', name },
    revision: '1',
    broker: 'default',
    attributes: {},
    filters: [],
    target: { runtime: { kind: 'AgentRuntime', namespace: 'default', name }, path: '/' },
    session: { key: '{subject}', whenEnded: 'new' },
    delivery: { ...plainPolicy, ...delivery },
    ...change,
  };
}

export const eventOf = (id: string, type = 'test'): EncodedEvent => ({
  mode: 'binary',
  headers: [
    ['ce-specversion', '1.0'],
    ['ce-id', id],
    ['ce-source', '/test'],
    ['ce-type', type],
  ],
  body: Buffer.from(id),
});

/** The answer of a target, with an event in it or without. */
export const answerOf = (status: number, event?: EncodedEvent): Answer => ({
  kind: 'answered',
  dest: '/target',
  status,
  fields: (event?.headers ?? []).flat(),
  body: event?.body ?? Buffer.alloc(0),
});

/** A try that the test has to answer. */
export interface Attempt {
  readonly trigger: string;
  readonly id: string;
  readonly tries: number;
  readonly signal: AbortSignal;
  answer(answer: Answer | number): Promise<void>;
}

const lenient: DispatcherLimits = { room: { most: 100, each: 2 }, mostHops: 3, holdMs: 30_000 };
const queue = { perTrigger: 1_000, total: 10_000 };
const ingressLimits = { maxEventBytes: 1_048_576, maxBatchBytes: 1_048_576, maxBatchEvents: 100, queue };

export class DispatchLab {
  readonly clock = manualClock();
  readonly store: EventStore;
  readonly triggers = memoryTriggers();
  readonly dispatcher: Dispatcher;
  readonly logged: string[] = [];
  readonly posted: { readonly uri: string; readonly event: EncodedEvent }[] = [];
  readonly tried: Tried[] = [];
  /** Of every try so far, in order. */
  readonly attempts: Attempt[] = [];
  /** What answers tries at once, by trigger; others wait for the test. */
  readonly scripts = new Map<string, (attempt: Attempt) => Answer>();
  postStatus = 202;

  /** `store`: of several dispatchers that share one; `change`: something that the test wants to be otherwise. */
  constructor(
    limits: Partial<DispatcherLimits> = {},
    { store = memoryEventStore(), ...change }: Partial<DispatcherDeps> & { store?: EventStore } = {},
  ) {
    this.store = store;
    const log = (message: string): void => void this.logged.push(message);
    const { clock, triggers } = this;
    this.dispatcher = new Dispatcher(
      {
        store,
        triggers,
        clock,
        log,
        deliver: this.#deliver,
        ingress: new EventIngress({ store, triggers, clock, log }, ingressLimits),
        post: async (uri, event) => {
          this.posted.push({ uri, event });
          return this.postStatus;
        },
        ids: { uuid: () => 'this dispatcher' },
        chance: () => 0,
        onTried: (tried) => this.tried.push(tried),
        ...change,
      },
      { ...lenient, ...limits },
    );
  }

  async deploy(...triggers: DeployedTrigger[]): Promise<void> {
    await this.triggers.publish(triggers);
    await settle();
  }

  /** Puts events into the queue, for one session where `lane` is given. */
  async append(trigger: string, ids: readonly string[], lane?: string, hops = 0): Promise<void> {
    const deliveries = ids.map((id): NewDelivery => ({
      trigger: triggerKeyText({ namespace: 'default', name: trigger }),
      ...(lane !== undefined && { lane }),
      source: '/test',
      id,
      type: 'test',
      event: eventOf(id),
      hops,
    }));
    await this.store.append(deliveries, queue, this.clock.now());
    await settle();
  }

  /** The events that were tried so far, in order. */
  get ids(): string[] {
    return this.attempts.map(({ id }) => id);
  }

  /** Why each dead letter is one. */
  async dead(): Promise<string[]> {
    const letters = await this.store.dead({ namespace: 'default', limit: 100 });
    return letters.map(({ id, error }) => `${id}: ${error.code} ${error.data}`.trim());
  }

  async waiting(): Promise<number> {
    return (await this.store.backlog()).reduce((sum, { waiting }) => sum + waiting, 0);
  }

  readonly #deliver: Deliver = (taken, trigger, signal) => {
    const { promise, resolve } = Promise.withResolvers<Answer>();
    const attempt: Attempt = {
      trigger: trigger.target.runtime.name,
      id: taken.id,
      tries: taken.tries,
      signal,
      answer: (answer) => {
        resolve(typeof answer === 'number' ? answerOf(answer) : answer);
        return settle();
      },
    };
    this.attempts.push(attempt);
    const script = this.scripts.get(attempt.trigger);
    if (script) resolve(script(attempt));
    return promise;
  };
}
