// One wall clock for programs on several machines: that of Redis. A sample of its time, and our own monotonic time since,
// so that the end of a lease means the same moment to whoever granted it and to whoever uses it.
// Does not own timers: those are local. Invariant: `now` is off by no more than half the round trip of the last sample that counted
// and what the clocks drifted since, and goes back only when Redis' own clock was set back.
import type { Cancel, Clock } from '../../model/clock.ts';
import type { RedisLink } from './link.ts';
import { keyOf } from './link.ts';
import { scriptOf } from './script.ts';

/** How often to compare (ms): quartz drifts less than a millisecond meanwhile. */
const SAMPLE_MS = 10_000;
const AGAIN_MS = 500;
/** Clocks that differ by more were set, not read badly (ms). */
const SET_BACK_MS = 1_000;

// Run where the platform's keys are: the nodes of a Cluster have clocks of their own.
const TIME = `local t = redis.call('TIME') return { t[1], t[2] }`;

export interface RedisClock {
  readonly clock: Clock;
  /** Resolves when Redis has told the time once, or the clock was stopped; goes on trying until then. Never rejects. */
  start(): Promise<void>;
  stop(): void;
}

/** Until the first sample it tells the time of `local`. */
export function createRedisClock(link: RedisLink, local: Clock): RedisClock {
  return new SampledClock(link, local);
}

class SampledClock implements RedisClock {
  readonly clock: Clock;
  readonly #local: Clock;
  readonly #client: RedisLink['client'];
  readonly #time: () => Promise<unknown>;
  readonly #first = Promise.withResolvers<void>();
  /** What to add to the monotonic time; undefined before the first sample. */
  #offset: number | undefined;
  #latest = 0;
  #sampling = false;
  #stops: readonly Cancel[] = [];

  constructor(link: RedisLink, local: Clock) {
    const time = scriptOf(link, 'agentcubeTime', TIME);
    this.#local = local;
    this.#client = link.client;
    this.#time = () => time([keyOf(link, 'probe')]);
    this.clock = {
      now: () => this.#now(),
      monotonic: () => local.monotonic(),
      after: (delayMs, run) => local.after(delayMs, run),
      every: (periodMs, run) => local.every(periodMs, run),
    };
  }

  start(): Promise<void> {
    const sample = () => void this.#sample();
    // It may be another Redis that came back, with another clock.
    this.#client.on('ready', sample);
    this.#stops = [this.#local.every(SAMPLE_MS, sample), () => this.#client.off('ready', sample)];
    sample();
    return this.#first.promise;
  }

  stop(): void {
    for (const stop of this.#stops) stop();
    this.#stops = [];
    this.#first.resolve();
  }

  #now(): number {
    if (this.#offset === undefined) return this.#local.now();
    const now = Math.floor(this.#offset + this.#local.monotonic());
    const setBack = now < this.#latest - SET_BACK_MS;
    this.#latest = setBack ? now : Math.max(now, this.#latest);
    return this.#latest;
  }

  async #sample(): Promise<void> {
    if (this.#sampling || this.#stops.length === 0) return;
    this.#sampling = true;
    const sent = this.#local.monotonic();
    try {
      const time = millisecondsOf(await this.#time());
      this.#take(time, sent, this.#local.monotonic());
      this.#first.resolve();
    } catch {
      // Whoever needs Redis now is told so by what it asks; the time goes on meanwhile.
      this.#local.after(AGAIN_MS, () => void this.#sample());
    } finally {
      this.#sampling = false;
    }
  }

  /** Redis said `time` some moment between `sent` and `received`: move no further than that makes necessary. */
  #take(time: number, sent: number, received: number): void {
    const [least, most] = [time - received, time - sent];
    this.#offset ??= (least + most) / 2;
    this.#offset = Math.min(Math.max(this.#offset, least), most);
  }
}

const millisecondsOf = (answer: unknown): number => {
  const [seconds, micros] = Array.isArray(answer) ? answer.map(Number) : [];
  if (seconds === undefined || micros === undefined) throw new Error('Redis told no time');
  return seconds * 1_000 + micros / 1_000;
};
