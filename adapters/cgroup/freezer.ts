// The node agent's freezer for containers whose processes are in their cgroup, which is any runtime without a virtual machine.
// A container without processes there is none of ours to freeze: `look` says so.
import type { Freezer, KernelPods } from '../../nodeagent/ports.ts';
import { freeze, look, thaw } from './control.ts';
import type { CgroupTree } from './folders.ts';

/** Freezes by the kernel's cgroup files. */
export const cgroupFreezer = (tree: CgroupTree): Freezer & KernelPods => ({
  has: (pod) => tree.pod(pod) !== undefined,
  async look(pod, container) {
    const folders = tree.container(pod, container);
    return folders && look(folders.freezer);
  },
  async freeze(pod, container, giveUp) {
    const folders = tree.container(pod, container);
    return folders === undefined || freeze(folders.freezer, giveUp);
  },
  async thaw(pod, container) {
    const folders = tree.container(pod, container);
    if (folders) thaw(folders.freezer);
  },
});
