// What the node agent learns of a pod.
import { describe, expect, test } from '@jest/globals';
import { podOnNode, type NodePodObject } from './node-pods.ts';

const running = { running: { startedAt: '2026-01-01T00:00:00Z' } };

const pod = (over: Partial<NodePodObject> = {}): NodePodObject => ({
  metadata: { uid: 'u', namespace: 'team', name: 'echo' },
  spec: { containers: [{ name: 'agent' }] },
  status: { containerStatuses: [{ name: 'agent', containerID: 'containerd://c1', state: running }] },
  ...over,
});

test('its running containers with the ids that the runtime knows', () => {
  expect(podOnNode(pod())).toEqual({
    uid: 'u',
    namespace: 'team',
    name: 'echo',
    containers: [{ name: 'agent', id: 'c1' }],
    livenessProbes: [],
    terminating: false,
  });
});

describe('containers', () => {
  test('that wait or have ended are none', () => {
    const status = {
      containerStatuses: [
        { name: 'waits', state: {} },
        { name: 'ended', containerID: 'containerd://c0', state: { terminated: {} } },
      ],
    };
    expect(podOnNode(pod({ status })).containers).toEqual([]);
  });

  test('beside it and for debugging count too', () => {
    const status = {
      containerStatuses: [{ name: 'agent', containerID: 'cri-o://c1', state: running }],
      initContainerStatuses: [{ name: 'sidecar', containerID: 'containerd://c2', state: running }],
      ephemeralContainerStatuses: [{ name: 'debugger', containerID: 'containerd://c3', state: running }],
    };
    expect(podOnNode(pod({ status })).containers.map(({ id }) => id)).toEqual(['c1', 'c2', 'c3']);
  });
});

test('a run that ended for want of memory is told, with the limit, also once the next one began', () => {
  const terminated = { reason: 'OOMKilled', containerID: 'containerd://c0' };
  const spec = { containers: [{ name: 'agent', resources: { limits: { memory: '64Mi' } } }] };
  const starved = [{ id: 'c0', why: 'out of memory (limit 64Mi)' }];
  const ended = { containerStatuses: [{ name: 'agent', state: { terminated } }] };
  expect(podOnNode(pod({ spec, status: ended }))).toMatchObject({ containers: [], starved });
  const again = { name: 'agent', containerID: 'containerd://c1', state: running, lastState: { terminated } };
  expect(podOnNode(pod({ spec, status: { containerStatuses: [again] } }))).toMatchObject({ starved });
});

test('liveness probes are told by container, sidecars included', () => {
  const spec = {
    containers: [{ name: 'agent', livenessProbe: {} }, { name: 'other' }],
    initContainers: [{ name: 'sidecar', livenessProbe: {} }],
  };
  expect(podOnNode(pod({ spec })).livenessProbes).toEqual(['agent', 'sidecar']);
});

test('a pod that is being deleted says so', () => {
  const metadata = { uid: 'u', namespace: 'team', name: 'echo', deletionTimestamp: '2026-01-01T00:00:00Z' };
  expect(podOnNode(pod({ metadata })).terminating).toBe(true);
});
