// The series of ours: what they show, and that docs/metrics.md lists each of them as it is.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import { DemandTally } from '../model/demand-tally.ts';
import {
  RoundMeter,
  SessionMeter,
  showBudget,
  showLead,
  showPools,
  showRequests,
  showWatches,
  StartMeter,
  type BudgetGauge,
  type PoolGauges,
} from './meters.ts';
import { EventMeters } from './event-meters.ts';
import { openMetrics } from './metrics.ts';

/** The rows of one series, without help and type. */
async function shown(registry: Registry, name: string): Promise<string[]> {
  const text = await registry.getSingleMetricAsString(name);
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

const pool = (name: string, numbers: Partial<PoolGauges> = {}): PoolGauges => ({
  runtime: { kind: 'CodeInterpreter', namespace: 'default', name },
  ...{ class: 'target', target: 4, wanted: 5, ready: 2, starting: 1 },
  ...numbers,
});

describe('what is shown', () => {
  test('new sessions by how they came to their sandbox, and how long they waited', async () => {
    const registry = new Registry();
    const told = new DemandTally();
    const meter = new SessionMeter(registry, told);
    const { runtime } = pool('python');
    meter.opened(runtime, 'claim');
    meter.opened(runtime, 'claim');
    meter.served(runtime, 1_500);
    expect([...told.take().values()]).toEqual([
      { runtime, arrivals: 2, coldStarts: 0, waitedMs: 1_500, served: 1 },
    ]);
    expect(await shown(registry, 'agentcube_sessions_opened_total')).toEqual([
      'agentcube_sessions_opened_total{how="claim"} 2',
      'agentcube_sessions_opened_total{how="cold"} 0',
    ]);
    expect(await shown(registry, 'agentcube_session_wait_seconds')).toEqual(
      expect.arrayContaining([
        'agentcube_session_wait_seconds_bucket{le="1"} 0',
        'agentcube_session_wait_seconds_bucket{le="2.5"} 1',
        'agentcube_session_wait_seconds_sum 1.5',
      ]),
    );
  });

  test('start-ups, those that failed apart', async () => {
    const registry = new Registry();
    const meter = new StartMeter(registry);
    meter.ended({ kind: 'warm', tookMs: 700, failed: false });
    meter.ended({ kind: 'cold', tookMs: 9, failed: true });
    expect(await shown(registry, 'agentcube_start_seconds')).toContain(
      'agentcube_start_seconds_sum{how="warm"} 0.7',
    );
    expect(await shown(registry, 'agentcube_start_failures_total')).toEqual([
      'agentcube_start_failures_total{how="warm"} 0',
      'agentcube_start_failures_total{how="cold"} 1',
    ]);
  });

  test('pools as they are at the moment of asking: one that is deleted is shown no more', async () => {
    const registry = new Registry();
    let pools = [pool('python'), pool('shell', { class: 'fixed', ready: 0 })];
    showPools(registry, () => pools);
    const ready = (name: string, policy: string, count: number): string =>
      `agentcube_pool_ready{kind="CodeInterpreter",namespace="default",name="${name}",class="${policy}"} ${count}`;
    expect(await shown(registry, 'agentcube_pool_ready')).toEqual([
      ready('python', 'target', 2),
      ready('shell', 'fixed', 0),
    ]);
    const [python] = pools;
    pools = python ? [{ ...python, class: 'kpa', ready: 3 }] : [];
    expect(await shown(registry, 'agentcube_pool_ready')).toEqual([ready('python', 'kpa', 3)]);
  });

  test('pools are read once for all that is told of them', async () => {
    const registry = new Registry();
    let looks = 0;
    showPools(registry, () => {
      looks += 1;
      return [pool('python', { ready: looks })];
    });
    for (const look of [1, 2]) {
      expect(await registry.metrics()).toContain(`class="target"} ${look}`);
      expect(looks).toBe(look);
    }
  });

  test('limits where there are some', async () => {
    const registry = new Registry();
    const budget: BudgetGauge[] = [{ sandboxes: 50 }, { namespace: 'team-a', memoryBytes: 1e9 }];
    showBudget(registry, () => budget);
    expect(await shown(registry, 'agentcube_budget_sandboxes')).toEqual([
      'agentcube_budget_sandboxes{namespace=""} 50',
    ]);
    expect(await shown(registry, 'agentcube_budget_memory_bytes')).toEqual([
      'agentcube_budget_memory_bytes{namespace="team-a"} 1000000000',
    ]);
  });

  test('requests in hand, who leads, and rounds', async () => {
    const registry = new Registry();
    let leads = false;
    showRequests(registry, () => ({ inHand: 7, waiting: 2 }));
    showLead(registry, 'controller', () => leads);
    new RoundMeter(registry).took(2);
    expect(await shown(registry, 'agentcube_requests_in_flight')).toEqual(['agentcube_requests_in_flight 7']);
    expect(await shown(registry, 'agentcube_leader')).toEqual(['agentcube_leader{role="controller"} 0']);
    leads = true;
    expect(await shown(registry, 'agentcube_leader')).toEqual(['agentcube_leader{role="controller"} 1']);
    expect(await shown(registry, 'agentcube_scaling_round_seconds')).toContain(
      'agentcube_scaling_round_seconds_sum 0.002',
    );
  });
});

/** Everything of ours, with a row each where labels come with the rows. */
function everything(): Registry {
  const registry = openMetrics('test');
  new SessionMeter(registry);
  new StartMeter(registry).ended({ kind: 'warm', tookMs: 1, failed: false });
  new RoundMeter(registry);
  showRequests(registry, () => ({ inHand: 0, waiting: 0 }));
  showWatches(registry, () => 0);
  showLead(registry, 'controller', () => true);
  showPools(registry, () => [pool('python')]);
  showBudget(registry, () => [{ sandboxes: 1, memoryBytes: 1 }]);
  const events = new EventMeters(registry, () => 0);
  events.counter.refused('QUEUE_FULL');
  events.onBacklog([{ trigger: 'default/triage', waiting: 1, dead: 0 }]);
  return registry;
}

test('docs/metrics.md lists each series with its type, labels and help, and no other', async () => {
  const text = readFileSync(path.resolve(import.meta.dirname, '../docs/metrics.md'), 'utf8');
  const documented = text
    .split('\n')
    .filter((line) => line.startsWith('| `agentcube_'))
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .map(([, name, type, labels, , meaning]) => ({ name, type, labels, meaning }));
  const registry = everything();
  const own = (await registry.getMetricsAsJSON()).filter(({ name }) => name.startsWith('agentcube_'));
  const existing = own.map(({ name, type, help, values }) => {
    const all = values.flatMap((value) => {
      const { labels, sharedLabels } = value as { labels: object; sharedLabels?: object };
      return Object.keys({ ...labels, ...sharedLabels });
    });
    const labels = [...new Set(all)].filter((label) => label !== 'le').map((label) => `\`${label}\``);
    return { name: `\`${name}\``, type, labels: labels.join(', '), meaning: help };
  });
  const byName = (one: { name?: string | undefined }, other: { name?: string | undefined }): number =>
    (one.name ?? '').localeCompare(other.name ?? '');
  expect(documented.sort(byName)).toEqual(existing.sort(byName));
});
