// Looks after what nobody takes: what waits for triggers that are gone, or for too long, becomes dead letters, and dead letters are
// forgotten by age and number. Does not own the queue. Nothing goes silently: what expires or is forgotten is logged and counted.
// Any number of programs may sweep.
import type { Cancel, Clock } from '../../model/clock.ts';
import type { Triggers } from '../../model/deployed-trigger.ts';
import { formatDuration } from '../../model/duration.ts';
import type { DeadLetters, EventQueue, TriggerBacklog } from '../../model/event-queue.ts';
import type { Log } from '../lease-book.ts';

export interface SweeperDeps {
  readonly store: Pick<EventQueue, 'backlog' | 'expire'> & Pick<DeadLetters, 'ageOut'>;
  readonly triggers: Triggers;
  readonly clock: Clock;
  readonly log: Log;
  /** Told of what waits each time that it is looked. */
  readonly onBacklog?: (backlog: readonly TriggerBacklog[]) => void;
  /** Told how many events became dead letters without a last try. */
  readonly onExpired?: (events: number, why: ExpiredWhy) => void;
  /** Told how many dead letters were forgotten. */
  readonly onForgotten?: (letters: number) => void;
}

/** Their trigger is gone, or they waited for too long. */
export type ExpiredWhy = 'gone' | 'age';

export interface SweeperLimits {
  /** How often it is looked (ms). */
  readonly everyMs: number;
  /** A trigger is gone when it was not seen for so long (ms): somebody else may have heard of it earlier. */
  readonly graceMs: number;
  /** How long an event may wait, its retries included (ms). */
  readonly waitForMs: number;
  /** How long dead letters are kept (ms), and how many of each trigger. */
  readonly deadForMs: number;
  readonly deadPerTrigger: number;
}

export class Sweeper {
  readonly #deps: SweeperDeps;
  readonly #limits: SweeperLimits;
  /** Since when a trigger for which something waits is not there. */
  readonly #missing = new Map<string, number>();
  #cancel: Cancel = () => {};
  #sweeping = false;

  constructor(deps: SweeperDeps, limits: SweeperLimits) {
    this.#deps = deps;
    this.#limits = limits;
  }

  start(): void {
    this.#cancel = this.#deps.clock.every(this.#limits.everyMs, () => void this.#sweep());
  }

  stop(): void {
    this.#cancel();
  }

  async #sweep(): Promise<void> {
    if (this.#sweeping) return;
    this.#sweeping = true;
    try {
      await this.#expire();
      await this.#forget();
    } catch (fault) {
      this.#deps.log('the queue of events could not be swept', { fault });
    } finally {
      this.#sweeping = false;
    }
  }

  async #expire(): Promise<void> {
    const { store, clock, triggers, onBacklog } = this.#deps;
    const now = clock.now();
    const backlog = await store.backlog();
    onBacklog?.(backlog);
    await this.#expireOld(backlog, now);
    // Before they are known every trigger seems to be gone.
    if (triggers.known()) await this.#expireGone(backlog, now);
  }

  async #expireOld(backlog: readonly TriggerBacklog[], now: number): Promise<void> {
    const { waitForMs } = this.#limits;
    const before = now - waitForMs;
    for (const { trigger, oldestAt } of backlog) {
      if (oldestAt === undefined || oldestAt >= before) continue;
      const data = `it was not handled within ${formatDuration(waitForMs)}`;
      const expired = await this.#bury(trigger, before, data, now);
      this.#tell('events became dead letters, for they waited too long', trigger, expired, 'age');
    }
  }

  async #expireGone(backlog: readonly TriggerBacklog[], now: number): Promise<void> {
    for (const trigger of this.#gone(backlog, now)) {
      const since = this.#missing.get(trigger) ?? now;
      if (now - since < this.#limits.graceMs) continue;
      const expired = await this.#bury(trigger, now, 'there is no such trigger any more', now);
      this.#tell('events became dead letters, for their trigger is gone', trigger, expired, 'gone');
    }
  }

  #bury(trigger: string, before: number, data: string, now: number): Promise<number> {
    return this.#deps.store.expire(trigger, before, { dest: trigger, code: 0, data }, now);
  }

  #tell(message: string, trigger: string, expired: number, why: ExpiredWhy): void {
    const { log, onExpired } = this.#deps;
    if (expired === 0) return;
    log(message, { trigger, expired });
    onExpired?.(expired, why);
  }

  /** Triggers for which something waits and that are not there; notes since when. */
  #gone(backlog: readonly TriggerBacklog[], now: number): readonly string[] {
    const { triggers } = this.#deps;
    const gone = backlog
      .filter(({ trigger, waiting }) => waiting > 0 && !this.#isThere(triggers, trigger))
      .map(({ trigger }) => trigger);
    for (const trigger of [...this.#missing.keys()])
      if (!gone.includes(trigger)) this.#missing.delete(trigger);
    for (const trigger of gone) if (!this.#missing.has(trigger)) this.#missing.set(trigger, now);
    return gone;
  }

  #isThere(triggers: Triggers, text: string): boolean {
    const [namespace = '', name = ''] = text.split('/');
    return triggers.find({ namespace, name }) !== undefined;
  }

  async #forget(): Promise<void> {
    const { store, clock, log, onForgotten } = this.#deps;
    const { deadForMs, deadPerTrigger } = this.#limits;
    const forgotten = await store.ageOut(clock.now() - deadForMs, deadPerTrigger);
    for (const [trigger, letters] of forgotten) {
      log('dead letters were forgotten', { trigger, letters });
      onForgotten?.(letters);
    }
  }
}
