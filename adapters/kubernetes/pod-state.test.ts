import { describe, expect, test } from '@jest/globals';
import { endOfRun, isReady, refusedPod, runOf, startTrouble, unschedulable, type Pod } from './pod-state.ts';
import type { SandboxObject } from './sandbox-object.ts';

type Status = NonNullable<Pod['status']>;
type Container = NonNullable<Status['containerStatuses']>[number];

const pod = (status: Status = {}, metadata: Partial<Pod['metadata']> = {}): Pod => ({
  metadata: { name: 'p', namespace: 'n', uid: 'u', ...metadata },
  spec: {
    containers: [
      { name: 'agent', image: 'i', resources: { limits: { memory: '128Mi' } } },
      { name: 'sidecar', image: 'i' },
    ],
  },
  status,
});
const agent = (state: Container['state'], more: Partial<Container> = {}): Container => ({
  ...{ name: 'agent', restartCount: 0 },
  ...(state && { state }),
  ...more,
});
const withAgent = (...status: Parameters<typeof agent>): Pod =>
  pod({ containerStatuses: [agent(...status)] });
const waiting = (reason: string, message?: string) => ({ waiting: { reason, ...(message && { message }) } });
const running = { running: {} };

describe('a start that cannot succeed', () => {
  test.each([
    [
      waiting('ImagePullBackOff', 'Back-off pulling "x"'),
      'ImagePullBackOff: container agent: Back-off pulling "x"',
    ],
    [waiting('InvalidImageName', 'no'), 'InvalidImageName: container agent: no'],
    [
      waiting('CreateContainerConfigError', 'secret "s" not found'),
      'CreateContainerConfigError: container agent: secret "s" not found',
    ],
  ])('%j', (state, expected) => expect(startTrouble(withAgent(state))).toBe(expected));

  test('a crash loop says how it ended and what it wrote', () => {
    const lastState = { terminated: { exitCode: 3, message: 'no key\n' } };
    expect(
      startTrouble(withAgent(waiting('CrashLoopBackOff', 'back-off 10s'), { restartCount: 1, lastState })),
    ).toBe('CrashLoopBackOff: container agent: it ended with exit code 3; it wrote: no key');
  });

  test('any container counts, and those that come first', () => {
    const initContainerStatuses = [agent(waiting('ErrImageNeverPull'), { name: 'init' })];
    expect(startTrouble(pod({ initContainerStatuses }))).toBe('ErrImageNeverPull: container init');
  });

  test('a pod that has ended', () => {
    const containerStatuses = [agent({ terminated: { exitCode: 1 } })];
    expect(startTrouble(pod({ phase: 'Failed', containerStatuses }))).toBe('exit code 1');
    expect(startTrouble(pod({ phase: 'Failed', reason: 'Evicted', message: 'disk' }))).toBe('Evicted: disk');
  });
});

describe('a start with hope', () => {
  test.each([
    ['nothing is known', pod()],
    ['a container is made', withAgent(waiting('ContainerCreating'))],
    ['an image failed once', withAgent(waiting('ErrImagePull'))],
    ['it runs', withAgent(running)],
    ['the node is slow', withAgent(waiting('CreateContainerError', 'context deadline exceeded'))],
  ])('%s', (_, seen) => expect(startTrouble(seen)).toBeUndefined());

  test('a pod without a node says why', () => {
    const scheduled = {
      type: 'PodScheduled',
      status: 'False',
      reason: 'Unschedulable',
      message: '0/1 nodes',
    } as const;
    expect(unschedulable(pod({ conditions: [scheduled] }))).toBe('Unschedulable: 0/1 nodes');
    expect(unschedulable(pod())).toBeUndefined();
  });

  test('it is ready with both addresses, unless it is being deleted', () => {
    const ready = { conditions: [{ type: 'Ready', status: 'True' }], podIP: '1', hostIP: '2' } as const;
    expect(isReady(pod(ready))).toBe(true);
    expect(isReady(pod(ready, { deletionTimestamp: 'now' }))).toBe(false);
    expect(isReady(pod({ ...ready, conditions: [{ type: 'Ready', status: 'False' }] }))).toBe(false);
  });
});

describe('a pod that the API server refuses', () => {
  const told = (message: string, reason = 'ReconcilerError') => ({
    status: { conditions: [{ type: 'Ready', status: 'False', reason, message: `Error seen: ${message}` }] },
  });
  test.each([
    [
      'pods "x" is forbidden: exceeded quota: q, used: 1',
      'QuotaExceeded: pods "x" is forbidden: exceeded quota: q, used: 1',
    ],
    [
      'pods "x" is forbidden: violates PodSecurity "restricted"',
      'AdmissionDenied: pods "x" is forbidden: violates PodSecurity "restricted"',
    ],
    [
      'admission webhook "w" denied the request: no',
      'AdmissionDenied: admission webhook "w" denied the request: no',
    ],
    ['Pod "x" is invalid: spec: Required value', 'InvalidPod: Pod "x" is invalid: spec: Required value'],
    ['Operation cannot be fulfilled: the object has been modified', undefined],
  ])('%s', (message, expected) =>
    expect(refusedPod(told(message) as unknown as SandboxObject)).toBe(expected),
  );

  test('only when agent-sandbox could not make it', () => {
    expect(
      refusedPod(told('exceeded quota', 'DependenciesNotReady') as unknown as SandboxObject),
    ).toBeUndefined();
  });
});

describe('the end of a run', () => {
  const run = 'u/0';
  const again = (terminated: NonNullable<Container['state']>['terminated']) =>
    withAgent(running, { restartCount: 1, ...(terminated && { lastState: { terminated } }) });
  test.each([
    ['no pod', undefined, 'its pod is gone'],
    ['another pod', pod({}, { uid: 'v' }), 'its pod was replaced'],
    ['it is deleted', pod({}, { deletionTimestamp: 'now' }), 'its pod was deleted'],
    ['it ended', withAgent({ terminated: { exitCode: 7 } }), 'exit code 7'],
    ['it was started again', again({ exitCode: 139 }), 'killed by SIGSEGV'],
    ['nobody knows why', again(undefined), 'its container was started again'],
    [
      'memory',
      withAgent({ terminated: { exitCode: 137, reason: 'OOMKilled' } }),
      'out of memory (limit 128Mi)',
    ],
  ])('%s', (_, seen, expected) => expect(endOfRun(run, seen)).toBe(expected));

  test('by an eviction says by whose', () => {
    const target = {
      type: 'DisruptionTarget',
      status: 'True',
      reason: 'EvictionByEvictionAPI',
      message: 'drain',
    } as const;
    expect(endOfRun(run, pod({ conditions: [target] }, { deletionTimestamp: 'now' }))).toBe(
      'its pod was deleted (EvictionByEvictionAPI: drain)',
    );
  });

  test.each([
    ['it runs', withAgent(running)],
    [
      'a sidecar ended',
      pod({
        containerStatuses: [agent({ terminated: { exitCode: 1 } }, { name: 'sidecar' }), agent(running)],
      }),
    ],
    ['it is not ready, as when it sleeps', withAgent(running, { ready: false })],
  ])('has not come while %s', (_, seen) => {
    expect(endOfRun(run, seen)).toBeUndefined();
    expect(runOf(seen)).toBe(run);
  });
});
