// Owns: ending what outlives the cluster's programs: containers, mounts, control groups, packet filter rules, records of CNI.
// Does not own: stopping the programs themselves (daemons.ts), which comes first.
// Invariant: only what this cluster made is touched; it is told by its folder, its bridge and the kubelet's control groups.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { until } from './daemons.ts';
import { closeNetwork, hasKubernetesChains, removeKubernetesChains } from './network.ts';
import { containerdSocket, folder, node } from './places.ts';

const entries = (directory: string): readonly string[] => {
  try {
    return fs.readdirSync(directory);
  } catch {
    return [];
  }
};

const read = (file: string): string => {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return '';
  }
};

const quietly = (work: () => void): void => {
  try {
    work();
  } catch {
    // Gone already, or going: what follows looks again.
  }
};

/** The control groups of pods and of their runtime in every hierarchy there is. */
const podGroups = (): readonly string[] =>
  ['/sys/fs/cgroup', ...entries('/sys/fs/cgroup').map((name) => `/sys/fs/cgroup/${name}`)]
    .flatMap((root) => ['kubepods', 'k8s.io'].map((name) => path.join(root, name)))
    .filter((group) => fs.existsSync(group));

/** A group and all below it, the deepest first. */
function below(group: string): readonly string[] {
  const children = entries(group).filter((name) => fs.statSync(path.join(group, name)).isDirectory());
  return [...children.flatMap((name) => below(path.join(group, name))), group];
}

const processesIn = (group: string): readonly number[] =>
  read(path.join(group, 'cgroup.procs')).split('\n').filter(Boolean).map(Number);

/** A frozen process does not die of a signal: it is thawed as well. */
function endGroup(group: string): void {
  for (const pid of processesIn(group)) quietly(() => process.kill(pid, 'SIGKILL'));
  for (const [file, value] of [
    ['freezer.state', 'THAWED'],
    ['cgroup.freeze', '0'],
  ] as const) {
    const name = path.join(group, file);
    if (fs.existsSync(name)) quietly(() => fs.writeFileSync(name, value));
  }
}

const groupsLeft = (): readonly string[] => podGroups().flatMap(below);

async function endContainers(): Promise<void> {
  await until('containers end', () => {
    for (const group of groupsLeft()) endGroup(group);
    return groupsLeft().every((group) => processesIn(group).length === 0);
  });
}

const shims = (): readonly number[] =>
  entries('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      const line = read(`/proc/${pid}/cmdline`);
      return line.includes('containerd-shim') && line.includes(containerdSocket);
    })
    .map(Number);

async function endShims(): Promise<void> {
  for (const pid of shims()) quietly(() => process.kill(pid, 'SIGKILL'));
  await until('shims end', () => shims().length === 0);
}

const mountsHere = (): readonly string[] =>
  read('/proc/self/mounts')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((mount) => mount === folder || mount.startsWith(`${folder}/`));

function unmountAll(): void {
  for (const mount of mountsHere().toReversed())
    quietly(() => execFileSync('umount', ['-l', mount], { stdio: 'ignore' }));
}

function removeGroups(): void {
  for (const group of groupsLeft()) quietly(() => fs.rmdirSync(group));
}

/** Links to logs that the kubelet makes for others, and records CNI keeps of attached pods. */
function removeRecords(): void {
  for (const name of entries('/var/log/containers')) {
    const link = path.join('/var/log/containers', name);
    quietly(() => fs.readlinkSync(link).startsWith(folder) && fs.rmSync(link));
  }
  for (const name of entries('/var/lib/cni/results')) {
    const record = path.join('/var/lib/cni/results', name);
    if (read(record).includes(`${folder}/`)) fs.rmSync(record);
  }
}

/** Ends and removes everything that is left once the programs have ended; then the cluster's folder. */
export async function removeLeftovers(): Promise<void> {
  await endContainers();
  await endShims();
  unmountAll();
  await until('control groups go', () => (removeGroups(), podGroups().length === 0));
  removeRecords();
  removeKubernetesChains();
  closeNetwork();
  fs.rmSync(folder, { recursive: true, force: true });
}

/** What of this cluster, or of another Kubernetes, is still on this machine: one line each. */
export const leftovers = (): readonly string[] => [
  ...podGroups().map((group) => `control group ${group}`),
  ...shims().map((pid) => `process ${pid} of a container`),
  ...mountsHere().map((mount) => `mount ${mount}`),
  ...(hasKubernetesChains() ? ['chains KUBE-… in the packet filter'] : []),
  ...(fs.existsSync(`/sys/class/net/${node.bridge}`) ? [`interface ${node.bridge}`] : []),
  ...(fs.existsSync(folder) ? [`folder ${folder}`] : []),
];
