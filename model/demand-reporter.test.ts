import { expect, test } from '@jest/globals';
import { manualClock } from '../test/support/manual-clock.ts';
import { interpreter } from '../test/support/sessions.ts';
import { DemandReporter } from './demand-reporter.ts';
import type { DemandReport, RuntimeDemand } from './demand.ts';
import { PlatformError } from './errors.ts';
import type { RuntimeKey } from './sandbox.ts';

const other: RuntimeKey = { ...interpreter, name: 'other' };

function lab() {
  const clock = manualClock(0);
  const state: { away: boolean; inFlight: [RuntimeKey, number][] } = { away: false, inFlight: [] };
  const told: { readonly at: number; readonly demands: readonly RuntimeDemand[] }[] = [];
  const logged: string[] = [];
  const report = async ({ from, demands }: DemandReport): Promise<void> => {
    if (state.away) throw new PlatformError('STORE_UNAVAILABLE', 'the store is away');
    expect(from).toBe('activator-1');
    told.push({ at: clock.now(), demands });
  };
  const reporter = new DemandReporter({
    ...{ reports: { report }, from: 'activator-1', clock },
    inFlight: () => state.inFlight,
    log: (message) => logged.push(message),
  });
  /** `at: name arrivals/cold +inFlight` of each report. */
  const lines = (): string[] =>
    told.map(({ at, demands }) => {
      const rows = demands.map(
        (one) => `${one.runtime.name} ${one.arrivals}/${one.coldStarts} +${one.inFlight}`,
      );
      return `${at}: ${rows.join(', ')}`;
    });
  return { clock, state, told, logged, reporter, lines };
}

test('a session that found a sandbox ready is told of once, with its wait', async () => {
  const { clock, told, reporter } = lab();
  reporter.start();
  reporter.opened(interpreter, 'claim');
  await clock.advance(3);
  reporter.served(interpreter, 3);
  await clock.advance(10_000);
  const demand = { runtime: interpreter, arrivals: 1, coldStarts: 0, waitedMs: 3, served: 1, inFlight: 0 };
  expect(told).toEqual([{ at: 20, demands: [demand] }]);
});

test('a thousand sessions a second are four reports', async () => {
  const { clock, reporter, lines } = lab();
  for (let i = 0; i < 1_000; i += 1) {
    reporter.opened(interpreter, i % 10 === 0 ? 'cold' : 'claim');
    await clock.advance(1);
  }
  await reporter.stop();
  expect(lines()).toEqual([
    '20: python 20/2 +0',
    '270: python 250/25 +0',
    '520: python 250/25 +0',
    '770: python 250/25 +0',
    '1000: python 230/23 +0',
  ]);
});

test('the wait of one that started cold is told within a second after it ended, without another session', async () => {
  const { clock, told, reporter } = lab();
  reporter.start();
  reporter.opened(interpreter, 'cold');
  await clock.advance(1_500);
  reporter.served(interpreter, 1_500);
  await clock.advance(1_000);
  expect(told.flatMap(({ demands }) => demands)).toMatchObject([
    { arrivals: 1, coldStarts: 1, served: 0 },
    { arrivals: 0, coldStarts: 0, served: 1, waitedMs: 1_500 },
  ]);
});

test('requests in hand are told when they change, again every five seconds, and once when they are none', async () => {
  const { clock, state, reporter, lines } = lab();
  reporter.start();
  state.inFlight = [
    [interpreter, 3],
    [other, 1],
  ];
  await clock.advance(3_000);
  state.inFlight = [[interpreter, 3]];
  await clock.advance(8_000);
  state.inFlight = [];
  await clock.advance(60_000);
  expect(lines()).toEqual([
    '1000: python 0/0 +3, other 0/0 +1',
    '4000: other 0/0 +0',
    '6000: python 0/0 +3',
    '11000: python 0/0 +3',
    '12000: python 0/0 +0',
  ]);
});

test('while nothing happens nothing is said', async () => {
  const { clock, told, reporter } = lab();
  reporter.start();
  await clock.advance(60_000);
  expect(told).toEqual([]);
});

test('what could not be told is told later, together with what came meanwhile; the trouble is said once', async () => {
  const { clock, state, told, logged, reporter, lines } = lab();
  reporter.start();
  state.away = true;
  reporter.opened(interpreter, 'cold');
  state.inFlight = [[other, 2]];
  await clock.advance(10_000);
  reporter.opened(interpreter, 'claim');
  expect(told).toEqual([]);
  state.away = false;
  await clock.advance(1_500);
  expect(lines()).toEqual([expect.stringMatching(/: python 2\/1 \+0, other 0\/0 \+2$/)]);
  expect(logged).toEqual(['new sessions could not be told of; trying on']);
});

test('who stops tells what is left, and that nothing is in hand any more', async () => {
  const { clock, state, reporter, lines } = lab();
  reporter.start();
  state.inFlight = [[other, 2]];
  await clock.advance(1_000);
  reporter.opened(interpreter, 'claim');
  state.inFlight = [];
  await reporter.stop();
  await clock.advance(60_000);
  expect(lines()).toEqual(['1000: other 0/0 +2', '1000: python 1/0 +0, other 0/0 +0']);
});

test('who stops while the store is away gives up without a fault', async () => {
  const { state, told, reporter } = lab();
  state.away = true;
  reporter.opened(interpreter, 'claim');
  await reporter.stop();
  expect(told).toEqual([]);
});
