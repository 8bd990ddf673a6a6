// Owns: what is in hand, and the moments that follow from it: the hooks of start, pause, resume and end.
// The platform freezes a sandbox without a word, so both sides of a pause are found out here: before it by a busy mark that is kept
// until `onPause` is done, after it by the time that is missing between two looks at the clock.
import type { BusyMarks } from './busy.ts';
import type { AgentClock } from './clock.ts';
import type { Hooks } from './definition.ts';
import type { Log } from './log.ts';

/** How long things may take (ms). */
export interface LifeLimits {
  /** Of what is in hand when the agent is to stop. */
  readonly stopMs: number;
  /** Of a hook before a pause or the end. */
  readonly hookMs: number;
}

/** What a life is made of. */
export interface LifeFacts {
  readonly hooks: Hooks;
  readonly clock: AgentClock;
  readonly marks: BusyMarks;
  readonly log: Log;
  readonly limits: LifeLimits;
  /** CPU time that this process used until now (ms): one that is blocked uses some, one that sleeps none. */
  readonly cpuMs: () => number;
}

/** How often the clock is looked at for time that is missing. */
const lookEveryMs = 1_000;
/** A look that comes so much late was not late by chance. */
const slackMs = 1_000;
/** What was told to stop may clean up for so long. */
const lateMs = 1_000;
/** Between the last turn and `onPause`: a conversation's next turn often comes at once. */
const settleMs = 300;

/** Time that passed while this process did not run. */
class MissingTime {
  readonly #clock: AgentClock;
  readonly #cpuMs: () => number;
  #at: number;
  #cpu: number;

  constructor(clock: AgentClock, cpuMs: () => number) {
    this.#clock = clock;
    this.#cpuMs = cpuMs;
    this.#at = clock.now();
    this.#cpu = cpuMs();
  }

  /** About how long it slept since the last look (ms); 0 when it did not. */
  look(): number {
    const now = this.#clock.now();
    const cpu = this.#cpuMs();
    const late = now - this.#at - lookEveryMs;
    const worked = cpu - this.#cpu;
    this.#at = now;
    this.#cpu = cpu;
    return late > slackMs && worked < late / 2 ? late : 0;
  }
}

export class Life {
  readonly #facts: LifeFacts;
  readonly #missing: MissingTime | undefined;
  #inHand = 0;
  #begun = 0;
  #isReady = false;
  #isStopping = false;
  #onEmpty: (() => void) | undefined;
  #resuming: Promise<void> | undefined;
  /** Kept from the first turn until `onPause` is done. */
  #awake: (() => void) | undefined;
  #callOffPause: (() => void) | undefined;
  #callOffLook: (() => void) | undefined;

  constructor(facts: LifeFacts) {
    this.#facts = facts;
    if (facts.hooks.onResume) {
      this.#missing = new MissingTime(facts.clock, facts.cpuMs);
      this.#lookLater();
    }
  }

  get isReady(): boolean {
    return this.#isReady;
  }

  get isStopping(): boolean {
    return this.#isStopping;
  }

  /** Rejects with what `onStart` threw. */
  async start(): Promise<void> {
    await this.#facts.hooks.onStart?.();
    this.#isReady = true;
  }

  /** A turn begins; the returned function ends it. Resolves once `onResume` is done where one is due. */
  async begin(): Promise<() => void> {
    this.#inHand += 1;
    this.#begun += 1;
    this.#stayAwake();
    this.#lookForSleep();
    await this.#resuming;
    return () => this.#end();
  }

  /** Finishes what is in hand within its limit. `onLate` is called when that was not enough. */
  async stop(onLate: () => void): Promise<void> {
    this.#isStopping = true;
    this.#callOffLook?.();
    this.#callOffPause?.();
    if (!(await this.#within(this.#facts.limits.stopMs, this.#empty()))) {
      onLate();
      await this.#within(lateMs, this.#empty());
    }
    await this.#hook('onEnd', () => this.#facts.hooks.onEnd?.());
  }

  /** Resolves when nothing is in hand: no turn, and no work that a turn left behind. */
  async #empty(): Promise<void> {
    while (this.#inHand > 0 || this.#workBehind()) {
      await new Promise<void>((resolve) => {
        this.#onEmpty = resolve;
        this.#facts.clock.after(100, resolve);
      });
    }
  }

  readonly #workBehind = (): boolean => this.#facts.marks.reasons().length > (this.#awake ? 1 : 0);

  #end(): void {
    this.#inHand -= 1;
    if (this.#inHand > 0) return;
    this.#onEmpty?.();
    if (this.#awake && !this.#isStopping)
      this.#callOffPause = this.#facts.clock.after(settleMs, () => void this.#beforePause());
  }

  #stayAwake(): void {
    this.#callOffPause?.();
    this.#callOffPause = undefined;
    if (this.#facts.hooks.onPause) this.#awake ??= this.#facts.marks.begin('turn');
  }

  async #beforePause(): Promise<void> {
    if (this.#workBehind()) {
      this.#callOffPause = this.#facts.clock.after(settleMs, () => void this.#beforePause());
      return;
    }
    const begun = this.#begun;
    await this.#hook('onPause', () => this.#facts.hooks.onPause?.());
    // What a turn changed meanwhile is not saved yet: its own end comes here again.
    if (this.#begun !== begun) return;
    this.#awake?.();
    this.#awake = undefined;
  }

  #lookLater(): void {
    this.#callOffLook = this.#facts.clock.after(lookEveryMs, () => {
      this.#lookForSleep();
      this.#lookLater();
    });
  }

  #lookForSleep(): void {
    const sleptMs = this.#missing?.look() ?? 0;
    if (sleptMs === 0) return;
    const resumed = this.#hook('onResume', () => this.#facts.hooks.onResume?.(sleptMs));
    this.#resuming = resumed.finally(() => {
      this.#resuming = undefined;
    });
  }

  /** A hook that fails or takes too long is told of in the log, and things go on. */
  async #hook(name: keyof Hooks, call: () => void | Promise<void>): Promise<void> {
    const { log, limits } = this.#facts;
    const done = (async () => call())().catch((fault: unknown) =>
      log.error(`${name} failed`, { error: fault }),
    );
    if (!(await this.#within(limits.hookMs, done))) log.error(`${name} takes too long; going on without it`);
  }

  /** False when it was not done in time. */
  #within(ms: number, done: Promise<void>): Promise<boolean> {
    return new Promise((resolve) => {
      const callOff = this.#facts.clock.after(ms, () => resolve(false));
      void done.then(() => {
        callOff();
        resolve(true);
      });
    });
  }
}
