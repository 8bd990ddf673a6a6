// When a schedule strikes: five fields as in crontab(5), in a time zone. Pure: the time to count from is given.
// Does not own who strikes, nor what happens at a tick. Day of month and day of week are joined by "or" where both are
// restricted, as in crontab(5); a local time that a change of the clock skips strikes right after it.
import { Cron } from 'croner';

export interface CronText {
  readonly cron: string;
  /** An IANA name; UTC when absent. */
  readonly timeZone?: string | undefined;
}

const cronOf = ({ cron, timeZone = 'UTC' }: CronText): Cron =>
  new Cron(cron, { mode: '5-part', timezone: timeZone, paused: true });

/** The first tick after `after`, both in ms since the epoch; undefined when there is none any more. Throws as `Cron` for what is not valid. */
export const nextTick = (schedule: CronText, after: number): number | undefined =>
  cronOf(schedule).nextRun(new Date(after))?.getTime();

/** A time zone that this machine's tables know. */
export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** Any day: whatever recurs has struck within eight years of it, the longest time between two 29ths of February. */
const someDay = Date.UTC(2096, 1, 1);

/** What is wrong with five fields of cron; undefined when nothing is. */
export function cronProblem(cron: string): string | undefined {
  try {
    return nextTick({ cron }, someDay) === undefined ? 'never fires: there is no such day' : undefined;
  } catch (fault) {
    const said = fault instanceof Error ? fault.message : String(fault);
    return said.replace(/^Cron\w+: /, '').slice(0, 200);
  }
}
