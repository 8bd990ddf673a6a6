// Looks after what nobody takes: what waits for triggers that are gone becomes dead letters, and dead letters are forgotten by age
// and number. Does not own the queue. Nothing goes silently: what is forgotten is logged. Any number of programs may sweep.
import type { Cancel, Clock } from '../../model/clock.ts';
import type { Triggers } from '../../model/deployed-trigger.ts';
import type { DeadLetters, EventQueue, TriggerBacklog } from '../../model/event-queue.ts';
import type { Log } from '../lease-book.ts';

export interface SweeperDeps {
  readonly store: Pick<EventQueue, 'backlog' | 'expire'> & Pick<DeadLetters, 'ageOut'>;
  readonly triggers: Triggers;
  readonly clock: Clock;
  readonly log: Log;
  /** Told of what waits each time that it is looked. */
  readonly onBacklog?: (backlog: readonly TriggerBacklog[]) => void;
}

export interface SweeperLimits {
  /** How often it is looked (ms). */
  readonly everyMs: number;
  /** A trigger is gone when it was not seen for so long (ms): somebody else may have heard of it earlier. */
  readonly graceMs: number;
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
      if (this.#deps.triggers.known()) await this.#expire();
      await this.#forget();
    } catch (fault) {
      this.#deps.log('the queue of events could not be swept', { fault });
    } finally {
      this.#sweeping = false;
    }
  }

  async #expire(): Promise<void> {
    const { store, clock, log } = this.#deps;
    const now = clock.now();
    for (const trigger of await this.#gone(now)) {
      const since = this.#missing.get(trigger) ?? now;
      if (now - since < this.#limits.graceMs) continue;
      const error = { dest: trigger, code: 0, data: 'there is no such trigger any more' };
      const expired = await store.expire(trigger, now, error, now);
      if (expired > 0) log('events became dead letters, for their trigger is gone', { trigger, expired });
    }
  }

  /** Triggers for which something waits and that are not there; notes since when. */
  async #gone(now: number): Promise<readonly string[]> {
    const { store, triggers, onBacklog } = this.#deps;
    const backlog = await store.backlog();
    onBacklog?.(backlog);
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
    const { store, clock, log } = this.#deps;
    const { deadForMs, deadPerTrigger } = this.#limits;
    const forgotten = await store.ageOut(clock.now() - deadForMs, deadPerTrigger);
    for (const [trigger, letters] of forgotten) log('dead letters were forgotten', { trigger, letters });
  }
}
