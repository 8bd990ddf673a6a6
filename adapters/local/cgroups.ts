// Owns: finding out which cgroups this host gives us, by making one and moving a process into it, and the folders of
// each sandbox in them. Does not own freezing and killing (control.ts) nor what is written (cgroup-plan.ts).
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { readdir, rmdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  baseCandidates,
  instanceFolder,
  instanceName,
  ownPath,
  parseMounts,
  settingsFor,
  type Base,
  type Controller,
  type Limits,
  type Mount,
} from './cgroup-plan.ts';

/** A sandbox's directories, by what they are for. */
export interface CgroupFolders {
  /** All of them: a process of the sandbox is in each. */
  readonly all: readonly string[];
  /** Version 2: cgroup.freeze, cgroup.kill and cgroup.events. */
  readonly unified?: string;
  readonly freezer1?: string;
  readonly memory?: { readonly version: 1 | 2; readonly folder: string };
}

export interface Cgroups {
  readonly bases: readonly Base[];
  readonly controllers: ReadonlySet<Controller>;
  readonly canFreeze: boolean;
  /** Where a sandbox's directories are or would be; makes nothing. */
  folders(id: string): CgroupFolders;
  /** Makes them with these limits. Throws when the host refuses a limit. */
  make(id: string, limits: Limits): CgroupFolders;
  /** Ends whatever came into them since their processes were ended, and removes them. Rejects when one does not go within seconds. */
  remove(id: string): Promise<void>;
  /** Ids of sandboxes that have directories. */
  ids(): Promise<readonly string[]>;
  /** Removes the instance's own directories where no sandbox is in them. */
  close(): void;
}

const wanted: readonly Controller[] = ['memory', 'cpu', 'pids'];

const attempt = (work: () => void): boolean => {
  try {
    work();
    return true;
  } catch {
    return false;
  }
};

/** Empty when it is not there, or goes meanwhile. */
const read = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
};
const words = (text: string): string[] => text.trim().split(/\s+/).filter(Boolean);

/** Passes controllers down to where sandboxes will be; a host may refuse some. */
function passDown(from: string, to: string): Controller[] {
  for (let folder = from; ; folder = path.join(folder, path.relative(folder, to).split('/')[0] ?? '')) {
    const there = words(read(path.join(folder, 'cgroup.controllers')));
    for (const name of wanted.filter((one) => there.includes(one))) {
      attempt(() => writeFileSync(path.join(folder, 'cgroup.subtree_control'), `+${name}`));
    }
    if (folder === to) break;
  }
  const passed = words(read(path.join(to, 'cgroup.subtree_control')));
  return wanted.filter((name) => passed.includes(name));
}

/** Whether a process that we start can enter a directory below this one. */
function takesProcesses(folder: string): boolean {
  const probe = path.join(folder, `probe-${process.pid}`);
  try {
    mkdirSync(probe, { recursive: true });
    const entered = spawnSync('/bin/sh', ['-c', 'echo $$ > "$1"', 'sh', path.join(probe, 'cgroup.procs')]);
    return entered.status === 0;
  } catch {
    return false;
  } finally {
    attempt(() => rmdirSync(probe));
  }
}

function tryBase(mount: Mount, folder: string, instance: string): Base | undefined {
  const controllers = mount.controllers.flatMap((name) =>
    [...wanted, 'freezer' as const].filter((one) => one === name),
  );
  const base: Base = { version: mount.version, folder, controllers };
  const inside = instanceFolder(base, instance);
  if (!attempt(() => mkdirSync(inside, { recursive: true })) || !takesProcesses(inside)) return undefined;
  if (mount.version === 1) return base;
  return existsSync(path.join(inside, 'cgroup.freeze'))
    ? { ...base, controllers: passDown(folder, inside) }
    : undefined;
}

function findBase(mount: Mount, instance: string, asRoot: boolean): Base[] {
  const own = ownPath(read('/proc/self/cgroup'), mount);
  for (const folder of baseCandidates(mount, own, asRoot)) {
    const base = tryBase(mount, folder, instance);
    if (base) return [base];
  }
  return [];
}

/** Version 2 first; of version 1 only hierarchies that add a controller. */
function useful(bases: readonly Base[]): Base[] {
  const chosen = bases.filter((base) => base.version === 2).slice(0, 1);
  const covered = new Set<Controller>(chosen.flatMap((base) => [...base.controllers, 'freezer' as const]));
  for (const base of bases.filter((one) => one.version === 1)) {
    const adds = base.controllers.filter((name) => !covered.has(name));
    if (adds.length === 0) continue;
    chosen.push({ ...base, controllers: adds });
    for (const name of adds) covered.add(name);
  }
  return chosen;
}

function foldersOf(bases: readonly Base[], instance: string, id: string): CgroupFolders {
  const at = (base: Base): string => path.join(instanceFolder(base, instance), id);
  const unified = bases.find((base) => base.version === 2);
  const freezer1 = bases.find((base) => base.version === 1 && base.controllers.includes('freezer'));
  const memory = bases.find((base) => base.controllers.includes('memory'));
  return {
    all: bases.map(at),
    ...(unified && { unified: at(unified) }),
    ...(freezer1 && { freezer1: at(freezer1) }),
    ...(memory && { memory: { version: memory.version, folder: at(memory) } }),
  };
}

/** How often it is tried, with up to 100 ms between: killed processes leave a cgroup when the machine comes round to them. */
const removals = 50;

/** Process ids in one cgroup; none when it is not there. */
export const processesIn = (folder: string): number[] =>
  read(path.join(folder, 'cgroup.procs')).split('\n').filter(Boolean).map(Number);

/** One that was on its way into the cgroup when the others were killed. */
function killLatecomers(folder: string): void {
  for (const pid of processesIn(folder)) attempt(() => process.kill(pid, 'SIGKILL'));
}

async function removeFolder(folder: string): Promise<void> {
  for (let turn = 1, waitMs = 1; ; turn += 1, waitMs = Math.min(waitMs * 2, 100)) {
    const code = await rmdir(folder).then(
      () => 'gone',
      (fault: NodeJS.ErrnoException) => fault.code,
    );
    if (code === 'gone' || code === 'ENOENT') return;
    if (code !== 'EBUSY' || turn >= removals)
      throw new Error(`the cgroup ${folder} cannot be removed: ${code}`);
    killLatecomers(folder);
    await delay(waitMs);
  }
}

/** Removes the instance's folder and the one that it shares with other data dirs, as far as they are empty. */
function removeInstance(base: Base, instance: string): void {
  const folder = instanceFolder(base, instance);
  if (attempt(() => rmdirSync(folder))) attempt(() => rmdirSync(path.dirname(folder)));
}

/** The cgroups that really work here for this data dir; undefined when there are none. */
export function detectCgroups(dataDir: string, asRoot: boolean): Cgroups | undefined {
  const instance = instanceName(dataDir);
  const mounts = parseMounts(read('/proc/self/mountinfo')).filter(
    (mount) =>
      mount.version === 2 || mount.controllers.some((name) => /^(memory|cpu|pids|freezer)$/.test(name)),
  );
  const found = mounts.flatMap((mount) => findBase(mount, instance, asRoot));
  const bases = useful(found);
  const unused = found.filter((one) => !bases.some((base) => base.folder === one.folder));
  for (const base of unused) removeInstance(base, instance);
  if (bases.length === 0) return undefined;
  const folders = (id: string): CgroupFolders => foldersOf(bases, instance, id);
  return {
    bases,
    controllers: new Set(bases.flatMap((base) => base.controllers)),
    canFreeze: bases.some((base) => base.version === 2 || base.controllers.includes('freezer')),
    folders,
    make(id, limits) {
      for (const base of bases) {
        const folder = path.join(instanceFolder(base, instance), id);
        mkdirSync(folder, { recursive: true });
        for (const { file, value, optional } of settingsFor(base, limits)) {
          const target = path.join(folder, file);
          const written = attempt(() => writeFileSync(target, value));
          if (!written && !optional) throw new Error(`the limit ${value} was refused by ${target}`);
        }
      }
      return folders(id);
    },
    async remove(id) {
      await Promise.all(folders(id).all.map(removeFolder));
    },
    close() {
      for (const base of bases) removeInstance(base, instance);
    },
    async ids() {
      const listed = await Promise.all(
        bases.map((base) => readdir(instanceFolder(base, instance), { withFileTypes: true }).catch(() => [])),
      );
      return [...new Set(listed.flat().flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])))];
    },
  };
}
