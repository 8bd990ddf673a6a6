// Ticks of schedules: each once, whatever the number of programs, and after an outage the last one only.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { DispatchLab, triggerOf } from '../../test/support/dispatch-lab.ts';
import { manualClock, settle } from '../../test/support/manual-clock.ts';
import { memoryEventStore } from '../../adapters/memory/event-store.ts';
import type { DeployedTrigger } from '../../model/deployed-trigger.ts';
import { PlatformError } from '../../model/errors.ts';
import type { EventStore } from '../../model/event-queue.ts';
import { dueAt } from './core/tick.ts';
import { EventIngress } from './ingress.ts';
import { Scheduler } from './schedule.ts';

const minute = 60_000;
const limits = {
  ...{ maxEventBytes: 1_000, maxBatchBytes: 1_000, maxBatchEvents: 1 },
  queue: { perTrigger: 3, total: 100 },
};

const every = (cron: string, name = 'nightly', change: Partial<DeployedTrigger> = {}): DeployedTrigger =>
  triggerOf(
    name,
    {},
    {
      revision: 'u1.1',
      schedule: { cron, jitterMs: 0, event: { type: 'tick', source: `/${name}` } },
      filters: [{ exact: { type: 'tick', source: `/${name}` } }],
      ...change,
    },
  );

let clock: ReturnType<typeof manualClock>;
let store: EventStore;
let triggers: DispatchLab['triggers'];
let logged: string[];
let ticks: number;
const schedulers: Scheduler[] = [];

beforeEach(() => {
  clock = manualClock(Date.parse('2026-03-01T00:00:30Z'));
  store = memoryEventStore();
  ({ triggers } = new DispatchLab());
  logged = [];
  ticks = 0;
});
afterEach(() => schedulers.splice(0).forEach((one) => one.stop()));

/** One more program. */
async function begin(over: EventStore = store): Promise<Scheduler> {
  const log = (message: string): void => void logged.push(message);
  const ingress = new EventIngress({ store: over, triggers, clock, log }, limits);
  const one = new Scheduler({ store: over, triggers, ingress, clock, log, onTick: () => (ticks += 1) });
  schedulers.push(one);
  one.start();
  await settle();
  return one;
}

const wants = new Map(['nightly', 'other'].map((name) => [`default/${name}`, 100]));
/** The times of the ticks that came since the last look, and takes them away. */
async function came(): Promise<string[]> {
  const taken = await store.take({ holder: 'test', now: clock.now(), until: clock.now() + 1, wants });
  await Promise.all(taken.map(({ ticket }) => store.settle(ticket, 'test', { kind: 'done' })));
  return taken.map(({ id }) => id.slice(id.indexOf('T') + 1, -8));
}

describe('every tick', () => {
  test('becomes one event, with two programs as with one', async () => {
    await triggers.publish([every('*/2 * * * *')]);
    await begin();
    await begin();
    await clock.advance(5 * minute);
    expect(await came()).toEqual(['00:02', '00:04']);
    expect(ticks).toBe(2);
  });

  test('is seen by every trigger of the broker that takes it', async () => {
    await triggers.publish([every('0 3 * * *'), triggerOf('other')]);
    await begin();
    await begin();
    await clock.advance(180 * minute);
    expect(await came()).toEqual(['03:00', '03:00']);
  });

  test('comes although the program that sent the last one is gone', async () => {
    await triggers.publish([every('* * * * *')]);
    const first = await begin();
    await begin();
    await clock.advance(minute);
    first.stop();
    await clock.advance(minute);
    expect(await came()).toEqual(['00:01', '00:02']);
  });

  test('is not sent again when the one who sent it died before it was struck', async () => {
    await triggers.publish([every('* * * * *')]);
    const dying: EventStore = {
      ...store,
      strike: (trigger, tick) =>
        tick % minute === 0 && tick > Date.parse('2026-03-01T00:00:00Z')
          ? Promise.reject(new PlatformError('STORE_UNAVAILABLE', 'gone'))
          : store.strike(trigger, tick),
    };
    const first = await begin(dying);
    await clock.advance(minute);
    first.stop();
    await begin();
    expect(await came()).toEqual(['00:01']);
    expect(await store.lastStrike('default/nightly')).toBe(Date.parse('2026-03-01T00:01:00Z'));
  });

  test('comes later by its jitter', async () => {
    const { schedule, ...trigger } = every('0 * * * *');
    const jittery = schedule && { ...schedule, jitterMs: 30 * minute };
    await triggers.publish([{ ...trigger, ...(jittery && { schedule: jittery }) }]);
    await begin();
    const one = Date.parse('2026-03-01T01:00:00Z');
    const due = jittery ? dueAt(jittery, 'default/nightly', one) : one;
    expect(due).toBeGreaterThan(one + 1_000);
    await clock.advance(due - 1 - clock.now());
    expect(await came()).toEqual([]);
    await clock.advance(1_000);
    expect(await came()).toEqual(['01:00']);
  });
});

describe('ticks of a time', () => {
  test('when nobody was there: the last one comes', async () => {
    await triggers.publish([every('* * * * *')]);
    (await begin()).stop();
    await clock.advance(100 * minute);
    await begin();
    expect(await came()).toEqual(['01:40']);
    await clock.advance(minute);
    expect(await came()).toEqual(['01:41']);
  });

  test('before the trigger was there are none of its', async () => {
    await begin();
    await triggers.publish([]);
    await clock.advance(100 * minute);
    await triggers.publish([every('0 * * * *')]);
    await clock.advance(5 * minute);
    expect(await came()).toEqual([]);
    await clock.advance(20 * minute);
    expect(await came()).toEqual(['02:00']);
  });

  test('before its schedule said so are none of its, nor those of one of the same name', async () => {
    await triggers.publish([every('0 0 * * *')]);
    await begin();
    await clock.advance(100 * minute);
    await triggers.publish([every('30 1 * * *', 'nightly', { revision: 'u1.2' })]);
    await clock.advance(minute);
    await triggers.publish([]);
    await triggers.publish([every('20 1 * * *', 'nightly', { revision: 'u2.1' })]);
    await clock.advance(minute);
    expect(await came()).toEqual([]);
  });

  test('of a store that is away: the last one comes once it is back, and that is logged once', async () => {
    await triggers.publish([every('* * * * *')]);
    let away = true;
    const failing: EventStore = {
      ...store,
      lastStrike: (trigger) =>
        away ? Promise.reject(new PlatformError('STORE_UNAVAILABLE', 'away')) : store.lastStrike(trigger),
    };
    await store.strike('default/nightly', clock.now());
    await begin(failing);
    await clock.advance(3 * minute);
    away = false;
    await clock.advance(1_000);
    expect(await came()).toEqual(['00:03']);
    expect(logged).toEqual(['a schedule could not be looked after']);
  });

  test('for which the queue has no room: the last one comes when it has', async () => {
    await triggers.publish([every('* * * * *')]);
    await begin();
    await clock.advance(5 * minute);
    expect(await came()).toEqual(['00:01', '00:02', '00:03']);
    await clock.advance(1_000);
    expect(await came()).toEqual(['00:05']);
    expect(logged).toEqual(['a tick waits']);
  });
});

test('nothing is sent before it is known which triggers there are, nor for those without a schedule', async () => {
  await begin();
  await clock.advance(2 * minute);
  expect(logged).toEqual([]);
  await triggers.publish([triggerOf('other')]);
  await clock.advance(2 * minute);
  expect(await came()).toEqual([]);
});
