import { expect, test } from '@jest/globals';
import { PlatformError } from '../model/errors.ts';
import type { SandboxSpec } from '../model/sandbox-spec.ts';
import type { Workload } from '../model/workload.ts';
import { helloKey } from '../test/support/controller-lab.ts';
import { manualClock, settle } from '../test/support/manual-clock.ts';
import { ScriptedDriver } from '../test/support/scripted-driver.ts';
import { measuredDriver, type MeasuredStart } from './measured-driver.ts';

const spec = (change: Partial<SandboxSpec> = {}): SandboxSpec => ({
  ...{ id: 'x', name: 'hello-x', generation: 1, revision: 'r1' },
  workload: { ...helloKey } as unknown as Workload,
  ...change,
});
const session = { id: 's', runtime: helloKey, labels: {}, createdAt: 1 } as NonNullable<
  SandboxSpec['session']
>;

function lab() {
  const clock = manualClock();
  const driver = new ScriptedDriver();
  const told: MeasuredStart[] = [];
  return { clock, driver, told, measured: measuredDriver(driver, clock, (start) => told.push(start)) };
}

test.each([
  ['warm', spec()],
  ['cold', spec({ session })],
] as const)('a %s start is told with its revision and how long it took', async (kind, asked) => {
  const { clock, driver, told, measured } = lab();
  const release = driver.hold('start');
  const started = measured.start(asked);
  await clock.advance(1_234);
  release();
  expect(await started).toMatchObject({ id: 'x' });
  expect(told).toEqual([{ runtime: helloKey, revision: 'r1', kind, tookMs: 1_234, failed: false }]);
});

test('a start that failed is told, and fails', async () => {
  const { driver, told, measured } = lab();
  driver.fail('start', 'exit code 1');
  await expect(measured.start(spec())).rejects.toMatchObject({ code: 'SANDBOX_START_FAILED' });
  expect(told).toMatchObject([{ failed: true }]);
});

test('one that says nothing of the runtime is not told', async () => {
  const { told } = lab();
  const away = new ScriptedDriver();
  away.start = async () => {
    throw new PlatformError('CLUSTER_UNAVAILABLE', 'the API server is away');
  };
  const measured = measuredDriver(away, manualClock(), (start) => told.push(start));
  await expect(measured.start(spec())).rejects.toMatchObject({ code: 'CLUSTER_UNAVAILABLE' });
  expect(told).toEqual([]);
});

test('everything else is passed on', async () => {
  const { driver, measured, told } = lab();
  await measured.start(spec());
  await measured.pause('x', 3);
  expect(await measured.busy('x')).toEqual([]);
  await measured.resume('x', 4);
  await measured.stop('x', 'keep-files');
  await measured.restart('x', 2);
  await settle();
  expect(driver.calls).toEqual(['start x', 'pause x', 'resume x', 'stop x', 'restart x']);
  expect(told).toHaveLength(1);
});
