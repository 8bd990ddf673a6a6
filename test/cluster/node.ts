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
    readonly containerStatuses?: readonly {
      readonly containerID?: string;
      readonly restartCount: number;
      readonly state?: { readonly running?: object };
    }[];
  };
}

function cgroupsOf(pid: string): string {
  try {
    return fs.readFileSync(`/proc/${pid}/cgroup`, 'utf8');
  } catch {
    return ''; // a process that has gone meanwhile
  }
}

const processesOf = (container: string): readonly number[] =>
  fs
    .readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && cgroupsOf(name).includes(container))
    .map(Number);

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

/** True when the pod's containers have processes, asleep or not: one that sleeps is not ready. */
export const isAlive = ({ metadata, status }: Pod): boolean =>
  metadata.deletionTimestamp === undefined &&
  (status.containerStatuses ?? []).some(({ state }) => state?.running !== undefined);

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
