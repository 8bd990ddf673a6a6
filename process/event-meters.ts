// The series of events that programs show at /metrics; docs/metrics.md lists them and a test keeps both in step.
// Does not own what they count. Labels are bounded: a trigger's series are there while anything of it waits or is dead.
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { TriggerBacklog } from '../model/event-queue.ts';
import { LiveGauge, type Row } from './meters.ts';

const tryBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900];
const waitBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3_600];

const seconds = (ms: number): number => Math.max(0, ms) / 1_000;

const results = ['done', 'again', 'untried', 'givenUp'] as const;

/** A try of a delivery, as a dispatcher tells of it. */
interface CountedTry {
  readonly taken: { readonly at: number; readonly tries: number };
  readonly verdict: (typeof results)[number];
  readonly tookMs: number;
}

/** Counts events that come in, tries of deliveries, and ticks of schedules. */
export class EventMeter {
  readonly #accepted: Counter;
  readonly #untaken: Counter;
  readonly #refused: Counter<'code'>;
  readonly #tries: Counter<'result'>;
  readonly #took: Histogram;
  readonly #waited: Histogram;
  readonly #ticks: Counter;
  readonly #expired: Counter<'why'>;
  readonly #forgotten: Counter;
  readonly #wakes: Counter;
  readonly #waking: Gauge;

  constructor(registry: Registry) {
    const count = (name: string, help: string): Counter => new Counter({ name, help, registers: [registry] });
    const spans = (name: string, help: string, buckets: number[]): Histogram =>
      new Histogram({ name, help, buckets, registers: [registry] });
    const labelled = <L extends string>(name: string, help: string, labelNames: L[]): Counter<L> =>
      new Counter({ name, help, labelNames, registers: [registry] });
    const tried = 'Tries of deliveries; result: done, again, untried (no room) or givenUp.';
    this.#accepted = count(
      'agentcube_events_accepted_total',
      'Events that came in, replies and ticks included.',
    );
    this.#untaken = count('agentcube_events_untaken_total', 'Accepted events that no trigger takes.');
    this.#refused = labelled('agentcube_events_refused_total', 'Refused messages, by code.', ['code']);
    this.#tries = labelled('agentcube_event_tries_total', tried, ['result']);
    this.#took = spans('agentcube_event_try_seconds', 'How long tries of deliveries took.', tryBuckets);
    this.#waited = spans(
      'agentcube_event_delivery_seconds',
      'From the acceptance of an event to its delivery, all tries included.',
      waitBuckets,
    );
    const expired =
      'Events that became dead letters untried; why: gone (their trigger) or age (they waited too long).';
    this.#expired = labelled('agentcube_events_expired_total', expired, ['why']);
    this.#forgotten = count(
      'agentcube_dead_letters_forgotten_total',
      'Dead letters that were forgotten, too old or too many.',
    );
    this.#ticks = count('agentcube_schedule_ticks_total', 'Ticks of schedules that this process sent.');
    this.#wakes = count(
      'agentcube_event_wakes_total',
      'Deliveries that found their session asleep or not yet there.',
    );
    const waking =
      'Deliveries that have their session opened or woken now; at most maxEventWakes of a runtime.';
    this.#waking = new Gauge({ name: 'agentcube_event_wakes', help: waking, registers: [registry] });
    for (const result of results) this.#tries.inc({ result }, 0);
    for (const why of ['gone', 'age']) this.#expired.inc({ why }, 0);
  }

  /** For an ingress. */
  accepted(events: number, untaken: number): void {
    this.#accepted.inc(events);
    this.#untaken.inc(untaken);
  }

  refused(code: string): void {
    this.#refused.inc({ code });
  }

  /** A try that ended at `now` (ms since the epoch). */
  tried({ taken, verdict, tookMs }: CountedTry, now: number): void {
    this.#tries.inc({ result: verdict });
    if (verdict !== 'untried') this.#took.observe(seconds(tookMs));
    if (verdict === 'done') this.#waited.observe(seconds(now - taken.at));
  }

  /** For a sweeper. */
  readonly expired = (events: number, why: 'gone' | 'age'): void => this.#expired.inc({ why }, events);

  readonly forgotten = (letters: number): void => this.#forgotten.inc(letters);

  readonly ticked = (): void => this.#ticks.inc();

  /** A delivery has its session opened or woken from now on. */
  readonly waking = (): void => {
    this.#wakes.inc();
    this.#waking.inc();
  };

  readonly awake = (): void => this.#waking.dec();
}

const gauges = {
  agentcube_events_waiting: 'Events that wait or are in hand, by trigger.',
  agentcube_dead_letters: 'Dead letters, by trigger.',
  agentcube_events_oldest_seconds: 'How long the oldest event that waits has waited, by trigger.',
} as const;

type GaugeName = keyof typeof gauges;

const values: { readonly [name in GaugeName]: (one: TriggerBacklog, now: number) => number } = {
  agentcube_events_waiting: ({ waiting }) => waiting,
  agentcube_dead_letters: ({ dead }) => dead,
  agentcube_events_oldest_seconds: ({ oldestAt }, now) =>
    oldestAt === undefined ? 0 : seconds(now - oldestAt),
};

/** Shows what waits and what is dead; `backlog`: as it was seen last. */
export function showBacklog(
  registry: Registry,
  backlog: () => readonly TriggerBacklog[],
  now: () => number,
): void {
  const row =
    (name: GaugeName) =>
    (one: TriggerBacklog): Row => {
      const [namespace = '', trigger = ''] = one.trigger.split('/');
      return [{ namespace, trigger }, values[name](one, now())];
    };
  for (const name of Object.keys(gauges) as GaugeName[])
    new LiveGauge(registry, name, gauges[name], () => backlog().map(row(name)));
}

/** What is told to an ingress and to what dispatches, and what is shown of it. */
export class EventMeters {
  readonly counter: EventMeter;
  readonly #now: () => number;
  #backlog: readonly TriggerBacklog[] = [];

  constructor(registry: Registry, now: () => number) {
    this.counter = new EventMeter(registry);
    this.#now = now;
    showBacklog(registry, () => this.#backlog, now);
  }

  /** For a dispatcher; `beyond` is told as well. */
  readonly onTried =
    <T extends CountedTry>(beyond: (tried: T) => void) =>
    (tried: T): void => {
      this.counter.tried(tried, this.#now());
      beyond(tried);
    };

  readonly onBacklog = (backlog: readonly TriggerBacklog[]): void => void (this.#backlog = backlog);
}
