// The series of events: what is counted, and what waits as it was seen last.
import { expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import { EventMeters } from './event-meters.ts';

async function shown(registry: Registry, name: string): Promise<string[]> {
  const text = await registry.getSingleMetricAsString(name);
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

test('what comes in, what is refused, and ticks', async () => {
  const registry = new Registry();
  const { counter } = new EventMeters(registry, () => 0);
  counter.accepted(50, 3);
  counter.refused('QUEUE_FULL');
  counter.ticked();
  expect(await shown(registry, 'agentcube_events_accepted_total')).toEqual([
    'agentcube_events_accepted_total 50',
  ]);
  expect(await shown(registry, 'agentcube_events_untaken_total')).toEqual([
    'agentcube_events_untaken_total 3',
  ]);
  expect(await shown(registry, 'agentcube_events_refused_total')).toEqual([
    'agentcube_events_refused_total{code="QUEUE_FULL"} 1',
  ]);
  expect(await shown(registry, 'agentcube_schedule_ticks_total')).toEqual([
    'agentcube_schedule_ticks_total 1',
  ]);
});

test('deliveries that wake, all of them and those of now', async () => {
  const registry = new Registry();
  const { counter } = new EventMeters(registry, () => 0);
  counter.waking();
  counter.waking();
  counter.awake();
  expect(await shown(registry, 'agentcube_event_wakes_total')).toEqual(['agentcube_event_wakes_total 2']);
  expect(await shown(registry, 'agentcube_event_wakes')).toEqual(['agentcube_event_wakes 1']);
});

test('tries by what they came to; a delivery counts from its acceptance, and one without room takes no time', async () => {
  const registry = new Registry();
  const seen: string[] = [];
  const onTried = new EventMeters(registry, () => 10_000).onTried(({ verdict }) => seen.push(verdict));
  onTried({ taken: { at: 2_000, tries: 1 }, verdict: 'done', tookMs: 500 });
  onTried({ taken: { at: 2_000, tries: 0 }, verdict: 'untried', tookMs: 9_000 });
  expect(seen).toEqual(['done', 'untried']);
  expect(await shown(registry, 'agentcube_event_tries_total')).toEqual([
    'agentcube_event_tries_total{result="done"} 1',
    'agentcube_event_tries_total{result="again"} 0',
    'agentcube_event_tries_total{result="untried"} 1',
    'agentcube_event_tries_total{result="givenUp"} 0',
  ]);
  expect(await shown(registry, 'agentcube_event_try_seconds')).toContain(
    'agentcube_event_try_seconds_sum 0.5',
  );
  expect(await shown(registry, 'agentcube_event_delivery_seconds')).toContain(
    'agentcube_event_delivery_seconds_sum 8',
  );
});

test('events that expire, by why, and dead letters that are forgotten', async () => {
  const registry = new Registry();
  const { counter } = new EventMeters(registry, () => 0);
  counter.expired(3, 'age');
  counter.expired(2, 'age');
  counter.forgotten(4);
  expect(await shown(registry, 'agentcube_events_expired_total')).toEqual([
    'agentcube_events_expired_total{why="gone"} 0',
    'agentcube_events_expired_total{why="age"} 5',
  ]);
  expect(await shown(registry, 'agentcube_dead_letters_forgotten_total')).toEqual([
    'agentcube_dead_letters_forgotten_total 4',
  ]);
});

test('what waits, by trigger, and for how long', async () => {
  const registry = new Registry();
  const meters = new EventMeters(registry, () => 10_000);
  meters.onBacklog([{ trigger: 'a/one', waiting: 7, dead: 2, oldestAt: 4_000 }]);
  const row = (name: string, value: number): string => `${name}{namespace="a",trigger="one"} ${value}`;
  for (const [name, value] of [
    ['agentcube_events_waiting', 7],
    ['agentcube_dead_letters', 2],
    ['agentcube_events_oldest_seconds', 6],
  ] as const)
    expect(await shown(registry, name)).toEqual([row(name, value)]);
  meters.onBacklog([]);
  expect(await shown(registry, 'agentcube_events_waiting')).toEqual([]);
});
