// Runtimes that a cluster keeps: what is served of them, and what their status tells whoever looks with kubectl.
import { describe, expect, test } from '@jest/globals';
import { PlatformError } from '../model/errors.ts';
import { manualClock, settle } from '../test/support/manual-clock.ts';
import { clusterRegistryLab, sandbox, sessionOf } from '../test/support/cluster-registry-lab.ts';
import { agent, interpreter } from '../test/support/runtimes.ts';
import { ScriptedRuntimes } from '../test/support/scripted-runtimes.ts';
import { openClusterRegistry } from './cluster-registry.ts';

const probed = (name = 'hello') =>
  agent(name, {
    podTemplate: {
      spec: { containers: [{ name: 'agent', image: 'a', livenessProbe: { tcpSocket: { port: 1 } } }] },
    },
  });

describe('what is deployed', () => {
  test('is known when it is opened, and whatever comes later is told', async () => {
    const source = new ScriptedRuntimes();
    const hello = source.put(agent());
    const { registry, heard, pass } = await clusterRegistryLab(source);
    expect(registry.runtimes.find(hello)).toMatchObject({ key: hello, warmPoolSize: 0 });
    const python = source.put(interpreter('python', { warmPoolSize: 3 }));
    await pass();
    expect(registry.deployments.find(python)?.workload).toMatchObject({ uid: 'uid-1', warmPoolSize: 3 });
    expect(heard).toEqual(['CodeInterpreter/default/python']);
  });

  test('is what it says now: a changed template is another revision, a changed timeout is not', async () => {
    const { source, registry, pass } = await clusterRegistryLab();
    const key = source.put(agent());
    await pass();
    const before = registry.runtimes.find(key);
    source.put(agent('hello', { sessionTimeout: '1m' }), { generation: 2 });
    await pass();
    expect(registry.runtimes.find(key)).toMatchObject({
      revision: before?.revision,
      policy: { sessionTimeoutMs: 60_000 },
    });
    const podTemplate = { spec: { containers: [{ name: 'agent', image: 'other' }] } };
    source.put(agent('hello', { podTemplate }), { generation: 3 });
    await pass();
    expect(registry.runtimes.find(key)?.revision).not.toBe(before?.revision);
  });

  test('does not change with its status, so nobody is told', async () => {
    const { source, heard, pass } = await clusterRegistryLab();
    const key = source.put(agent());
    await pass(2_000);
    expect(source.told).toHaveLength(1);
    source.putStatus(key, { conditions: [] });
    await pass();
    expect(heard).toHaveLength(1);
  });

  test('made again under its name it has a revision of its own, for its pool went with the one before', async () => {
    const { source, registry, pass } = await clusterRegistryLab();
    const key = source.put(agent());
    await pass();
    const before = registry.runtimes.find(key)?.revision;
    source.remove(key);
    source.put(agent(), { uid: 'uid-2' });
    await pass();
    expect(registry.runtimes.find(key)?.revision).not.toBe(before);
  });

  test.each([
    ['deleted', (source: ScriptedRuntimes) => source.remove(source.list()[0]!.key)],
    ['being deleted', (source: ScriptedRuntimes) => source.put(agent(), { leaving: true })],
  ])('is not served any more when it is %s', async (_, leave) => {
    const { source, registry, heard, pass } = await clusterRegistryLab();
    const key = source.put(agent());
    await pass();
    leave(source);
    await pass();
    expect(registry.runtimes.find(key)).toBeUndefined();
    expect(registry.deployments.all()).toEqual([]);
    expect(heard).toHaveLength(2);
  });
});

describe('a runtime that is not valid', () => {
  test('is not served, and says why', async () => {
    const { source, registry, pass } = await clusterRegistryLab();
    const key = source.put(agent());
    await pass(2_000);
    const spec = { ...agent().spec, pauseAfter: 'soon' };
    source.put({ ...agent(), spec }, { generation: 2 });
    await pass(2_000);
    expect(registry.runtimes.find(key)).toBeUndefined();
    expect(source.condition(key, 'Accepted')).toMatchObject({
      status: 'False',
      reason: 'Invalid',
      observedGeneration: 2,
      message: expect.stringContaining('spec.pauseAfter: time: invalid duration "soon"'),
    });
    expect(source.condition(key, 'Ready')).toMatchObject({ status: 'False', reason: 'NotAccepted' });
    expect(source.condition(key, 'Sleeps')).toBeUndefined();
  });

  test.each([
    ['nothing in it', {}],
    ['a spec of another kind', { metadata: { generation: 1 }, spec: 'x' }],
  ])('with %s disturbs nobody', async (_, object) => {
    const { source, registry, pass } = await clusterRegistryLab();
    const key = { kind: 'AgentRuntime', namespace: 'default', name: 'odd' } as const;
    source.putRaw(key, object);
    const hello = source.put(agent());
    await pass(2_000);
    expect(registry.runtimes.find(key)).toBeUndefined();
    expect(source.condition(key, 'Accepted')).toMatchObject({ status: 'False', reason: 'Invalid' });
    expect(registry.runtimes.find(hello)).toBeDefined();
  });

  test('is not one whose pod has a field that is new to us: that is passed on and named', async () => {
    const { source, registry, pass } = await clusterRegistryLab();
    const podTemplate = { spec: { containers: [{ name: 'agent', image: 'a' }], fromTomorrow: true } };
    const key = source.put(agent('hello', { podTemplate }));
    await pass(2_000);
    expect(registry.runtimes.find(key)).toBeDefined();
    expect(source.condition(key, 'Accepted')).toMatchObject({
      status: 'True',
      message: expect.stringContaining('spec.podTemplate.spec.fromTomorrow'),
    });
  });

  test('nor one whose status somebody else wrote', async () => {
    const { source, registry, pass } = await clusterRegistryLab();
    const key = source.put(agent());
    source.putStatus(key, { status: 'ready', conditions: [{ type: 'Odd' }] });
    await pass();
    expect(registry.runtimes.find(key)).toBeDefined();
  });
});

describe('the status', () => {
  test('tells of a runtime without a pool that it is accepted and ready, and that its sessions sleep', async () => {
    const { source, pass } = await clusterRegistryLab();
    const key = source.put(interpreter(), { generation: 4 });
    await pass(2_000);
    expect(source.told).toHaveLength(1);
    expect(source.told[0]?.status).toMatchObject({
      ready: true,
      observedGeneration: 4,
      warm: 0,
      wanted: 0,
      active: 0,
      asleep: 0,
    });
    expect(source.condition(key, 'Ready')).toEqual({
      type: 'Ready',
      status: 'True',
      reason: 'Reconciled',
      message: 'CodeInterpreter is ready',
      lastTransitionTime: '2026-01-01T00:00:00Z',
      observedGeneration: 4,
    });
    expect(source.condition(key, 'Sleeps')).toMatchObject({ status: 'True', reason: 'Supported' });
  });

  test('is not told again after a restart when it says the same', async () => {
    const first = await clusterRegistryLab();
    first.source.put(agent());
    await first.pass(2_000);
    first.registry.close();
    const again = await clusterRegistryLab(first.source);
    await again.pass(30_000);
    expect(first.source.told).toHaveLength(1);
  });

  test('says nothing of pools that a new leader does not know yet', async () => {
    const first = await clusterRegistryLab();
    const key = first.source.put(interpreter('python', { warmPoolSize: 2 }));
    await first.pass();
    first.registry.deployments.reportPool(key, { wanted: 2, ready: 2, starting: 0 });
    await first.pass(2_000);
    first.registry.close();
    const told = first.source.told.length;
    const next = await clusterRegistryLab(first.source, { pools: false });
    await next.pass(5_000);
    next.registry.deployments.reportPool(key, { wanted: 2, ready: 2, starting: 0 });
    await next.pass(30_000);
    expect(first.source.told).toHaveLength(told);
  });

  test('does not wait for ever to be told of a pool', async () => {
    const { source, pass } = await clusterRegistryLab(new ScriptedRuntimes(), { pools: false });
    const key = source.put(agent());
    await pass(25_000);
    expect(source.condition(key, 'Accepted')).toMatchObject({ status: 'True' });
  });

  test('follows the pool: filling, filled, and a claim that is replaced at once says nothing of readiness', async () => {
    const { source, registry, pass } = await clusterRegistryLab();
    const key = source.put(interpreter('python', { warmPoolSize: 2 }));
    await pass(2_000);
    expect(source.condition(key, 'Ready')).toMatchObject({ status: 'False', reason: 'PoolFilling' });
    registry.deployments.reportPool(key, { wanted: 2, ready: 2, starting: 0 });
    await pass(2_000);
    expect(source.condition(key, 'Ready')).toMatchObject({ status: 'True' });
    const told = source.told.length;
    registry.deployments.reportPool(key, { wanted: 2, ready: 1, starting: 0 });
    await pass(2_000);
    registry.deployments.reportPool(key, { wanted: 2, ready: 2, starting: 0 });
    await pass(20_000);
    expect(source.told).toHaveLength(told);
  });

  test('says that the pool is short once it stays so', async () => {
    const { source, registry, pass } = await clusterRegistryLab();
    const key = source.put(interpreter('python', { warmPoolSize: 2 }));
    registry.deployments.reportPool(key, { wanted: 2, ready: 2, starting: 0 });
    await pass();
    registry.deployments.reportPool(key, { wanted: 2, ready: 2, starting: 0 });
    await pass(2_000);
    registry.deployments.reportPool(key, { wanted: 2, ready: 0, starting: 0 });
    await pass(30_000);
    expect(source.condition(key, 'Ready')).toMatchObject({ status: 'False', reason: 'PoolFilling' });
  });

  test('names the cause at once', async () => {
    const { source, registry, pass } = await clusterRegistryLab();
    const key = source.put(interpreter('python', { warmPoolSize: 2 }));
    await pass(2_000);
    const trouble = 'ImagePullBackOff: Back-off pulling image "nope"';
    registry.deployments.reportPool(key, { wanted: 2, ready: 0, starting: 0, trouble });
    await pass(2_000);
    expect(source.condition(key, 'Ready')).toMatchObject({
      status: 'False',
      reason: 'ImagePullBackOff',
      message: `0 of 2 warm sandboxes are ready: ${trouble}`,
    });
    expect(source.told.at(-1)?.status.ready).toBe(false);
  });

  test('tells of a runtime without a pool why its newest session got no sandbox, until one has', async () => {
    const { source, registry, bus, pass } = await clusterRegistryLab();
    const key = source.put(agent());
    await pass(2_000);
    const revision = registry.runtimes.find(key)?.revision ?? '';
    const why = '0/1 nodes are available: 1 Insufficient cpu';
    bus.publish(sessionOf(key, { kind: 'ending', reason: { kind: 'failed', why } }, { revision }));
    await pass(2_000);
    expect(source.condition(key, 'Ready')).toMatchObject({ status: 'False', reason: 'Unschedulable' });
    bus.publish(sessionOf(key, { kind: 'running', sandbox }, { id: 'session-2', revision }));
    await pass(2_000);
    expect(source.condition(key, 'Ready')).toMatchObject({ status: 'True' });
  });

  test('says of a liveness probe that it keeps sessions awake, and what to do', async () => {
    const { source, pass } = await clusterRegistryLab();
    const key = source.put(probed());
    await pass(2_000);
    expect(source.condition(key, 'Sleeps')).toMatchObject({
      status: 'False',
      reason: 'LivenessProbe',
      message: expect.stringMatching(/liveness probe of container agent.*readiness or startup probe/),
    });
    expect(source.condition(key, 'Ready')).toMatchObject({ status: 'True' });
  });

  test('counts sessions, the first change soon and later ones a few times a minute', async () => {
    const { source, bus, pass } = await clusterRegistryLab();
    const key = source.put(agent());
    await pass(12_000);
    const before = source.told.length;
    bus.publish(sessionOf(key, { kind: 'running', sandbox }));
    await pass(1_000);
    expect(source.told.at(-1)?.status).toMatchObject({ active: 1, asleep: 0 });
    for (let index = 2; index <= 20; index += 1) {
      bus.publish(sessionOf(key, { kind: 'running', sandbox }, { id: `session-${index}` }));
      await pass(400);
    }
    expect(source.told).toHaveLength(before + 1);
  });

  test('that others overwrote is told again, without hurry', async () => {
    const { source, pass } = await clusterRegistryLab();
    const key = source.put(agent());
    await pass(2_000);
    source.putStatus(key, { conditions: [], ready: false });
    await pass(12_000);
    expect(source.told).toHaveLength(2);
    expect(source.condition(key, 'Ready')).toMatchObject({ status: 'True' });
  });

  test('is told later when the cluster is away', async () => {
    const { source, pass, logged } = await clusterRegistryLab();
    source.fault = new PlatformError('CLUSTER_UNAVAILABLE', 'away');
    const key = source.put(agent());
    await pass(20_000);
    expect(logged).toEqual(['a status could not be told; trying again']);
    source.fault = undefined;
    await pass(60_000);
    expect(source.condition(key, 'Ready')).toMatchObject({ status: 'True' });
  });
});

describe('opening', () => {
  const deps = (source: ScriptedRuntimes, clock = manualClock()) => ({
    source,
    clock,
    images: { resolve: async (image: string) => ({ digest: image }) },
    sessions: { list: async () => [] },
    feed: { subscribe: () => () => undefined, onGap: () => () => undefined },
    log: () => undefined,
  });

  test('is given up when the cluster does not tell what is deployed, for every pool would drain', async () => {
    const source = new ScriptedRuntimes();
    source.silent = true;
    const clock = manualClock();
    const opened = openClusterRegistry(deps(source, clock)).catch((fault: unknown) => fault);
    await clock.advance(20_000);
    expect(await opened).toMatchObject({ code: 'CLUSTER_UNAVAILABLE' });
    expect(source.stopped).toBe(true);
  });

  test('after it is closed nothing is heard or told any more', async () => {
    const { source, registry, heard, pass } = await clusterRegistryLab();
    registry.close();
    source.put(agent());
    await pass(30_000);
    await settle();
    expect(heard).toEqual([]);
    expect(source.told).toEqual([]);
    expect(source.stopped).toBe(true);
  });
});
