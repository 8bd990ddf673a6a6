// Rounds from what was heard to targets: what is decided, what is only said, and what a budget cuts.
import { describe, expect, test } from '@jest/globals';
import type { PoolTarget } from '../model/platform.ts';
import { keyOf, plain, sized } from '../test/support/scaler-lab.ts';
import { Rounds, type RoundsOptions } from './rounds.ts';

const start = 1_000_000;

/** Rounds of which it is known how the pools stand. */
function roundsOf(options: Partial<RoundsOptions>, ...runtimes: Parameters<Rounds['deploy']>[0]): Rounds {
  const onFault = (fault: unknown): void => {
    throw fault;
  };
  const rounds = new Rounds({ mode: 'on', budget: {}, onFault, ...options });
  rounds.deploy(runtimes);
  rounds.hearSupply({ from: 'controller', nodes: 2, all: true, pools: [] });
  return rounds;
}

const supply = (name: string, ready: number) => ({
  from: 'controller',
  nodes: 2,
  all: false,
  pools: [{ runtime: keyOf(name), ready, starting: 0, startUps: [], failures: 0 }],
});

const came = (name: string, arrivals: number, coldStarts = 0) => ({
  from: 'activator',
  demands: [{ runtime: keyOf(name), arrivals, coldStarts, waitedMs: 0, served: 0, inFlight: 0 }],
});

const targetIn = (rounds: Rounds, name: string): PoolTarget | undefined =>
  rounds.targets().get(`AgentRuntime/default/${name}`);

const sizesOf = (rounds: Rounds): Readonly<Record<string, number>> =>
  Object.fromEntries([...rounds.targets().values()].map(({ runtime, size }) => [runtime.name, size]));

test('a runtime of which nothing is decided has its own size, without reasons', () => {
  expect(targetIn(roundsOf({}, plain('a', 3)), 'a')).toEqual({ runtime: keyOf('a'), size: 3 });
});

test('a decision is the size, what was wanted, and why', () => {
  const rounds = roundsOf({}, sized('a', { min: 4, max: 4 }));
  rounds.round({ now: start, at: 0 });
  expect(targetIn(rounds, 'a')).toMatchObject({ size: 4, wanted: 4, why: { rule: 'min' } });
});

test('as long as nothing changes a target is the same object', () => {
  const rounds = roundsOf({}, plain('a', 3));
  expect(targetIn(rounds, 'a')).toBe(targetIn(rounds, 'a'));
});

describe('a dry run', () => {
  const expected = { size: 1, wanted: 4, why: { rule: 'min', numbers: { dryRun: 1 } } };

  test('of one runtime keeps its size, and says what would be', () => {
    const rounds = roundsOf({}, sized('a', { min: 4, max: 4 }, { dryRun: true, warmPoolSize: 1 }));
    rounds.round({ now: start, at: 0 });
    expect(targetIn(rounds, 'a')).toMatchObject(expected);
  });

  test('of the whole autoscaler', () => {
    const rounds = roundsOf({ mode: 'dry-run' }, sized('a', { min: 4, max: 4 }, { warmPoolSize: 1 }));
    rounds.round({ now: start, at: 0 });
    expect(targetIn(rounds, 'a')).toMatchObject(expected);
  });
});

test('off: sizes are the runtimes’ own, nothing is computed, and no budget cuts them', () => {
  const budget = { platform: { idle: 0 } };
  const rounds = roundsOf(
    { mode: 'off', budget },
    sized('a', { min: 4 }, { warmPoolSize: 1 }),
    plain('b', 2),
  );
  rounds.round({ now: start, at: 0 });
  expect(targetIn(rounds, 'a')).toEqual({ runtime: keyOf('a'), size: 1 });
  expect(sizesOf(rounds)).toEqual({ a: 1, b: 2 });
});

describe('a budget', () => {
  const four = { min: 4, max: 4 };

  test('cuts, and says what was wanted', () => {
    const rounds = roundsOf({ budget: { platform: { idle: 3 } } }, sized('a', four));
    rounds.round({ now: start, at: 0 });
    expect(targetIn(rounds, 'a')).toMatchObject({
      ...{ size: 3, wanted: 4 },
      why: { rule: 'budget', numbers: { wanted: 4, size: 3 } },
    });
  });

  test('of nodes grows with them', () => {
    const rounds = roundsOf({ budget: { perNode: { idle: 3 } } }, sized('a', four), sized('b', four));
    rounds.round({ now: start, at: 0 });
    const { a = 0, b = 0 } = sizesOf(rounds);
    expect(a + b).toBe(6);
  });

  test('counts what nothing decides too: as a minimum', () => {
    const rounds = roundsOf(
      { budget: { platform: { idle: 5 } } },
      plain('a', 4),
      sized('b', { min: 0, max: 9 }),
    );
    rounds.hearSupply(supply('b', 9));
    rounds.round({ now: start, at: 0 });
    expect(sizesOf(rounds)).toEqual({ a: 4, b: 1 });
  });

  test('cuts exactly what was asked for where even that is too much', () => {
    const rounds = roundsOf({ budget: { platform: { idle: 3 } } }, plain('a', 4));
    expect(targetIn(rounds, 'a')).toEqual({
      ...{ runtime: keyOf('a'), size: 3, wanted: 4 },
      why: { rule: 'budget', numbers: { wanted: 4, size: 3 } },
    });
  });

  test('binds some runtimes by others, also between rounds of all', () => {
    const rounds = roundsOf({ budget: { platform: { idle: 5 } } }, sized('a', four), sized('b', four));
    rounds.round({ now: start, at: 0 });
    expect([...rounds.targets(['AgentRuntime/default/a']).keys()]).toHaveLength(2);
  });
});

describe('who should not wait for the next round', () => {
  test('a runtime whose pool may be used up by what came', () => {
    const rounds = roundsOf({}, sized('a'));
    rounds.hearSupply(supply('a', 10));
    expect(rounds.hearDemand(came('a', 4), 0)).toEqual([]);
    expect(rounds.hearDemand(came('a', 1), 100)).toEqual(['AgentRuntime/default/a']);
  });

  test('a runtime with a cold start', () => {
    const rounds = roundsOf({}, sized('a'));
    rounds.hearSupply(supply('a', 10));
    expect(rounds.hearDemand(came('a', 1, 1), 0)).toEqual(['AgentRuntime/default/a']);
  });

  test('nobody whose size nothing decides, and nobody who is not deployed', () => {
    const rounds = roundsOf({}, plain('a', 0));
    expect(rounds.hearDemand(came('a', 9), 0)).toEqual([]);
    expect(rounds.hearDemand(came('b', 9), 0)).toEqual([]);
  });

  test('a round of some draws what came for these alone', () => {
    const rounds = roundsOf({}, sized('a'), sized('b'));
    rounds.round({ now: start, at: 0 });
    rounds.hearDemand(came('a', 20), 100);
    rounds.hearDemand(came('b', 20), 100);
    rounds.roundOf(['AgentRuntime/default/a'], { now: start + 100, at: 100 });
    const { a = 0, b = 0 } = sizesOf(rounds);
    expect(a).toBeGreaterThan(b);
    rounds.roundOf(['AgentRuntime/default/b'], { now: start + 100, at: 100 });
    expect(sizesOf(rounds).b).toBe(a);
  });
});

describe('what was learned', () => {
  test('stays when a policy changes within its class', () => {
    const rounds = roundsOf({}, sized('a'));
    for (let second = 0; second < 60; second += 1) {
      rounds.hearDemand(came('a', 5), second * 1_000);
      rounds.round({ now: start + second * 1_000, at: second * 1_000 });
    }
    const { a: before = 0 } = sizesOf(rounds);
    rounds.deploy([sized('a', { max: 1_000 })]);
    rounds.roundOfNew({ now: start + 60_000, at: 60_000 });
    const { a: after = 0 } = sizesOf(rounds);
    expect(before).toBeGreaterThan(5);
    expect(after).toBeGreaterThan(before / 2);
  });

  test('goes with the runtime', () => {
    const rounds = roundsOf({}, sized('a'));
    rounds.round({ now: start, at: 0 });
    rounds.deploy([]);
    expect(sizesOf(rounds)).toEqual({});
    rounds.deploy([sized('a')]);
    expect(rounds.complete).toBe(false);
  });
});

test('a schedule is seen by the policy', () => {
  const nine = Date.parse('2026-01-12T09:00:00Z');
  const schedule = [{ cron: '0 9 * * *', sessions: 12 }];
  const rounds = roundsOf({}, sized('a', {}, { schedule }));
  rounds.hearSupply({
    ...supply('a', 0),
    pools: [{ ...supply('a', 0).pools[0]!, startUps: [5_000, 5_000] }],
  });
  rounds.round({ now: nine - 8 * 60_000, at: 0 });
  expect(sizesOf(rounds).a).toBeLessThan(12);
  rounds.round({ now: nine - 1_000, at: 8 * 60_000 });
  expect(sizesOf(rounds).a).toBeGreaterThanOrEqual(12);
});
