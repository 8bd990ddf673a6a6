// What follows from an image and a pool: the revision of a runtime, and what its status says of both.
import { describe, expect, test } from '@jest/globals';
import { condition, patching, python, registryLab, revisionOf } from '../test/support/registry-lab.ts';
import { agent, interpreter } from '../test/support/runtimes.ts';
import type { Registry } from './registry.ts';

describe('revisions', () => {
  test('follow the template, not timeouts and pool sizes', async () => {
    const { registry } = registryLab();
    await registry.create(interpreter());
    const first = revisionOf(registry, python);
    const scaling = { class: 'target', warmStarts: 0.9 } as const;
    await registry.apply(interpreter('python', { warmPoolSize: 9, sessionTimeout: '1m', scaling }));
    expect(revisionOf(registry, python)).toBe(first);
    await registry.apply(interpreter('python', { template: { image: 'picod:1', args: ['--verbose'] } }));
    expect(revisionOf(registry, python)).not.toBe(first);
  });

  test('follow the image: a changed one makes a new revision, and those who keep pools hear of it', async () => {
    const { registry, images, heard } = registryLab();
    await registry.create(interpreter());
    await registry.create(agent());
    const first = revisionOf(registry, python);
    images.digests['picod:1'] = 'p2';
    expect(await registry.reloadImages()).toEqual([]);
    expect(revisionOf(registry, python)).not.toBe(first);
    expect(heard.slice(2)).toEqual(['CodeInterpreter/default/python']);
    expect(registry.get(python)?.metadata.generation).toBe(1);
  });

  test('applying the same manifest again also sees a changed image', async () => {
    const { registry, images } = registryLab();
    expect((await registry.apply(interpreter())).what).toBe('created');
    expect((await registry.apply(interpreter())).what).toBe('unchanged');
    images.digests['picod:1'] = 'p2';
    expect((await registry.apply(interpreter())).what).toBe('configured');
    expect((await registry.apply(interpreter('python', { warmPoolSize: 1 }))).what).toBe('configured');
  });

  test('an image that is no longer known takes its runtimes out of service until it is back', async () => {
    const { registry, images } = registryLab();
    await registry.create(interpreter());
    delete images.digests['picod:1'];
    expect(await registry.reloadImages()).toMatchObject([
      { key: python, why: expect.stringContaining('picod:1') },
    ]);
    expect(registry.runtimes.find(python)).toBeUndefined();
    expect(condition(registry.get(python), 'Accepted')).toMatchObject({
      status: 'False',
      reason: 'UnknownImage',
    });
    images.digests['picod:1'] = 'p1';
    expect(await registry.reloadImages()).toEqual([]);
    expect(condition(registry.get(python), 'Accepted')).toMatchObject({ status: 'True', reason: 'Valid' });
  });
});

describe('the pool in the status', () => {
  const ready = (registry: Registry) => condition(registry.get(python), 'Ready');

  test('is told as it fills, and why it does not', async () => {
    const { registry, clock } = registryLab();
    await registry.create(interpreter('python', { warmPoolSize: 2 }));
    expect(ready(registry)).toMatchObject({ status: 'False', reason: 'PoolFilling' });
    expect(registry.get(python)?.status?.ready).toBe(false);

    registry.deployments.reportPool(python, { wanted: 2, ready: 1, starting: 0, trouble: 'exit code 1' });
    expect(ready(registry)).toMatchObject({
      reason: 'PoolShort',
      message: '1 of 2 warm sandboxes are ready: exit code 1',
      lastTransitionTime: '2026-01-01T00:00:00Z',
    });

    await clock.advance(60_000);
    registry.deployments.reportPool(python, { wanted: 2, ready: 2, starting: 0 });
    expect(ready(registry)).toMatchObject({
      status: 'True',
      reason: 'Reconciled',
      message: 'CodeInterpreter is ready',
      lastTransitionTime: '2026-01-01T00:01:00Z',
    });
  });

  test('starts anew with a new revision, and not with a new timeout', async () => {
    const { registry } = registryLab();
    await registry.create(interpreter('python', { warmPoolSize: 1 }));
    registry.deployments.reportPool(python, { wanted: 1, ready: 1, starting: 0 });
    await registry.write(python, patching({ spec: { sessionTimeout: '1m' } }));
    expect(ready(registry)).toMatchObject({ status: 'True', observedGeneration: 2 });
    await registry.write(python, patching({ spec: { template: { args: ['-v'] } } }));
    expect(ready(registry)).toMatchObject({ status: 'False', reason: 'PoolFilling' });
  });

  test('tells what was decided of its size, for as long as anything is asked', async () => {
    const { registry } = registryLab();
    await registry.create(interpreter('python', { scaling: { warmStarts: '95%' } }));
    const why = { rule: 'rising', numbers: { load: 2 } };
    const target = { runtime: python, size: 3, wanted: 3, why };
    registry.deployments.reportPool(python, { wanted: 3, ready: 1, starting: 2, target });
    expect(condition(registry.get(python), 'Scaled')).toMatchObject({ status: 'True', reason: 'Following' });
    expect(registry.get(python)?.status).toMatchObject({
      ready: true,
      scaling: { class: 'target', target: 3, wanted: 3, ready: 1, why: 'rising: load 2' },
    });

    await registry.write(python, patching({ spec: { scaling: null, warmPoolSize: 1 } }));
    registry.deployments.reportPool(python, { wanted: 1, ready: 1, starting: 0 });
    expect(condition(registry.get(python), 'Scaled')).toBeUndefined();
    expect(registry.get(python)?.status?.['scaling']).toMatchObject({ class: 'fixed', target: 1 });
  });

  test('of a runtime that was deleted meanwhile interests nobody', async () => {
    const { registry } = registryLab();
    registry.deployments.reportPool(python, { wanted: 2, ready: 1, starting: 0 });
    expect(registry.get(python)).toBeUndefined();
  });
});
