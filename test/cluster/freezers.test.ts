// Each way to freeze a container, on containers of a real node: the version 1 freezer, version 2, and containerd for what runs in machines.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { openCgroups } from '../../adapters/cgroup/folders.ts';
import { cgroupFreezer } from '../../adapters/cgroup/freezer.ts';
import { containerdFreezer, type ContainerdFreezer } from '../../adapters/containerd/tasks.ts';
import type { Freezer } from '../../nodeagent/ports.ts';
import { freezerSuite, type FrozenSubject } from '../contract/suites/freezer.ts';
import { apply, eventually, find, namespaceFor } from './kubectl.ts';
import { containerdSocket } from './machine/places.ts';
import type { Pod } from './node.ts';

jest.setTimeout(180_000);

const namespace = 'test-freezers';
let made: Awaited<ReturnType<typeof namespaceFor>>;
let containerd: ContainerdFreezer | undefined;

beforeAll(async () => {
  made = await namespaceFor(namespace);
  containerd = containerdFreezer({ socket: containerdSocket });
});
afterAll(async () => {
  containerd?.close();
  await made.remove();
});

/** What the container has used so far (ns), of all hierarchies that tell it. */
function usedBy(pod: string, container: string): number {
  const folders = readdirSync('/sys/fs/cgroup/cpuacct/kubepods', { recursive: true }).map(String);
  const place = folders.find((name) => name.endsWith(path.join(`pod${pod}`, container)));
  if (place === undefined) throw new Error(`no cgroup of ${container}`);
  return Number(readFileSync(path.join('/sys/fs/cgroup/cpuacct/kubepods', place, 'cpuacct.usage'), 'utf8'));
}

const open = (name: string, freezer: () => Freezer | undefined) => async (): Promise<FrozenSubject> => {
  const command = ['sh', '-c', 'while :; do sleep 0.01; done'];
  const containers = [
    { name: 'busy', image: 'agentcube-test/probe:1', imagePullPolicy: 'IfNotPresent', command },
  ];
  await apply({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace },
    spec: { terminationGracePeriodSeconds: 0, containers },
  });
  const running = await eventually(
    name,
    () => find<Pod>('pod', name, namespace),
    (found) => found?.status.phase === 'Running',
  );
  const pod = running?.metadata.uid ?? '';
  const container = running?.status.containerStatuses?.[0]?.containerID?.split('//')[1] ?? '';
  const way = freezer();
  if (!way) throw new Error(`no way to freeze by ${name}`);
  return { freezer: way, pod, container, used: async () => usedBy(pod, container) };
};

freezerSuite(
  'the freezer of cgroup version 1',
  open('version-1', () => cgroupFreezer(openCgroups('/sys/fs/cgroup'))),
);
freezerSuite(
  'cgroup version 2',
  open('version-2', () => cgroupFreezer(openCgroups('/sys/fs/cgroup/unified'))),
);
freezerSuite(
  'containerd',
  open('containerd', () => containerd),
);

test('a node without the socket has no such way', () => {
  expect(containerdFreezer({ socket: '/nowhere/containerd.sock' })).toBeUndefined();
});
