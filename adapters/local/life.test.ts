// Whose processes are looked for among all of the machine, where no cgroup says which they are.
import { expect, test } from '@jest/globals';
import { leaderIn } from './life.ts';
import type { SandboxRecord } from './record.ts';

const record = (change: Partial<SandboxRecord> = {}): SandboxRecord => ({
  ...{ format: 1, phase: 'stopped', tier: 'plain', runtime: 'r', listen: [] },
  image: { digest: 'd', daemon: false, command: [], environment: [] },
  spec: { name: 'box' } as SandboxRecord['spec'],
  ...change,
});

const leader = { pid: 7, startedAt: '70', name: 'box' };
const [withCgroups, without] = [{ cgroups: {} }, { cgroups: undefined }];

test('nobody for one that began inside of cgroups: where these are not, nothing of it runs', () => {
  expect(leaderIn(record({ confined: true, leader }), withCgroups)).toBeUndefined();
  expect(leaderIn(record({ confined: true }), withCgroups)).toBeUndefined();
});

test('its leader, or its name, where it began without them or they cannot be seen', () => {
  expect(leaderIn(record({ leader }), withCgroups)).toEqual(leader);
  expect(leaderIn(record({ confined: true, leader }), without)).toEqual(leader);
  expect(leaderIn(record(), without)).toEqual({ pid: -1, name: 'box' });
});

test('nobody where nothing is written down', () => {
  expect(leaderIn(undefined, without)).toBeUndefined();
});
