// Owns: events on their way to a session: which trigger takes them, in what order they are tried, when again, and what is given up. As
// docs/events.md tells it, but for chance: no wait is made longer at random, so that tests may count on it.
import type { AgentClock } from '../agent/clock.ts';
import type { AgentEvent } from '../agent/event.ts';
import type { TestSession } from './session.ts';

/** What a `Trigger` says. */
export interface TestTrigger {
  readonly name?: string;
  /** Every event by default. */
  readonly filter?: (event: AgentEvent) => boolean;
  /** The path that gets it; `/` by default. */
  readonly path?: string;
  /** The attribute whose values are sessions; `new` (the default) is a session for each event. */
  readonly key?: string;
  /** How often it is tried again; 10 by default. */
  readonly retry?: number;
  readonly backoffPolicy?: 'exponential' | 'linear';
  /** 500 by default. */
  readonly backoffDelayMs?: number;
  /** One after the other in a session; true by default. */
  readonly ordered?: boolean;
}

/** An event that was given up. */
export interface TestDeadLetter {
  readonly trigger: string;
  readonly event: AgentEvent;
  readonly tries: number;
  /** The last answer. */
  readonly error: { readonly code: number; readonly data: string };
}

/** How one try ended. */
export interface TestTry {
  readonly trigger: string;
  readonly event: AgentEvent;
  readonly sessionId: string;
  readonly result: 'delivered' | 'again' | 'givenUp';
  readonly status: number;
}

/** What an event may be sent as: the rest is made. */
export type SentEvent = Pick<AgentEvent, 'type'> & Partial<AgentEvent>;

const again: ReadonlySet<number> = new Set([404, 408, 409, 429]);
const longestWaitMs = 3_600_000;
const mostHops = 10;

interface Delivery {
  readonly trigger: TestTrigger;
  readonly event: AgentEvent;
  readonly session: TestSession;
  readonly hops: number;
  tries: number;
}

export class TestEvents {
  readonly #clock: AgentClock;
  readonly #triggers: readonly TestTrigger[];
  readonly #sessionFor: (trigger: TestTrigger, event: AgentEvent) => TestSession;
  /** Of each session the last delivery that is under way or waits. */
  readonly #last = new Map<TestSession, Promise<void>>();
  readonly #deadLetters: TestDeadLetter[] = [];
  readonly #tries: TestTry[] = [];
  #trying = 0;
  #count = 0;

  constructor(
    clock: AgentClock,
    triggers: readonly TestTrigger[],
    sessionFor: (trigger: TestTrigger, event: AgentEvent) => TestSession,
  ) {
    this.#clock = clock;
    this.#triggers = triggers;
    this.#sessionFor = sessionFor;
  }

  /** What was given up, the oldest first. */
  get deadLetters(): readonly TestDeadLetter[] {
    return this.#deadLetters;
  }

  /** Every try, as it ended. */
  get tries(): readonly TestTry[] {
    return this.#tries;
  }

  /** Accepts an event; answers how many triggers took it. It is handled meanwhile: {@link settled}. */
  send(sent: SentEvent): number {
    const id = String((this.#count += 1));
    return this.#accept({ id, source: '/test', specversion: '1.0', ...sent }, 0);
  }

  /** Resolves when no try is under way: all is done, given up, or waits for its time. */
  async settled(): Promise<void> {
    do await new Promise((resolve) => setImmediate(resolve));
    while (this.#trying > 0);
  }

  #accept(event: AgentEvent, hops: number): number {
    const taking = this.#triggers.filter(({ filter }) => filter?.(event) ?? true);
    for (const trigger of taking)
      this.#queue({ trigger, event, session: this.#sessionFor(trigger, event), hops, tries: 0 });
    return taking.length;
  }

  #queue(delivery: Delivery): void {
    const { session, trigger } = delivery;
    this.#trying += 1;
    const before = trigger.ordered === false ? undefined : this.#last.get(session);
    const done = (async () => {
      if (before) await this.#waiting(before);
      await this.#deliver(delivery);
    })().finally(() => (this.#trying -= 1));
    if (trigger.ordered !== false) this.#last.set(session, done);
  }

  /** What waits is not being tried. */
  async #waiting(until: Promise<void>): Promise<void> {
    this.#trying -= 1;
    await until;
    this.#trying += 1;
  }

  async #deliver(delivery: Delivery): Promise<void> {
    const { retry = 10 } = delivery.trigger;
    for (;;) {
      const { status, data, retryAfterMs } = await this.#try(delivery);
      delivery.tries += 1;
      if (status >= 200 && status < 300) return this.#tell(delivery, 'delivered', status);
      const mayHelp = status === 0 || again.has(status) || status >= 500;
      if (!mayHelp || delivery.tries > retry) return this.#giveUp(delivery, status, data);
      this.#tell(delivery, 'again', status);
      await this.#waiting(this.#pause(Math.max(backoffMs(delivery), retryAfterMs)));
    }
  }

  async #try({ trigger, event, session, hops }: Delivery) {
    try {
      const headers = { 'content-type': 'application/cloudevents+json', prefer: 'reply' };
      const answer = await session.fetch(trigger.path ?? '/', {
        method: 'POST',
        headers,
        body: JSON.stringify(event),
      });
      const data = await answer.text();
      if (answer.ok && /^application\/cloudevents\+json\b/.test(answer.headers.get('content-type') ?? ''))
        this.#reply(JSON.parse(data) as AgentEvent, hops);
      const honoured = answer.status === 429 || answer.status === 503;
      const seconds = honoured ? Number(answer.headers.get('retry-after') ?? 0) : 0;
      return { status: answer.status, data, retryAfterMs: Number.isFinite(seconds) ? seconds * 1_000 : 0 };
    } catch (fault) {
      return { status: 0, data: String(fault), retryAfterMs: 0 };
    }
  }

  #reply(event: AgentEvent, hops: number): void {
    if (hops < mostHops) this.#accept(event, hops + 1);
    else this.#deadLetters.push({ trigger: '', event, tries: 0, error: { code: 0, data: 'too many hops' } });
  }

  #giveUp(delivery: Delivery, code: number, data: string): void {
    const { trigger, event, tries } = delivery;
    this.#tell(delivery, 'givenUp', code);
    this.#deadLetters.push({ trigger: trigger.name ?? '', event, tries, error: { code, data } });
  }

  #tell({ trigger, event, session }: Delivery, result: TestTry['result'], status: number): void {
    this.#tries.push({ trigger: trigger.name ?? '', event, sessionId: session.id, result, status });
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => this.#clock.after(ms, resolve));
  }
}

function backoffMs({ trigger, tries }: Delivery): number {
  const { backoffDelayMs = 500, backoffPolicy = 'exponential' } = trigger;
  const factor = backoffPolicy === 'linear' ? tries : 2 ** (tries - 1);
  return Math.min(longestWaitMs, backoffDelayMs * factor);
}
