// The ticks of a trigger's schedule: which one is due, how much later it comes, and the event that it makes. Pure.
// Does not own when a cron strikes (model/cron.ts), who sends a tick, nor whether it was sent already.
// The same tick makes the same bytes and is due at the same moment, whoever computes it.
import { nextTick } from '../../../model/cron.ts';
import {
  triggerKeyText,
  type DeployedTrigger,
  type TriggerSchedule,
} from '../../../model/deployed-trigger.ts';
import type { EncodedEvent } from '../../../model/event-queue.ts';

/** Five fields of cron know nothing shorter. */
const minuteMs = 60_000;

/** A moment at or before `now` after which every tick that is not due yet comes. */
export const minuteOf = (now: number): number => now - (((now % minuteMs) + minuteMs) % minuteMs);

/** The last tick after `after` that is at `by` or before; undefined when there is none. Both in ms since the epoch. */
function lastTick(schedule: TriggerSchedule, after: number, by: number): number | undefined {
  let last = nextTick(schedule, after);
  if (last === undefined || last > by) return undefined;
  // `last` is a tick, and after `end` there is none that is asked for.
  for (let end = by; end - last >= minuteMs;) {
    const middle = last + Math.floor((end - last) / 2);
    const next = nextTick(schedule, middle);
    if (next !== undefined && next <= by) last = next;
    else end = middle;
  }
  return last;
}

/** From 0 up to 1, the same for the same tick of the same trigger: FNV-1a, its bits mixed as MurmurHash3 ends (fmix32). */
function fractionOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}

/** When a tick comes (ms since the epoch): later by its share of the jitter, but never as late as the next tick. */
export function dueAt(schedule: TriggerSchedule, trigger: string, tick: number): number {
  if (schedule.jitterMs <= 0) return tick;
  const next = nextTick(schedule, tick) ?? Infinity;
  const most = Math.min(schedule.jitterMs, next - tick - 1);
  return tick + Math.floor(fractionOf(`${trigger} ${tick}`) * most);
}

/** The last tick after `after` that has come by `now`: of those that nobody saw coming only the last one counts. */
export function missedTick(
  schedule: TriggerSchedule,
  trigger: string,
  after: number,
  now: number,
): number | undefined {
  const last = lastTick(schedule, after, now);
  if (last === undefined || dueAt(schedule, trigger, last) <= now) return last;
  return lastTick(schedule, after, last - 1);
}

/** When the next tick after `after` comes; undefined when there is none any more. */
export function nextDue(schedule: TriggerSchedule, trigger: string, after: number): number | undefined {
  const tick = nextTick(schedule, after);
  return tick === undefined ? undefined : dueAt(schedule, trigger, tick);
}

/** What stays the same through all changes of a trigger, and is another when it is made anew. */
export function originOf({ key, revision }: DeployedTrigger): string {
  const end = revision.lastIndexOf('.');
  const uid = end < 0 ? revision : revision.slice(0, end);
  return uid === '' ? triggerKeyText(key) : uid;
}

/** A value as a header (CloudEvents HTTP binding 1.0.2, section 3.1.3.2). */
const headerOf = (value: string): string => value.replace(/[^!#$&-~]+/gu, encodeURIComponent);

/** The event of a tick, in binary mode. `time` is the tick as the schedule has it, without jitter. */
export function tickEvent(trigger: DeployedTrigger, schedule: TriggerSchedule, tick: number): EncodedEvent {
  const time = new Date(tick).toISOString();
  const attributes = { ...schedule.event, specversion: '1.0', id: `${originOf(trigger)}/${time}`, time };
  const headers = Object.entries(attributes).map(([name, value]) => [`ce-${name}`, headerOf(value)] as const);
  const { data } = schedule;
  if (data === undefined) return { mode: 'binary', headers, body: new Uint8Array() };
  const body = Buffer.from(JSON.stringify(data));
  return { mode: 'binary', headers: [...headers, ['content-type', 'application/json']], body };
}
