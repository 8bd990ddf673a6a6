import { describe, expect, test } from '@jest/globals';
import {
  baseCandidates,
  instanceFolder,
  instanceName,
  ownPath,
  parseMounts,
  settingsFor,
} from './cgroup-plan.ts';

const mixed = [
  '30 25 0:26 / /sys/fs/cgroup/memory rw,relatime shared:9 - cgroup cgroup rw,memory',
  '31 25 0:27 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct',
  '32 25 0:28 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw',
  '33 25 0:29 / /tmp rw - tmpfs tmpfs rw',
].join('\n');

describe('where the cgroups are', () => {
  test('mounts of both versions are told apart', () =>
    expect(parseMounts(mixed)).toMatchObject([
      { version: 1, folder: '/sys/fs/cgroup/memory' },
      { version: 1, folder: '/sys/fs/cgroup/cpu,cpuacct' },
      { version: 2, folder: '/sys/fs/cgroup/unified', controllers: [] },
    ]));

  test('the own path is found per hierarchy', () => {
    const [memory, cpu, unified] = parseMounts(mixed);
    const own = '7:cpu,cpuacct:/\n4:memory:/jobs/1\n0::/user.slice/a.scope\n';
    expect([memory, cpu, unified].map((mount) => mount && ownPath(own, mount))).toEqual([
      '/jobs/1',
      '/',
      '/user.slice/a.scope',
    ]);
  });

  test('root begins at the top, others beside and below themselves, and nobody leaves the mount', () => {
    const mount = { version: 2, folder: '/cg', controllers: [] } as const;
    expect(baseCandidates(mount, '/user/app', true)).toEqual(['/cg', '/cg/user', '/cg/user/app']);
    expect(baseCandidates(mount, '/user/app', false)).toEqual(['/cg/user', '/cg/user/app']);
    expect(baseCandidates(mount, '/', false)).toEqual(['/cg/']);
  });

  test('each data dir has a folder of its own', () => {
    expect(instanceName('/a')).not.toBe(instanceName('/b'));
    expect(instanceFolder({ version: 2, folder: '/cg', controllers: [] }, 'abc')).toBe('/cg/agentcube/abc');
  });
});

describe('limits', () => {
  const limits = { memoryBytes: 1024, cpus: 0.5, pids: 10 };

  test('of version 2: memory without swap, a quota per 100 ms, processes', () =>
    expect(
      settingsFor({ version: 2, folder: '/cg', controllers: ['memory', 'cpu', 'pids'] }, limits),
    ).toEqual([
      { file: 'memory.max', value: '1024' },
      { file: 'memory.swap.max', value: '0', optional: true },
      { file: 'cpu.max', value: '50000 100000' },
      { file: 'pids.max', value: '10' },
    ]));

  test('of version 1: memory and swap together', () =>
    expect(settingsFor({ version: 1, folder: '/cg', controllers: ['memory'] }, limits)).toEqual([
      { file: 'memory.limit_in_bytes', value: '1024' },
      { file: 'memory.memsw.limit_in_bytes', value: '1024', optional: true },
    ]));

  test('only what is asked for and what the hierarchy can do', () => {
    expect(settingsFor({ version: 2, folder: '/cg', controllers: [] }, limits)).toEqual([]);
    expect(settingsFor({ version: 2, folder: '/cg', controllers: ['memory', 'cpu'] }, {})).toEqual([]);
    expect(settingsFor({ version: 1, folder: '/cg', controllers: ['cpu'] }, { cpus: 0.001 })).toContainEqual({
      file: 'cpu.cfs_quota_us',
      value: '1000',
    });
  });
});
