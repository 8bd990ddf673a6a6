// Owns: what tests do to the node under the platform's feet: kill programs in pods, restart the cluster's own programs.
// Does not own: what the platform is to do about it.
import fs from 'node:fs';
import path from 'node:path';
import { command, eventually, kubectl, list, type KubeObject } from './kubectl.ts';
import { node } from './machine/places.ts';
import { platform } from './operator.ts';

/** A pod, as far as tests look at it. */
export interface Pod extends KubeObject {
  readonly spec: { readonly nodeName?: string };
  readonly status: {
    readonly phase: string;
    readonly podIP?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly containerStatuses?: readonly { readonly containerID?: string; readonly restartCount: number }[];
  };
}

const hierarchies = (): readonly string[] =>
  fs
    .readdirSync('/sys/fs/cgroup')
    .map((name) => path.join('/sys/fs/cgroup', name, 'kubepods'))
    .concat('/sys/fs/cgroup/kubepods')
    .filter((group) => fs.existsSync(group));

function groupsOf(container: string): readonly string[] {
  const all = hierarchies().flatMap((root) =>
    fs.readdirSync(root, { recursive: true }).map((name) => path.join(root, String(name))),
  );
  return all.filter((name) => path.basename(name) === container);
}

const processesOf = (container: string): ReadonlySet<number> =>
  new Set(
    groupsOf(container)
      .flatMap((group) => fs.readFileSync(path.join(group, 'cgroup.procs'), 'utf8').split('\n'))
      .filter(Boolean)
      .map(Number),
  );

const containersOf = ({ status }: Pod): readonly string[] =>
  (status.containerStatuses ?? []).flatMap(({ containerID }) => containerID?.split('//')[1] ?? []);

/** SIGKILL to every process of the pod's containers, as a crash would be. The pod stays. */
export function killProcesses(pod: Pod): void {
  for (const container of containersOf(pod))
    for (const pid of processesOf(container)) process.kill(pid, 'SIGKILL');
}

/** Pods of one of the platform's programs, by its label `app`. */
export const podsOf = (app: string): Promise<readonly Pod[]> =>
  list<Pod>('pods', '-n', platform, '-l', `app=${app}`);

/** True when the kubelet says that every container of the pod is ready. */
export const isReady = ({ metadata, status }: Pod): boolean =>
  metadata.deletionTimestamp === undefined &&
  (status.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') ??
    false);

const restartsOf = ({ status }: Pod): number =>
  (status.containerStatuses ?? []).reduce((sum, { restartCount }) => sum + restartCount, 0);

/** Kills all of a program's processes and waits until its pods have begun again and are ready. */
export async function crash(app: string): Promise<void> {
  const before = await podsOf(app);
  if (before.length === 0) throw new Error(`there are no pods of ${app}`);
  for (const pod of before) killProcesses(pod);
  const restarts = new Map(before.map((pod) => [pod.metadata.name, restartsOf(pod)]));
  const isBack = (pod: Pod): boolean =>
    isReady(pod) && restartsOf(pod) > (restarts.get(pod.metadata.name) ?? -1);
  await eventually(
    `${app} is back`,
    () => podsOf(app),
    (pods) => pods.length > 0 && pods.every(isBack),
    120_000,
  );
}

/** Kills one of the cluster's own programs and starts it again; resolves when it serves. */
export const restartProgram = (name: string): Promise<string> =>
  command(path.join(import.meta.dirname, 'machine/restart'), [name]);

/** Nothing new is put on the node. */
export const cordon = (): Promise<string> => kubectl('cordon', node.name);
export const uncordon = (): Promise<string> => kubectl('uncordon', node.name);

/** Evicts pods that a selector names, as `kubectl drain` does, and waits until they are gone. */
export const drain = (selector: string): Promise<string> =>
  kubectl(
    ...['drain', node.name, '--pod-selector', selector, '--ignore-daemonsets', '--force'],
    ...['--delete-emptydir-data', '--timeout=120s'],
  );
