// Where the cgroups of pods are found, in trees like those of real nodes; and what the version 1 freezer's files are told.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { openCgroups } from './folders.ts';
import { cgroupFreezer } from './freezer.ts';

const uid = '88ae2e58-dfd0-4f4f-9888-983d449ed430';
const other = '11111111-dfd0-4f4f-9888-983d449ed430';
const id = 'c3'.repeat(32);
const pause = 'a1'.repeat(32);

let mount: string;
beforeEach(() => void (mount = mkdtempSync(path.join(os.tmpdir(), 'cgroup-'))));
afterEach(() => rmSync(mount, { recursive: true, force: true }));

/** A file below the mount with this content. */
function put(file: string, content: string): void {
  mkdirSync(path.dirname(path.join(mount, file)), { recursive: true });
  writeFileSync(path.join(mount, file), content);
}
const get = (file: string): string => readFileSync(path.join(mount, file), 'utf8');

const systemd = (pod: string): string =>
  `kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${pod.replaceAll('-', '_')}.slice`;

describe('version 2', () => {
  const events = (populated: number, frozen: number): string => `populated ${populated}\nfrozen ${frozen}\n`;
  beforeEach(() => put('cgroup.controllers', 'cpu memory pids\n'));

  test.each([
    ['systemd', `${systemd(uid)}/cri-containerd-${id}.scope`],
    ['systemd, kubelet in a slice', `kubelet.slice/kubelet-${systemd(uid)}/cri-containerd-${id}.scope`],
    ['cgroupfs, guaranteed', `kubepods/pod${uid}/${id}`],
    ['cgroupfs, best effort', `kubepods/besteffort/pod${uid}/${id}`],
    ['CRI-O', `${systemd(uid)}/crio-${id}.scope`],
  ])('%s', async (_, folder) => {
    put(`${folder}/cgroup.events`, events(1, 0));
    put(`${folder}/memory.events`, 'oom_kill 0\n');
    const tree = openCgroups(mount);
    const place = path.join(mount, folder);
    expect(tree.container(uid, id)).toEqual({
      freezer: { version: 2, folder: place },
      unified: place,
      memory: { version: 2, folder: place },
    });
    expect([tree.pod(uid), tree.pod(other)]).toEqual([path.dirname(place), undefined]);
  });

  test.each([
    [1, 0, 'running'],
    [1, 1, 'frozen'],
    [0, 0, undefined],
    [0, 1, undefined],
  ])('populated %d and frozen %d is %s', async (populated, frozen, state) => {
    put(`kubepods/pod${uid}/${id}/cgroup.events`, events(populated, frozen));
    expect(await cgroupFreezer(openCgroups(mount)).look(uid, id)).toBe(state);
  });

  test('a container that came after the first look is found, and one that went is not', async () => {
    put(`kubepods/pod${uid}/${pause}/cgroup.events`, events(1, 0));
    const freezer = cgroupFreezer(openCgroups(mount));
    expect([freezer.has(uid), await freezer.look(uid, id)]).toEqual([true, undefined]);
    put(`kubepods/pod${uid}/${id}/cgroup.events`, events(1, 0));
    expect(await freezer.look(uid, id)).toBe('running');
    rmSync(path.join(mount, `kubepods/pod${uid}`), { recursive: true });
    expect([freezer.has(uid), await freezer.look(uid, id)]).toEqual([false, undefined]);
  });

  test('what a pod names its own cgroups does not count', () => {
    put(`kubepods/pod${uid}/${id}/kubepods/pod${other}/${pause}/cgroup.events`, events(1, 0));
    expect(openCgroups(mount).pod(other)).toBeUndefined();
  });
});

describe('version 1', () => {
  const folder = `kubepods/besteffort/pod${uid}/${id}`;
  beforeEach(() => {
    put(`freezer/${folder}/freezer.state`, 'THAWED');
    put(`freezer/${folder}/cgroup.procs`, '42\n');
  });

  test('the freezer is told; the other hierarchies lie beside it', async () => {
    put(`memory/${folder}/memory.oom_control`, 'oom_kill 0\n');
    put(`pids/${folder}/pids.current`, '2\n');
    const tree = openCgroups(mount);
    const place = path.join(mount, 'freezer', folder);
    expect(tree.container(uid, id)).toEqual({
      freezer: { version: 1, folder: place, count: path.join(mount, 'pids', folder, 'pids.current') },
      memory: { version: 1, folder: path.join(mount, 'memory', folder) },
    });
    const freezer = cgroupFreezer(tree);
    expect(await freezer.freeze(uid, id, () => false)).toBe(true);
    expect([get(`freezer/${folder}/freezer.state`), await freezer.look(uid, id)]).toEqual([
      'FROZEN',
      'frozen',
    ]);
    await freezer.thaw(uid, id);
    expect([get(`freezer/${folder}/freezer.state`), await freezer.look(uid, id)]).toEqual([
      'THAWED',
      'running',
    ]);
  });

  test('of a frozen container without processes nothing runs', async () => {
    put(`freezer/${folder}/freezer.state`, 'FROZEN');
    put(`pids/${folder}/pids.current`, '0\n');
    expect(await cgroupFreezer(openCgroups(mount)).look(uid, id)).toBeUndefined();
  });

  test('without a count the processes are listed, those of nested cgroups too', async () => {
    put(`freezer/${folder}/cgroup.procs`, '');
    const freezer = cgroupFreezer(openCgroups(mount));
    expect(await freezer.look(uid, id)).toBeUndefined();
    put(`freezer/${folder}/nested/cgroup.procs`, '43\n');
    expect(await freezer.look(uid, id)).toBe('running');
  });

  test('a freeze that is given up leaves it running', async () => {
    const freezer = cgroupFreezer(openCgroups(mount));
    expect(await freezer.freeze(uid, id, () => true)).toBe(false);
    expect(get(`freezer/${folder}/freezer.state`)).toBe('THAWED');
  });
});

test('a folder that is no cgroup mount is refused by name', () => {
  expect(() => openCgroups(mount)).toThrow(mount);
});
