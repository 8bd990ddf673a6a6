// Owns: a pod's containers as the node's kernel has them: thawing them by hand, and how much of the processor they used.
// Reads and writes control groups of this machine, which is the node. Does not own what the platform does with them.
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Control groups of a pod's containers in a hierarchy of version 1, or in the only one of version 2. */
function groupsOf(podUid: string, controller: string, file: string): readonly string[] {
  const pods = [`pod${podUid}`, `kubepods-*pod${podUid.replaceAll('-', '_')}.slice`];
  return [`/sys/fs/cgroup/${controller}`, '/sys/fs/cgroup'].flatMap((root) =>
    pods.flatMap((pod) => globSync(`${root}/kubepods*/**/${pod}/*/${file}`)),
  );
}

interface HandFreezer {
  readonly files: readonly string[];
  readonly thaw: string;
}

/** The frozen containers of a pod. Throws when none is frozen. */
function frozen(podUid: string): HandFreezer {
  const first = groupsOf(podUid, 'freezer', 'freezer.state').filter((file) =>
    readFileSync(file, 'utf8').startsWith('FROZEN'),
  );
  if (first.length > 0) return { files: first, thaw: 'THAWED' };
  const second = groupsOf(podUid, '', 'cgroup.events')
    .filter((file) => /^frozen 1$/m.test(readFileSync(file, 'utf8')))
    .map((file) => path.join(path.dirname(file), 'cgroup.freeze'));
  if (second.length > 0) return { files: second, thaw: '0' };
  throw new Error(`no container of pod ${podUid} is frozen`);
}

/** A way to thaw the pod's frozen containers that has done all its searching already. Throws when none is frozen. */
export function thawByHand(podUid: string): () => void {
  const { files, thaw } = frozen(podUid);
  return () => files.forEach((file) => writeFileSync(file, thaw));
}

const microseconds = (file: string): number =>
  Number(/^usage_usec (\d+)$/m.exec(readFileSync(file, 'utf8'))?.[1]);

/** Processor time that the pod's frozen containers have used so far (ns). Throws when none is frozen. */
export function processorTime(podUid: string): number {
  const containers = new Set(frozen(podUid).files.map((file) => path.basename(path.dirname(file))));
  const mine = (file: string): boolean => containers.has(path.basename(path.dirname(file)));
  const first = groupsOf(podUid, 'cpuacct', 'cpuacct.usage').filter(mine);
  if (first.length > 0) return first.reduce((sum, file) => sum + Number(readFileSync(file, 'utf8')), 0);
  const second = groupsOf(podUid, '', 'cpu.stat').filter((file) => mine(file) && existsSync(file));
  if (second.length === 0) throw new Error(`this node does not tell what pod ${podUid} uses`);
  return second.reduce((sum, file) => sum + microseconds(file) * 1_000, 0);
}
