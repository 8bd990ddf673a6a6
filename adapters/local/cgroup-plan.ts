// Owns: which cgroup directories a sandbox has on this host and what is written into them, for version 2, version 1 and
// hosts that mix both. Pure: reads and writes nothing.
import { createHash } from 'node:crypto';
import path from 'node:path';

export interface Mount {
  readonly version: 1 | 2;
  readonly folder: string;
  /** Version 1: the controllers of this hierarchy. */
  readonly controllers: readonly string[];
}

/** What a sandbox may use. */
export interface Limits {
  readonly memoryBytes?: number | undefined;
  /** Cores; 0.5 is half of one. */
  readonly cpus?: number | undefined;
  readonly pids?: number | undefined;
}

export type Controller = 'memory' | 'cpu' | 'pids' | 'freezer';

/** A hierarchy with the folder below which a platform may make its own. */
export interface Base {
  readonly version: 1 | 2;
  readonly folder: string;
  /** What works there; version 2 can always freeze. */
  readonly controllers: readonly Controller[];
}

/** The cgroup mounts in /proc/self/mountinfo. */
export function parseMounts(mountinfo: string): Mount[] {
  return mountinfo.split('\n').flatMap((line): Mount[] => {
    const [left = '', right = ''] = line.split(' - ');
    const folder = left.split(' ')[4];
    const [type, , options = ''] = right.split(' ');
    if (folder === undefined) return [];
    if (type === 'cgroup2') return [{ version: 2, folder, controllers: [] }];
    return type === 'cgroup' ? [{ version: 1, folder, controllers: options.split(',') }] : [];
  });
}

/** Where this process is, by /proc/self/cgroup: for version 2 the path, for version 1 the path of a controller. */
export function ownPath(procCgroup: string, mount: Mount): string {
  for (const line of procCgroup.split('\n')) {
    const [, names = '', where] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (where === undefined) continue;
    if (
      mount.version === 2
        ? names === ''
        : names.split(',').some((name) => name !== '' && mount.controllers.includes(name))
    ) {
      return where;
    }
  }
  return '/';
}

/** Folders to try, best first: the root (as root), then where this process is, then one above it (a delegated slice). */
export function baseCandidates(mount: Mount, own: string, asRoot: boolean): string[] {
  const here = path.join(mount.folder, own);
  const above = path.dirname(here);
  const candidates = asRoot ? [mount.folder, above, here] : [above, here];
  return [...new Set(candidates)].filter((folder) => folder.startsWith(mount.folder));
}

/** One short name per data dir, so that two platforms on a machine do not meet. */
export const instanceName = (dataDir: string): string =>
  createHash('sha256').update(dataDir).digest('hex').slice(0, 12);

/** The instance's folder in a hierarchy; a sandbox's folder is below it. */
export const instanceFolder = (base: Base, instance: string): string =>
  path.join(base.folder, 'agentcube', instance);

export interface Setting {
  readonly file: string;
  readonly value: string;
  /** Some kernels have no swap accounting; all else must be there. */
  readonly optional?: true;
}

const cpuPeriodUs = 100_000;
const quotaUs = (cpus: number): number => Math.max(1_000, Math.round(cpus * cpuPeriodUs));

function settings2(limits: Limits, controllers: readonly Controller[]): Setting[] {
  const { memoryBytes, cpus, pids } = limits;
  const has = (name: Controller): boolean => controllers.includes(name);
  return [
    ...(memoryBytes !== undefined && has('memory')
      ? [
          { file: 'memory.max', value: String(memoryBytes) },
          { file: 'memory.swap.max', value: '0', optional: true as const },
        ]
      : []),
    ...(cpus !== undefined && has('cpu')
      ? [{ file: 'cpu.max', value: `${quotaUs(cpus)} ${cpuPeriodUs}` }]
      : []),
    ...(pids !== undefined && has('pids') ? [{ file: 'pids.max', value: String(pids) }] : []),
  ];
}

function settings1(limits: Limits, controllers: readonly Controller[]): Setting[] {
  const { memoryBytes, cpus, pids } = limits;
  const has = (name: Controller): boolean => controllers.includes(name);
  return [
    ...(memoryBytes !== undefined && has('memory')
      ? [
          { file: 'memory.limit_in_bytes', value: String(memoryBytes) },
          { file: 'memory.memsw.limit_in_bytes', value: String(memoryBytes), optional: true as const },
        ]
      : []),
    ...(cpus !== undefined && has('cpu')
      ? [
          { file: 'cpu.cfs_period_us', value: String(cpuPeriodUs) },
          { file: 'cpu.cfs_quota_us', value: String(quotaUs(cpus)) },
        ]
      : []),
    ...(pids !== undefined && has('pids') ? [{ file: 'pids.max', value: String(pids) }] : []),
  ];
}

/** What to write into a sandbox's folder of one hierarchy; memory and swap together, so that too much ends in an OOM kill. */
export const settingsFor = (base: Base, limits: Limits): Setting[] =>
  base.version === 2 ? settings2(limits, base.controllers) : settings1(limits, base.controllers);
