// What a whole controller tells of its pools to whoever decides their sizes, and what it does with the answer.
import { expect, test } from '@jest/globals';
import type { PoolSupply } from '../model/demand.ts';
import { controllerLab, helloKey, type ControllerLab } from '../test/support/controller-lab.ts';

const poolsIn = ({ supply }: ControllerLab): readonly PoolSupply[] => supply.flatMap(({ pools }) => pools);
const startUpsIn = (lab: ControllerLab) => poolsIn(lab).flatMap(({ startUps }) => startUps);

test('who begins tells what is there, then what changes; the pool follows what is decided', async () => {
  const lab = await controllerLab(undefined, { warmPoolSize: 1 });
  await lab.clock.advance(1_000);
  expect(lab.supply[0]).toMatchObject({ all: true, nodes: 1 });
  expect(poolsIn(lab).at(-1)).toMatchObject({ runtime: helloKey, ready: 1, starting: 0 });
  lab.target(3);
  await lab.clock.advance(5_000);
  expect(poolsIn(lab).at(-1)).toMatchObject({ ready: 3, starting: 0 });
  lab.target(0);
  await lab.clock.advance(5_000);
  expect(poolsIn(lab).at(-1)).toMatchObject({ ready: 0, starting: 0 });
  expect(lab.controller.pools()).toMatchObject([
    { runtime: { key: helloKey }, ready: 0, starting: 0, target: { size: 0 } },
  ]);
});

test('start-ups are told, those that sessions wait for included', async () => {
  const lab = await controllerLab();
  const release = lab.driver.hold('start');
  const opened = lab.open();
  await lab.clock.advance(1_300);
  release();
  await opened;
  await lab.clock.advance(1_000);
  expect(startUpsIn(lab)).toEqual([1_300]);
});

test('what an older revision was like is not told', async () => {
  const lab = await controllerLab();
  const release = lab.driver.hold('start');
  lab.target(1);
  await lab.clock.advance(1_300);
  lab.deploy({ revision: 'r2' });
  release();
  await lab.clock.advance(1_000);
  expect(startUpsIn(lab)).toEqual([0]);
});

test('start-ups that fail are told with their reason, until one succeeds', async () => {
  const lab = await controllerLab();
  lab.driver.fail('start', 'exit code 1');
  lab.target(1);
  await lab.clock.advance(10_000);
  const failures = poolsIn(lab).reduce((sum, one) => sum + one.failures, 0);
  expect(failures).toBe(lab.driver.calls.filter((call) => call.startsWith('start')).length);
  expect(poolsIn(lab).at(-1)).toMatchObject({ ready: 0, trouble: 'exit code 1' });
  lab.driver.heal();
  await lab.clock.advance(60_000);
  expect(poolsIn(lab).at(-1)).toMatchObject({ ready: 1 });
  expect(poolsIn(lab).at(-1)).not.toHaveProperty('trouble');
});

test('after a gap everything is told again; who leads no more tells nothing', async () => {
  const lab = await controllerLab(undefined, { warmPoolSize: 1 });
  await lab.clock.advance(1_000);
  const told = lab.supply.length;
  lab.bus.announceGap();
  await lab.clock.advance(1_000);
  expect(lab.supply.slice(told)).toMatchObject([{ all: true, pools: [{ ready: 1 }] }]);
  lab.controller.resign();
  const last = lab.supply.length;
  await lab.clock.advance(60_000);
  expect(lab.supply).toHaveLength(last);
});
