// All ways of freezing and ending processes that hosts offer, on real processes: the unified cgroup, the version 1 freezer
// (with whichever of them this machine has), and signals, which work everywhere.
import { describe, expect, test } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseMounts } from '../../adapters/local/cgroup-plan.ts';
import type { CgroupFolders } from '../../adapters/local/cgroups.ts';
import { createControl } from '../../adapters/local/control.ts';
import { leaderOf } from '../../adapters/local/processes.ts';
import { eventually } from '../support/local-driver.ts';

interface Way {
  readonly name: string;
  /** Makes a cgroup and puts the process in; undefined for no cgroup. */
  readonly folders?: (pid: number) => CgroupFolders;
}

function cgroupAt(mount: string, pid: number): string {
  const folder = path.join(mount, `agentcube-test-${pid}`);
  mkdirSync(folder);
  writeFileSync(path.join(folder, 'cgroup.procs'), String(pid));
  return folder;
}

const mounts = process.getuid?.() === 0 ? parseMounts(readFileSync('/proc/self/mountinfo', 'utf8')) : [];
const unified = mounts.find((mount) => mount.version === 2)?.folder;
const freezer = mounts.find((mount) => mount.controllers.includes('freezer'))?.folder;
const other = mounts.find((mount) => mount.controllers.includes('pids'))?.folder;

const inUnified =
  (mount: string) =>
  (pid: number): CgroupFolders => {
    const folder = cgroupAt(mount, pid);
    return { all: [folder], unified: folder };
  };
const inFreezer =
  (mount: string) =>
  (pid: number): CgroupFolders => {
    const folder = cgroupAt(mount, pid);
    return { all: [folder], freezer1: folder };
  };
const inOther =
  (mount: string) =>
  (pid: number): CgroupFolders => ({ all: [cgroupAt(mount, pid)] });

const ways: Way[] = [
  { name: 'signals to a process tree' },
  ...(unified === undefined ? [] : [{ name: 'the unified cgroup', folders: inUnified(unified) }]),
  ...(freezer === undefined ? [] : [{ name: 'the version 1 freezer', folders: inFreezer(freezer) }]),
  ...(other === undefined
    ? []
    : [{ name: 'signals to a cgroup that cannot freeze', folders: inOther(other) }]),
];

// A parent and a child that both work without end; the child has left the session.
const workers = 'setsid sh -c "while :; do :; done" & while :; do :; done';

function begin(): { readonly child: ChildProcess; readonly pid: number } {
  const name = `control-${process.pid}-${Math.random()}`;
  const env = { PATH: process.env['PATH'], AGENTCUBE_SANDBOX_NAME: name };
  const child = spawn('/bin/sh', ['-c', `read go; ${workers}`], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    env,
  });
  return { child, pid: child.pid ?? -1 };
}

const cpuTicks = (pids: readonly number[]): number =>
  pids.reduce((sum, pid) => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return sum + Number(fields[11]) + Number(fields[12]);
  }, 0);

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe.each(ways)('$name', ({ folders }) => {
  test('frozen processes use no CPU, go on when thawed, and end when killed, frozen or not', async () => {
    for (const endFrozen of [true, false]) {
      const { child, pid } = begin();
      const made = folders?.(pid);
      child.stdin?.end('\n');
      const control = createControl(made, leaderOf(pid, 'nobody else'));
      await eventually('both work', () => control.members().length >= 2);

      expect(await control.freeze()).toBe(true);
      expect(control.frozen()).toBe(true);
      const frozen = control.members();
      const before = cpuTicks(frozen);
      await sleep(100);
      expect(cpuTicks(frozen)).toBe(before);

      if (!endFrozen) {
        control.thaw();
        await eventually('they work again', () => cpuTicks(frozen) > before);
        expect(control.frozen()).toBe(false);
      }
      await control.kill();
      expect(control.members()).toEqual([]);
      control.close();
      await eventually('it can be removed', () =>
        (made?.all ?? []).every((folder) => (rmdirSync(folder), true)),
      );
    }
  });
});
