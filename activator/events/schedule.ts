// Sends the ticks of triggers' schedules: each becomes an event of its trigger's broker, once, however many programs do this.
// Does not own which ticks there are (core/tick.ts), nor what takes an event (ingress.ts).
// A tick is sent before it is struck, so a program that dies between the two loses none; whoever sends it again in the meantime
// sends a repeat, which the queue knows by its id. Of ticks that came while nobody was there only the last one is sent.
import type { Cancel, Clock } from '../../model/clock.ts';
import {
  triggerKeyText,
  type DeployedTrigger,
  type TriggerSchedule,
  type Triggers,
} from '../../model/deployed-trigger.ts';
import type { EventBindings } from '../../model/event-queue.ts';
import type { Log } from '../lease-book.ts';
import { minuteOf, missedTick, nextDue, originOf, tickEvent } from './core/tick.ts';
import { readEvent } from './event.ts';
import type { EventIngress } from './ingress.ts';

export interface SchedulerDeps {
  readonly store: Pick<EventBindings, 'strike' | 'lastStrike'>;
  readonly triggers: Triggers;
  readonly ingress: Pick<EventIngress, 'accept'>;
  readonly clock: Clock;
  readonly log: Log;
  /** Told of each tick that this program was the one to strike. */
  readonly onTick?: () => void;
}

/** A schedule as this program knows it. */
interface Known {
  /** Changes when its ticks do. */
  readonly text: string;
  /** Its ticks up to then are not asked for: it was made, or changed, while this ran. */
  since?: number;
  /** Nothing is due before. */
  lookAt: number;
  busy: boolean;
  failing: boolean;
}

interface Scheduled {
  readonly trigger: DeployedTrigger;
  readonly schedule: TriggerSchedule;
  readonly name: string;
}

const lookMs = 1_000;
/** How long a tick is known as sent already: longer than any two programs differ in their clocks, or take to strike. */
const repeatsMs = 3_600_000;

const textOf = ({ trigger, schedule: { cron, timeZone } }: Scheduled): string =>
  JSON.stringify([originOf(trigger), cron, timeZone]);

export class Scheduler {
  readonly #deps: SchedulerDeps;
  readonly #known = new Map<string, Known>();
  /** Those that were there when it was looked first may have missed ticks; what comes later has not. */
  #looked = false;
  #cancel: Cancel = () => {};

  constructor(deps: SchedulerDeps) {
    this.#deps = deps;
  }

  start(): void {
    const { clock, triggers } = this.#deps;
    const stops = [clock.every(lookMs, () => this.#look()), triggers.onRead(() => this.#look())];
    this.#cancel = () => stops.forEach((stop) => stop());
    this.#look();
  }

  stop(): void {
    this.#cancel();
  }

  #look(): void {
    const { triggers, clock } = this.#deps;
    if (!triggers.known()) return;
    const now = clock.now();
    const scheduled = triggers.all().flatMap((trigger): Scheduled[] => {
      const { schedule, key } = trigger;
      return schedule ? [{ trigger, schedule, name: triggerKeyText(key) }] : [];
    });
    this.#forget(new Set(scheduled.map(({ name }) => name)));
    for (const one of scheduled) {
      const known = this.#knownOf(one, now);
      if (!known.busy && known.lookAt <= now) void this.#tend(one, known);
    }
    this.#looked = true;
  }

  #forget(names: ReadonlySet<string>): void {
    for (const name of [...this.#known.keys()]) if (!names.has(name)) this.#known.delete(name);
  }

  #knownOf(one: Scheduled, now: number): Known {
    const text = textOf(one);
    const known = this.#known.get(one.name);
    if (known?.text === text) return known;
    const since = this.#looked ? { since: minuteOf(now) } : {};
    const fresh = { text, ...since, lookAt: now, busy: false, failing: false };
    this.#known.set(one.name, fresh);
    return fresh;
  }

  /** Never rejects. */
  async #tend(one: Scheduled, known: Known): Promise<void> {
    known.busy = true;
    try {
      const last = await this.#send(one, known);
      if (last !== undefined) known.lookAt = nextDue(one.schedule, one.name, last) ?? Infinity;
      known.failing = last === undefined;
    } catch (fault) {
      if (!known.failing)
        this.#deps.log('a schedule could not be looked after', { trigger: one.name, fault });
      known.failing = true;
    } finally {
      known.busy = false;
    }
  }

  /** Sends the tick that is due, if one is. Answers up to when all ticks are dealt with; undefined when that is to be tried again. */
  async #send(one: Scheduled, known: Known): Promise<number | undefined> {
    const { store, clock, onTick } = this.#deps;
    const now = clock.now();
    const after = await this.#after(one.name, known, now);
    const tick = missedTick(one.schedule, one.name, after, now);
    if (tick === undefined) return after;
    if (!(await this.#accepted(one, tick, known))) return undefined;
    if (await store.strike(one.name, tick)) onTick?.();
    return tick;
  }

  /** Up to when ticks are dealt with. It is written down for a schedule that is new, so that a later outage is known as one. */
  async #after(name: string, known: Known, now: number): Promise<number> {
    const { store } = this.#deps;
    const struck = await store.lastStrike(name);
    const since = known.since ?? (struck === undefined ? minuteOf(now) : undefined);
    if (since === undefined || since <= (struck ?? -Infinity)) return struck ?? now;
    await store.strike(name, since);
    return since;
  }

  async #accepted({ trigger, schedule, name }: Scheduled, tick: number, known: Known): Promise<boolean> {
    const { ingress, log } = this.#deps;
    const encoded = tickEvent(trigger, schedule, tick);
    const event = readEvent(encoded.headers.flat(), encoded.body);
    if (!event) return true;
    const place = { namespace: trigger.key.namespace, broker: trigger.broker };
    const accepted = await ingress.accept(event, { ...place, hops: 0, dropRepeatsWithinMs: repeatsMs });
    if (accepted.kind === 'stored') return true;
    if (!known.failing) log('a tick waits', { trigger: name, tick, why: accepted.kind });
    return false;
  }
}
