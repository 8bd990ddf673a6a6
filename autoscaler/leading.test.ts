import { beforeEach, expect, test } from '@jest/globals';
import { PlatformError } from '../model/errors.ts';
import type { DeployedRuntime, PoolTarget } from '../model/platform.ts';
import { manualClock, settle } from '../test/support/manual-clock.ts';
import { createLeading } from './leading.ts';

const deployed = (name: string, warmPoolSize: number): DeployedRuntime => ({
  key: { kind: 'AgentRuntime', namespace: 'default', name },
  revision: 'r1',
  labels: {},
  policy: { pauseAfterMs: null, suspendAfterMs: null, sessionTimeoutMs: 1_000, maxSessionDurationMs: 1_000 },
  warmPoolSize,
});

/** Everything around one autoscaler, with the hands of the test in it. */
class Lab {
  readonly clock = manualClock();
  /** `term: name=size …` of each publication that the store took. */
  readonly told: string[] = [];
  fault: Error | undefined;
  runtimes: readonly DeployedRuntime[] | undefined = [];
  readonly #read = new Set<() => void>();
  readonly #gaps = new Set<() => void>();

  readonly lead = createLeading({
    runtimes: {
      known: () => this.runtimes !== undefined,
      all: () => this.runtimes ?? [],
      onRead: (listener) => this.#listen(this.#read, listener),
    },
    openTargets: (term) => ({
      update: () => Promise.reject(new Error('not used')),
      replace: (targets) => this.#publish(term, targets),
    }),
    onGap: (listener) => this.#listen(this.#gaps, listener),
    clock: this.clock,
    log: () => undefined,
  });

  deploy(...runtimes: readonly DeployedRuntime[]): Promise<void> {
    this.runtimes = runtimes;
    for (const tell of this.#read) tell();
    return settle();
  }

  gap(): Promise<void> {
    for (const tell of this.#gaps) tell();
    return settle();
  }

  #listen(listeners: Set<() => void>, listener: () => void): () => void {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }

  async #publish(term: number, targets: readonly PoolTarget[]): Promise<void> {
    await settle();
    if (this.fault) throw this.fault;
    this.told.push([`${term}:`, ...targets.map(({ runtime, size }) => `${runtime.name}=${size}`)].join(' '));
  }
}

let lab: Lab;
beforeEach(() => {
  lab = new Lab();
});

test('what pools are to hold is told at the beginning, after each change, and not when nothing changed', async () => {
  lab.runtimes = [deployed('a', 1)];
  await lab.lead(7);
  await lab.deploy(deployed('a', 1));
  expect(lab.told).toEqual(['7: a=1']);
  await lab.deploy(deployed('a', 2), deployed('b', 0));
  await settle();
  expect(lab.told).toEqual(['7: a=1', '7: a=2 b=0']);
});

test('nothing is decided before anybody knows what is deployed', async () => {
  lab.runtimes = undefined;
  await lab.lead(1);
  await settle();
  expect(lab.told).toEqual([]);
  await lab.deploy();
  expect(lab.told).toEqual(['1:']);
});

test('after a gap it is told again: what was told may be gone with the store', async () => {
  lab.runtimes = [deployed('a', 1)];
  await lab.lead(1);
  await settle();
  await lab.gap();
  await settle();
  expect(lab.told).toEqual(['1: a=1', '1: a=1']);
});

test('a change while one is being told is told after it', async () => {
  await lab.lead(1);
  lab.runtimes = [deployed('a', 1)];
  const early = lab.deploy(deployed('a', 1));
  const late = lab.deploy(deployed('a', 2));
  await Promise.all([early, late]);
  await settle();
  await settle();
  expect(lab.told.at(-1)).toBe('1: a=2');
});

test('a store out of reach is asked again until it takes it', async () => {
  lab.fault = new PlatformError('STORE_UNAVAILABLE', 'away');
  await lab.lead(1);
  await lab.clock.advance(2_000);
  expect(lab.told).toEqual([]);
  lab.fault = undefined;
  await lab.clock.advance(1_000);
  await settle();
  expect(lab.told).toEqual(['1:']);
});

test.each([
  ['another leads', new PlatformError('NOT_LEADER', 'no')],
  ['the lead ended while the store was away', new PlatformError('STORE_UNAVAILABLE', 'away')],
])('nothing more is told when %s', async (_, fault) => {
  lab.fault = fault;
  const leading = await lab.lead(1);
  await settle();
  await settle();
  if (fault.code === 'STORE_UNAVAILABLE') await leading.end();
  lab.fault = undefined;
  await lab.clock.advance(10_000);
  if (fault.code === 'STORE_UNAVAILABLE') await lab.deploy(deployed('a', 1));
  expect(lab.told).toEqual([]);
});
