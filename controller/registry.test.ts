// Deploying runtimes: what a Kubernetes API server promises of versions, generations and status, kept on one machine.
import { describe, expect, test } from '@jest/globals';
import { memoryResourceStore } from '../adapters/memory/resources.ts';
import { parseLabels } from './core/label-selector.ts';
import {
  condition,
  failure,
  hello,
  patching,
  python,
  registryLab,
  revisionOf,
} from '../test/support/registry-lab.ts';
import { agent, interpreter } from '../test/support/runtimes.ts';
import type { Registry } from './registry.ts';

/** Versions count from when the lab begins. */
const version = (change: number): string => String(Date.UTC(2026, 0, 1) + change);

describe('creating', () => {
  test('gives an object its uid, generation, creation time and version, and stores the defaults', async () => {
    const { registry } = registryLab();
    const { runtime, what } = await registry.create(agent());
    expect(what).toBe('created');
    const { managedFields, ...metadata } = runtime.metadata;
    expect(metadata).toEqual({
      name: 'hello',
      namespace: 'default',
      uid: 'uid-1',
      generation: 1,
      creationTimestamp: '2026-01-01T00:00:00Z',
      resourceVersion: version(1),
    });
    expect(managedFields).toMatchObject([{ manager: 'agentcube', operation: 'Update' }]);
    expect(runtime.spec).toMatchObject({ sessionTimeout: '15m', maxSessionDuration: '8h' });
    expect(registry.get(hello)).toEqual(runtime);
  });

  test('accepts it, and without a pool it is ready at once', async () => {
    const { registry } = registryLab();
    const { runtime } = await registry.create(interpreter());
    expect(condition(runtime, 'Accepted')).toMatchObject({
      status: 'True',
      reason: 'Valid',
      observedGeneration: 1,
    });
    expect(condition(runtime, 'Ready')).toEqual({
      type: 'Ready',
      status: 'True',
      reason: 'Reconciled',
      message: 'CodeInterpreter is ready',
      lastTransitionTime: '2026-01-01T00:00:00Z',
      observedGeneration: 1,
    });
    expect(runtime.status?.ready).toBe(true);
  });

  test('lets lifecycle, pools and activator find it, and tells them', async () => {
    const { registry, heard } = registryLab();
    await registry.create(interpreter('python', { warmPoolSize: 3 }));
    expect(registry.runtimes.find(python)).toMatchObject({ key: python, warmPoolSize: 3 });
    expect(registry.runtimes.find(python)?.revision).toMatch(/^[0-9a-f]{10}$/);
    expect(registry.deployments.find(python)?.workload.container.image).toBe('picod:1');
    expect(registry.deployments.all()).toHaveLength(1);
    expect(heard).toEqual(['CodeInterpreter/default/python']);
  });

  test('passes on what it asks of the autoscaler, and what one sandbox may use', async () => {
    const { registry } = registryLab();
    const template = { image: 'picod:1', resources: { limits: { memory: '64Mi' } } };
    await registry.create(interpreter('python', { template, scaling: { max: 4, dryRun: true } }));
    expect(registry.runtimes.find(python)).toMatchObject({
      memoryBytes: 67_108_864,
      scaling: { policy: { class: 'target', warmStarts: 0.99, max: 4 }, dryRun: true },
    });
  });

  test('refuses a second one of the name, and leaves the first as it is', async () => {
    const { registry } = registryLab();
    const { runtime } = await registry.create(agent());
    expect(await failure(registry.create(agent()))).toMatchObject({
      code: 'RUNTIME_EXISTS',
      message: 'agentruntimes.runtime.agentcube.volcano.sh "hello" already exists',
    });
    expect(registry.get(hello)).toEqual(runtime);
  });

  test('refuses an unknown image and says which are known', async () => {
    const { registry } = registryLab();
    const refused = await failure(registry.create(interpreter('python', { template: { image: 'nope' } })));
    expect(refused).toMatchObject({
      code: 'UNKNOWN_IMAGE',
      message: 'unknown image "nope": it is not in the local image table, expected one of hello:1, picod:1',
      details: { problems: [{ path: 'spec.template.image' }] },
    });
    expect(registry.get(python)).toBeUndefined();
  });

  test('ignores what a writer says of status, uid and times', async () => {
    const { registry } = registryLab();
    const boasting = agent();
    const { runtime } = await registry.create({
      ...boasting,
      metadata: {
        ...boasting.metadata,
        uid: 'mine',
        generation: 77,
        creationTimestamp: '1999-01-01T00:00:00Z',
      },
      status: { ready: false, conditions: [] },
    });
    expect(runtime.metadata).toMatchObject({
      uid: 'uid-1',
      generation: 1,
      creationTimestamp: '2026-01-01T00:00:00Z',
    });
    expect(runtime.status?.ready).toBe(true);
  });

  test('warns of fields that one machine cannot honour', async () => {
    const { registry } = registryLab();
    const template = { image: 'picod:1', runtimeClassName: 'kuasar-vmm' };
    const { warnings } = await registry.create(interpreter('python', { template }));
    expect(warnings).toEqual(['spec.template.runtimeClassName has no effect on one machine']);
  });
});

describe('replacing', () => {
  test('a changed spec makes a new generation; changed labels do not', async () => {
    const { registry } = registryLab();
    await registry.create(agent());
    const labelled = agent();
    const relabelled = await registry.replace({
      ...labelled,
      metadata: { ...labelled.metadata, labels: { a: 'b' } },
    });
    expect(relabelled.runtime.metadata).toMatchObject({
      generation: 1,
      resourceVersion: version(2),
      labels: { a: 'b' },
    });
    const changed = await registry.replace(agent('hello', { sessionTimeout: '5m' }));
    expect(changed.runtime.metadata).toMatchObject({
      generation: 2,
      resourceVersion: version(3),
      uid: 'uid-1',
    });
    expect(condition(changed.runtime, 'Accepted')?.observedGeneration).toBe(2);
    expect(registry.runtimes.find(hello)?.policy.sessionTimeoutMs).toBe(300_000);
  });

  test('what says nothing new writes nothing and tells nobody', async () => {
    const { registry, heard } = registryLab();
    await registry.create(agent());
    expect(await registry.replace(agent())).toMatchObject({ what: 'unchanged' });
    expect(registry.get(hello)?.metadata.resourceVersion).toBe(version(1));
    expect(heard).toHaveLength(1);
  });

  test('over an older version it is refused, in words that Kubernetes clients know', async () => {
    const { registry } = registryLab();
    const { runtime } = await registry.create(agent());
    await registry.replace(agent('hello', { sessionTimeout: '5m' }));
    expect(await failure(registry.replace(runtime))).toMatchObject({
      code: 'CONFLICT',
      message:
        'Operation cannot be fulfilled on agentruntimes.runtime.agentcube.volcano.sh "hello": ' +
        'the object has been modified; please apply your changes to the latest version and try again',
    });
  });

  test('of two writes over the same version one wins', async () => {
    const { registry } = registryLab();
    const { runtime } = await registry.create(agent());
    const write = (sessionTimeout: string) =>
      failure(registry.replace({ ...agent('hello', { sessionTimeout }), metadata: runtime.metadata }));
    const [one, other] = await Promise.all([write('1m'), write('2m')]);
    expect([one, other]).toEqual(['it was accepted', expect.objectContaining({ code: 'CONFLICT' })]);
  });

  test('an object that was deleted and made again is not the one that was meant', async () => {
    const { registry } = registryLab();
    const { runtime } = await registry.create(agent());
    await registry.remove(hello);
    await registry.create(agent());
    const { resourceVersion: _, ...metadata } = runtime.metadata;
    expect(await failure(registry.replace({ ...runtime, metadata }))).toMatchObject({ code: 'CONFLICT' });
  });

  test('what is not there cannot be replaced, patched or deleted', async () => {
    const { registry } = registryLab();
    const gone = {
      code: 'RUNTIME_NOT_FOUND',
      message: 'agentruntimes.runtime.agentcube.volcano.sh "hello" not found',
    };
    expect(await failure(registry.replace(agent()))).toMatchObject(gone);
    expect(await failure(registry.write(hello, patching({})))).toMatchObject(gone);
    expect(await failure(registry.remove(hello))).toMatchObject(gone);
  });

  test('an unknown image leaves what is deployed as it is', async () => {
    const { registry } = registryLab();
    await registry.create(interpreter());
    const before = revisionOf(registry, python);
    await failure(registry.replace(interpreter('python', { template: { image: 'nope' } })));
    expect(revisionOf(registry, python)).toBe(before);
  });
});

describe('patching', () => {
  test('changes what it names and keeps the rest', async () => {
    const { registry } = registryLab();
    await registry.create(interpreter('python', { warmPoolSize: 2, pauseAfter: '10s' }));
    const { runtime } = await registry.write(
      python,
      patching({ spec: { warmPoolSize: 5, pauseAfter: null } }),
    );
    expect(runtime.spec.warmPoolSize).toBe(5);
    expect(runtime.spec.pauseAfter).toBeUndefined();
    expect(runtime.metadata.generation).toBe(2);
  });

  test('cannot touch the status', async () => {
    const { registry } = registryLab();
    const { runtime } = await registry.create(agent());
    const patched = await registry.write(
      hello,
      patching({ status: { ready: false }, spec: { sessionTimeout: '1m' } }),
    );
    expect(patched.runtime.status?.ready).toBe(true);
    expect(condition(patched.runtime, 'Ready')?.lastTransitionTime).toBe(
      condition(runtime, 'Ready')?.lastTransitionTime,
    );
  });

  test('that refuses changes nothing', async () => {
    const { registry } = registryLab();
    await registry.create(agent());
    const refused = await failure(registry.write(hello, patching({ spec: { sessionTimeout: 'soon' } })));
    expect(refused).toMatchObject({ code: 'INVALID_RUNTIME' });
    expect(registry.get(hello)?.metadata.generation).toBe(1);
  });

  test('over an older version, where it names one, is refused', async () => {
    const { registry } = registryLab();
    await registry.create(agent());
    const patch = { metadata: { resourceVersion: '99' }, spec: { sessionTimeout: '1m' } };
    expect(await failure(registry.write(hello, patching(patch)))).toMatchObject({ code: 'CONFLICT' });
  });
});

describe('listing', () => {
  test('is by kind, namespace and labels, in order, with the counter of all changes', async () => {
    const { registry } = registryLab();
    const inTeam = { ...agent('b'), metadata: { name: 'b', namespace: 'team', labels: { tier: 'front' } } };
    await registry.create(inTeam);
    await registry.create(agent('c'));
    await registry.create(agent('a'));
    await registry.create(interpreter());
    const names = (query: Parameters<Registry['list']>[0]) =>
      registry.list(query).items.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
    expect(names({ kind: 'AgentRuntime' })).toEqual(['default/a', 'default/c', 'team/b']);
    expect(names({ kind: 'AgentRuntime', namespace: 'team' })).toEqual(['team/b']);
    expect(names({ kind: 'AgentRuntime', labels: parseLabels('tier=front') })).toEqual(['team/b']);
    expect(registry.list({ kind: 'AgentRuntime' }).resourceVersion).toBe(version(4));
    await registry.remove(python);
    expect(registry.list({ kind: 'AgentRuntime' }).resourceVersion).toBe(version(5));
  });
});

describe('after a restart', () => {
  test('everything is as it was stored', async () => {
    const { registry, store } = registryLab();
    const { runtime } = await registry.create(interpreter('python', { warmPoolSize: 1 }));
    const { registry: again } = registryLab(store);
    expect(await again.load()).toEqual([]);
    expect(again.get(python)).toEqual(runtime);
    expect(revisionOf(again, python)).toBe(revisionOf(registry, python));
    await again.write(python, patching({ spec: { warmPoolSize: 2 } }));
    expect(again.get(python)?.metadata).toMatchObject({ generation: 2, resourceVersion: version(2) });
  });

  test('what is no longer valid or known is kept, told, not served, and can be set right', async () => {
    const store = memoryResourceStore();
    const old = { ...interpreter('old'), spec: { template: { image: 'picod:1' }, warmPoolSize: -1 } };
    await store.put(
      { kind: 'CodeInterpreter', namespace: 'default', name: 'old', json: JSON.stringify(old) },
      'absent',
    );
    await store.put({ kind: 'CodeInterpreter', namespace: 'default', name: 'torn', json: '{' }, 'absent');
    const unknown = interpreter('unknown', { template: { image: 'nope' } });
    await store.put(
      { kind: 'CodeInterpreter', namespace: 'default', name: 'unknown', json: JSON.stringify(unknown) },
      'absent',
    );
    const { registry } = registryLab(store);
    expect((await registry.load()).map(({ key, why }) => [key.name, why])).toEqual([
      ['old', expect.stringContaining('spec.warmPoolSize')],
      ['torn', 'the stored text is not JSON'],
      ['unknown', expect.stringContaining('unknown image "nope"')],
    ]);
    const reasons = registry
      .list({ kind: 'CodeInterpreter' })
      .items.map((one) => condition(one, 'Accepted')?.reason);
    expect(reasons).toEqual(['Invalid', 'Invalid', 'UnknownImage']);
    expect(registry.deployments.all()).toEqual([]);

    await registry.apply(interpreter('old'));
    await registry.apply(interpreter('torn'));
    expect(registry.deployments.all()).toHaveLength(2);
  });
});
