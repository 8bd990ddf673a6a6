// Pools that are sized by what comes, on a cluster: what is asked for follows the object, and the status tells what was decided,
// without a write for each number that moves.
import { describe, expect, test } from '@jest/globals';
import type { PoolTarget } from '../model/platform.ts';
import type { RuntimeKey } from '../model/sandbox.ts';
import { clusterRegistryLab } from '../test/support/cluster-registry-lab.ts';
import { interpreter } from '../test/support/runtimes.ts';

const targetOf = (runtime: RuntimeKey, size: number, load = 1): PoolTarget => ({
  ...{ runtime, size, wanted: size },
  why: { rule: 'rising', numbers: { load } },
});

const annotated = (annotations: Readonly<Record<string, string>>) => {
  const plain = interpreter('python', { warmPoolSize: 1 });
  return { ...plain, metadata: { ...plain.metadata, annotations } };
};

test('an annotation of Knative’s that changes is told, though it makes no new generation; others are nobody’s business', async () => {
  const { source, registry, heard, pass } = await clusterRegistryLab();
  const key = source.put(annotated({ 'autoscaling.knative.dev/max-scale': '3' }));
  await pass();
  expect(registry.runtimes.find(key)?.scaling?.policy).toMatchObject({ class: 'kpa', max: 3 });
  source.put(annotated({ 'autoscaling.knative.dev/max-scale': '4' }));
  await pass();
  expect(registry.runtimes.find(key)?.scaling?.policy).toMatchObject({ class: 'kpa', max: 4 });
  source.put(annotated({ 'autoscaling.knative.dev/max-scale': '4', note: 'x' }));
  await pass();
  expect(heard).toHaveLength(2);
});

test('an annotation out of its bounds is told, and the runtime is not served', async () => {
  const { source, registry, pass } = await clusterRegistryLab();
  const key = source.put(annotated({ 'autoscaling.knative.dev/window': '5s' }));
  await pass(2_000);
  expect(source.condition(key, 'Accepted')).toMatchObject({
    status: 'False',
    reason: 'Invalid',
    message: expect.stringContaining('"autoscaling.knative.dev/window"]: expected 6s <= 5s <= 1h0m0s'),
  });
  expect(registry.runtimes.find(key)).toBeUndefined();
});

describe('the status', () => {
  const setUp = async () => {
    const lab = await clusterRegistryLab();
    const key = lab.source.put(interpreter('python', { scaling: { min: 1 } }));
    await lab.pass(2_000);
    const decided = (size: number, ready: number, load?: number): void =>
      lab.registry.deployments.reportPool(key, {
        ...{ wanted: size, ready, starting: size - ready },
        target: targetOf(key, size, load),
      });
    return { ...lab, key, decided };
  };

  test('tells what was decided and why, and that the pool follows', async () => {
    const { source, key, decided, pass } = await setUp();
    expect(source.condition(key, 'Scaled')).toMatchObject({ status: 'Unknown', reason: 'Undecided' });
    decided(4, 1, 2.5);
    await pass(2_000);
    expect(source.condition(key, 'Scaled')).toMatchObject({ status: 'True', reason: 'Following' });
    expect(source.told.at(-1)?.status).toMatchObject({
      wanted: 4,
      scaling: { class: 'target', target: 4, wanted: 4, ready: 1, why: 'rising: load 2.5' },
    });
  });

  test('is ready with its minimum: a pool that grows with the load is not short', async () => {
    const { source, key, decided, pass } = await setUp();
    decided(1, 1);
    await pass(2_000);
    expect(source.condition(key, 'Ready')).toMatchObject({ status: 'True' });
    decided(50, 3);
    await pass(30_000);
    expect(source.condition(key, 'Ready')).toMatchObject({ status: 'True' });
    decided(50, 0);
    await pass(30_000);
    expect(source.condition(key, 'Ready')).toMatchObject({ status: 'False', reason: 'PoolFilling' });
  });

  test('is written a few times a minute while sizes move, once a minute while only reasons do', async () => {
    const { source, decided, pass } = await setUp();
    decided(1, 1);
    await pass(2_000);
    const before = source.told.length;
    for (let second = 1; second <= 60; second += 1) {
      decided(1 + second, 1 + second);
      await pass(1_000);
    }
    const sized = source.told.length - before;
    expect(sized).toBeGreaterThan(3);
    expect(sized).toBeLessThan(8);
    await pass(120_000);
    const settled = source.told.length;
    for (let second = 1; second <= 120; second += 1) {
      decided(61, 61, second);
      await pass(1_000);
    }
    expect(source.told.length - settled).toBeGreaterThan(0);
    expect(source.told.length - settled).toBeLessThan(4);
  });
});
