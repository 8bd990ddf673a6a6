// What a platform left on the machine (S5): processes, cgroups, mounts and sockets that belong to one data folder.
// Looks at the kernel's own lists and asks the platform nothing. Other platforms on the machine do not disturb it.
import {
  existsSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { instanceName } from '../../adapters/local/cgroup-plan.ts';

const cgroupRoot = '/sys/fs/cgroup';

const quietly = <T>(read: () => T, otherwise: T): T => {
  try {
    return read();
  } catch {
    return otherwise; // a process or folder that has gone meanwhile
  }
};

const text = (file: string): string => quietly(() => readFileSync(file, 'utf8'), '');
const link = (file: string): string => quietly(() => readlinkSync(file), '');

const pids = (): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid);

/** The data folder's own folders in all cgroup hierarchies, deepest first. */
function cgroupsOf(dataDir: string): string[] {
  const name = instanceName(dataDir);
  const mounts = text('/proc/self/mountinfo')
    .split('\n')
    .filter((line) => line.includes(' - cgroup'))
    .map((line) => line.split(' ')[4] ?? cgroupRoot);
  const below = (folder: string): string[] =>
    quietly(() => readdirSync(folder, { recursive: true, withFileTypes: true }), [])
      .filter((entry) => entry.isDirectory())
      .map((entry) => path.join(entry.parentPath, entry.name));
  const found = mounts.flatMap(below).filter((folder) => folder.split('/').includes(name));
  return [...new Set(found)].sort((a, b) => b.length - a.length);
}

const inCgroups = (folders: readonly string[]): Set<number> =>
  new Set(
    folders.flatMap((folder) =>
      text(path.join(folder, 'cgroup.procs')).split('\n').filter(Boolean).map(Number),
    ),
  );

/** By what it was started with, and by what is mounted where it is: a sandbox's mounts come from the data folder. */
function names(pid: number, dataDir: string): boolean {
  const at = (name: string): string => `/proc/${pid}/${name}`;
  if (text(at('stat')).includes(') Z ')) return false;
  if ([text(at('cmdline')), text(at('environ')), link(at('cwd'))].some((part) => part.includes(dataDir)))
    return true;
  const elsewhere = link(at('ns/mnt')) !== link('/proc/self/ns/mnt');
  return elsewhere && mountsFrom(text(at('mountinfo')), dataDir);
}

/** Mounts tell a path within a file system: the end of the whole one, from wherever that is mounted. */
function mountsFrom(mountinfo: string, dataDir: string): boolean {
  const parts = dataDir.split('/').slice(1);
  const ends = parts.map((_, from) => `/${parts.slice(from).join('/')}/`);
  return mountinfo
    .split('\n')
    .map((line) => `${line.split(' ')[3] ?? ''}/`)
    .some((root) => ends.some((end) => root.startsWith(end)));
}

function processesOf(dataDir: string): number[] {
  const confined = inCgroups(cgroupsOf(dataDir));
  return pids().filter((pid) => confined.has(pid) || names(pid, dataDir));
}

const socketsIn = (dataDir: string): string[] =>
  quietly(() => readdirSync(dataDir, { recursive: true, withFileTypes: true }), [])
    .filter((entry) => entry.isSocket() || entry.isFIFO())
    .map((entry) => path.join(entry.parentPath, entry.name));

const described = (pid: number): string =>
  `process ${pid}: ${text(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim()}`;

/** One line for everything that is left; empty when the machine is as if the platform had never run. */
export function leftovers(given: string): string[] {
  const dataDir = realpathSync(given);
  const mounts = text('/proc/self/mountinfo')
    .split('\n')
    .filter((line) => line.includes(dataDir));
  return [
    ...processesOf(dataDir).map(described),
    ...cgroupsOf(dataDir).map((folder) => `cgroup ${folder}`),
    ...mounts.map((line) => `mount ${line}`),
    ...socketsIn(dataDir).map((file) => `socket ${file}`),
  ];
}

/** The processes that live for the data folder, the platform's own included. */
export const processesFor = (dataDir: string): string[] => processesOf(realpathSync(dataDir)).map(described);

const tryWrite = (file: string, value: string): void =>
  quietly(() => (existsSync(file) ? writeFileSync(file, value) : undefined), undefined);

/** Clears away what a failed test left, frozen processes included. */
export async function sweep(given: string): Promise<void> {
  if (!existsSync(given)) return;
  const dataDir = realpathSync(given);
  for (let round = 0; round < 50 && processesOf(dataDir).length > 0; round += 1) {
    for (const pid of processesOf(dataDir)) quietly(() => process.kill(pid, 'SIGKILL'), false);
    for (const folder of cgroupsOf(dataDir)) {
      tryWrite(path.join(folder, 'freezer.state'), 'THAWED');
      tryWrite(path.join(folder, 'cgroup.freeze'), '0');
    }
    await sleep(100);
  }
  for (const folder of cgroupsOf(dataDir)) quietly(() => rmdirSync(folder), undefined);
}
