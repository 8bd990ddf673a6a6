// When schedules strike: what is to come of a runtime's scheduled sessions, from the time of a round.
// Does not own what a policy makes of it. Crontab's fields and time zones are croner's; the same schedule of many runtimes is
// worked out once. No timers: whoever asks brings the time (ms since the epoch), which may go back.
import { Cron } from 'croner';
import type { ScheduledSessions } from '../model/scaling.ts';

/** How far ahead strikes are told (ms): longer than any start-up takes. */
const aheadMs = 10 * 60_000;
/** Strikes told of one schedule; only one that strikes every few seconds has more. */
const most = 16;

/** One crontab line in one time zone. */
class Line {
  readonly #cron: Cron;
  /** Rising; the last is beyond what is told. */
  #times: number[] = [];
  #from = Infinity;

  constructor(pattern: string, timezone: string) {
    this.#cron = new Cron(pattern, { paused: true, timezone, mode: '5-part' });
    // A time zone that there is not is noticed only now.
    this.#cron.nextRun(new Date(0));
  }

  /** Strikes after `now`, rising. */
  after(now: number): readonly number[] {
    if (now < this.#from) this.#times = [];
    this.#from = now;
    while ((this.#times[0] ?? Infinity) <= now) this.#times.shift();
    while (this.#times.length < most) {
      const last = this.#times.at(-1) ?? now;
      if (last > now + aheadMs) break;
      const next = this.#cron.nextRun(new Date(last))?.getTime();
      // A date that never comes, as the 30th of February.
      this.#times.push(next ?? Infinity);
      if (next === undefined) break;
    }
    return this.#times;
  }
}

/** New sessions that a schedule says are to come, and in how many milliseconds. */
export interface Scheduled {
  readonly inMs: number;
  readonly sessions: number;
}

export class Strikes {
  readonly #lines = new Map<string, Line | undefined>();
  readonly #onFault: (fault: unknown) => void;

  /** `onFault` is told once of each line that is none; it never strikes. */
  constructor(onFault: (fault: unknown) => void) {
    this.#onFault = onFault;
  }

  /** What is to come, in order of time. A strike that has struck is told no more. */
  coming(schedule: readonly ScheduledSessions[], now: number): readonly Scheduled[] {
    const coming = schedule.flatMap(({ cron, timeZone = 'UTC', sessions }) => {
      const times = this.#line(cron, timeZone)?.after(now) ?? [];
      return times.filter((time) => time <= now + aheadMs).map((time) => ({ inMs: time - now, sessions }));
    });
    return coming.sort((one, other) => one.inMs - other.inMs);
  }

  #line(cron: string, timeZone: string): Line | undefined {
    const name = `${cron} ${timeZone}`;
    if (!this.#lines.has(name)) this.#lines.set(name, this.#made(cron, timeZone));
    return this.#lines.get(name);
  }

  #made(cron: string, timeZone: string): Line | undefined {
    try {
      return new Line(cron, timeZone);
    } catch (fault) {
      this.#onFault(fault);
      return undefined;
    }
  }
}
