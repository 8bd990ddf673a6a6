// One runtime's trace against one policy, in virtual time: rounds of the autoscaler, a controller that keeps the pool at the size
// decided, sandboxes that take their time to start. Does not own the decision (../core) nor how a trace is read (trace.ts).
// A session claims the oldest ready sandbox, or starts cold; a cold start is a sandbox of its own and adds nothing to the pool.
import type { Decision, Scaler, Signals } from '../core/signals.ts';

/** How one start-up goes: milliseconds, or undefined when it fails (after `failAfterMs`). */
export type StartUpTimes = () => number | undefined;

export interface ReplayInput {
  /** Milliseconds from the start of the trace, in order. */
  readonly arrivals: readonly number[];
  readonly endMs: number;
  readonly roundMs: number;
  readonly startUp: StartUpTimes;
  readonly scaler: Scaler;
  /** Told after each round. */
  readonly onRound?: (round: Round) => void;
}

export interface Round {
  readonly at: number;
  readonly arrivals: number;
  readonly coldStarts: number;
  readonly ready: number;
  readonly starting: number;
  readonly decision: Decision;
}

export interface Result {
  readonly sessions: number;
  readonly coldStarts: number;
  /** Sandbox-seconds that ready sandboxes waited. */
  readonly idleSeconds: number;
  /** Start-ups for the pool, and those that were taken out again unused. */
  readonly started: number;
  readonly unused: number;
  readonly seconds: number;
}

const failAfterMs = 1_000;

type Trace = Pick<ReplayInput, 'arrivals' | 'startUp'>;

/** A trace that is played from round to round; whoever decides is asked in between. */
export class Replay {
  readonly #trace: Trace;
  #next = 0;
  #now = 0;
  #size = 0;
  #ready = 0;
  /** When each of them is ready, in order; a failure is told by its length. */
  #starting: { readonly at: number; readonly took: number | undefined }[] = [];
  #sessions = 0;
  #cold = 0;
  #idle = 0;
  #started = 0;
  #unused = 0;
  #seen = { arrivals: 0, coldStarts: 0, startUps: [] as number[], failures: 0 };

  constructor(trace: Trace) {
    this.#trace = trace;
  }

  /** Plays on until a round (ms from the start of the trace); what was seen since the one before. */
  until(round: number): Signals {
    const { arrivals } = this.#trace;
    for (let at = arrivals[this.#next]; at !== undefined && at < round; at = arrivals[this.#next]) {
      this.#until(at);
      this.#arrive();
      this.#next += 1;
    }
    this.#until(round);
    const seen = { ...this.#seen, now: this.#now, ready: this.#ready, starting: this.#starting.length };
    this.#seen = { arrivals: 0, coldStarts: 0, startUps: [], failures: 0 };
    return seen;
  }

  /** From now on the pool is kept at this size. */
  hold(size: number): void {
    this.#size = size;
    this.#refill();
    this.#giveBack();
  }

  /** What it came to until now. */
  get result(): Result {
    return {
      sessions: this.#sessions,
      coldStarts: this.#cold,
      idleSeconds: this.#idle / 1_000,
      started: this.#started,
      unused: this.#unused,
      seconds: this.#now / 1_000,
    };
  }

  #until(at: number): void {
    for (let due = this.#starting[0]; due && due.at <= at; due = this.#starting[0]) {
      this.#pass(due.at);
      this.#starting.shift();
      if (due.took === undefined) {
        this.#seen.failures += 1;
        this.#refill();
      } else {
        this.#ready += 1;
        this.#seen.startUps.push(due.took);
      }
    }
    this.#pass(at);
  }

  #pass(at: number): void {
    this.#idle += this.#ready * (at - this.#now);
    this.#now = at;
  }

  #arrive(): void {
    this.#sessions += 1;
    this.#seen.arrivals += 1;
    if (this.#ready > 0) {
      this.#ready -= 1;
      this.#refill();
    } else {
      this.#cold += 1;
      this.#seen.coldStarts += 1;
    }
  }

  #refill(): void {
    for (let have = this.#ready + this.#starting.length; have < this.#size; have += 1) {
      const took = this.#trace.startUp();
      this.#started += 1;
      const at = this.#now + (took ?? failAfterMs);
      let place = this.#starting.length;
      while (place > 0 && (this.#starting[place - 1]?.at ?? 0) > at) place -= 1;
      this.#starting.splice(place, 0, { at, took });
    }
  }

  /** What is too many: those that would be ready last go first. */
  #giveBack(): void {
    let surplus = this.#ready + this.#starting.length - this.#size;
    for (; surplus > 0 && this.#starting.length > 0; surplus -= 1) {
      this.#starting.pop();
      this.#unused += 1;
    }
    if (surplus > 0) {
      this.#ready -= surplus;
      this.#unused += surplus;
    }
  }
}

/** Plays the trace through the scaler. The same input gives the same result. */
export function replay({ endMs, roundMs, scaler, onRound, ...trace }: ReplayInput): Result {
  const played = new Replay(trace);
  for (let at = 0; at <= endMs; at += roundMs) {
    const seen = played.until(at);
    const decision = scaler.round(seen);
    played.hold(decision.size);
    onRound?.({ ...seen, at, decision });
  }
  return { ...played.result, seconds: endMs / 1_000 };
}
