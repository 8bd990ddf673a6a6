import { expect, test } from '@jest/globals';
import type { SupplyReport } from '../model/demand.ts';
import { PlatformError } from '../model/errors.ts';
import type { RuntimeKey } from '../model/sandbox.ts';
import { manualClock } from '../test/support/manual-clock.ts';
import { SupplyReporter } from './supply-reporter.ts';

const key = (name: string): RuntimeKey => ({ kind: 'CodeInterpreter', namespace: 'default', name });

function lab() {
  const clock = manualClock(0);
  const state = { away: false };
  const told: (SupplyReport & { readonly at: number })[] = [];
  const logged: string[] = [];
  const report = async (one: SupplyReport): Promise<void> => {
    if (state.away) throw new PlatformError('STORE_UNAVAILABLE', 'the store is away');
    told.push({ at: clock.now(), ...one });
  };
  const reporter = new SupplyReporter({
    ...{ reports: { report }, from: 'controller-1', clock, nodes: () => 3 },
    log: (message) => logged.push(message),
  });
  /** `at all|changed: name ready+starting startUps !failures (trouble)` of each report. */
  const lines = (): string[] =>
    told.map(({ at, all, pools }) => {
      const rows = pools.map((one) => {
        const trouble = one.trouble === undefined ? '' : ` (${one.trouble})`;
        return `${one.runtime.name} ${one.ready}+${one.starting} [${one.startUps.join(' ')}] !${one.failures}${trouble}`;
      });
      return `${at} ${all ? 'all' : 'changed'}: ${rows.join(', ')}`;
    });
  return { clock, state, told, logged, reporter, lines };
}

test('who begins tells all pools, then what changed, at most four times a second, and all of them every ten seconds', async () => {
  const { clock, told, reporter, lines } = lab();
  reporter.stands({ runtime: key('a'), ready: 2, starting: 0 });
  reporter.stands({ runtime: key('b'), ready: 1, starting: 0 });
  reporter.start();
  await clock.advance(1_000);
  for (let ready = 1; ready <= 100; ready += 1) {
    reporter.stands({ runtime: key('a'), ready, starting: 1 });
    await clock.advance(10);
  }
  await clock.advance(8_500);
  expect(lines()).toEqual([
    '0 all: a 2+0 [] !0, b 1+0 [] !0',
    '1000 changed: a 1+1 [] !0',
    '1250 changed: a 25+1 [] !0',
    '1500 changed: a 50+1 [] !0',
    '1750 changed: a 75+1 [] !0',
    '2000 changed: a 100+1 [] !0',
    '10000 all: a 100+1 [] !0, b 1+0 [] !0',
  ]);
  expect(told[0]).toMatchObject({ from: 'controller-1', nodes: 3 });
});

test('start-ups and failures are told once; trouble for as long as it lasts', async () => {
  const { clock, reporter, lines } = lab();
  reporter.start();
  await clock.advance(1_000);
  reporter.started(key('a'), 1_200);
  reporter.started(key('a'), 900);
  reporter.failed(key('a'));
  reporter.stands({ runtime: key('a'), ready: 0, starting: 0, trouble: 'exit code 1' });
  await clock.advance(10_000);
  expect(lines()).toEqual([
    '0 all: ',
    '1000 changed: a 0+0 [1200 900] !1 (exit code 1)',
    '10000 all: a 0+0 [] !0 (exit code 1)',
  ]);
});

test('a pool that is empty is told so once, and is not among all', async () => {
  const { clock, reporter, lines } = lab();
  reporter.stands({ runtime: key('a'), ready: 1, starting: 0 });
  reporter.start();
  await clock.advance(1_000);
  reporter.stands({ runtime: key('a'), ready: 0, starting: 0 });
  await clock.advance(10_000);
  expect(lines()).toEqual(['0 all: a 1+0 [] !0', '1000 changed: a 0+0 [] !0', '10000 all: ']);
});

test('what is told again as it was told is not told', async () => {
  const { clock, reporter, lines } = lab();
  reporter.start();
  for (const _ of [1, 2]) {
    reporter.stands({ runtime: key('a'), ready: 1, starting: 0 });
    await clock.advance(1_000);
  }
  expect(lines()).toEqual(['0 all: a 1+0 [] !0']);
});

test('after a report that failed everything is told, with what was learned meanwhile; after a gap too', async () => {
  const { clock, state, logged, reporter, lines } = lab();
  reporter.start();
  reporter.stands({ runtime: key('b'), ready: 1, starting: 0 });
  await clock.advance(1_000);
  state.away = true;
  reporter.started(key('a'), 700);
  await clock.advance(2_000);
  reporter.started(key('a'), 800);
  reporter.failed(key('a'));
  state.away = false;
  await clock.advance(1_000);
  reporter.tellAll();
  await clock.advance(500);
  expect(lines().slice(1)).toEqual(['3250 all: b 1+0 [] !0, a 0+0 [700 800] !1', '4000 all: b 1+0 [] !0']);
  expect(logged).toEqual(['how pools stand could not be told; trying on']);
});

test('who stops tells nothing any more', async () => {
  const { clock, told, reporter } = lab();
  reporter.start();
  await clock.advance(100);
  reporter.stands({ runtime: key('a'), ready: 1, starting: 0 });
  reporter.stop();
  await clock.advance(60_000);
  expect(told).toHaveLength(1);
});
