// What a pod's status means for the sandbox in it: ready, still coming, never coming (and why), or ended (and why).
// Pure. Does not own when it is looked at. Reasons begin with Kubernetes' own word, for that is what people search for.
import { constants } from 'node:os';
import type { ObjectMeta } from './objects.ts';
import type { Condition, SandboxObject } from './sandbox-object.ts';
import type { Workload } from '../../model/workload.ts';

interface Terminated {
  readonly exitCode: number;
  readonly signal?: number;
  readonly reason?: string;
  readonly message?: string;
}

interface ContainerState {
  readonly waiting?: { readonly reason?: string; readonly message?: string };
  readonly running?: object;
  readonly terminated?: Terminated;
}

interface ContainerStatus {
  readonly name: string;
  /** With the runtime's scheme: `containerd://3f…`. */
  readonly containerID?: string;
  readonly ready?: boolean;
  readonly restartCount: number;
  readonly state?: ContainerState;
  readonly lastState?: ContainerState;
}

/** A pod as far as the driver reads it. */
export interface Pod {
  readonly metadata: ObjectMeta & { readonly name: string; readonly namespace: string; readonly uid: string };
  readonly spec: Workload['pod']['spec'] & { readonly nodeName?: string };
  readonly status?: {
    readonly phase?: string;
    readonly reason?: string;
    readonly message?: string;
    readonly podIP?: string;
    readonly hostIP?: string;
    readonly conditions?: readonly Condition[];
    readonly containerStatuses?: readonly ContainerStatus[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
  };
}

/** Kubernetes tries these again for ever, and nothing but a person or luck changes them. */
const hopeless = new Set([
  ...['ImagePullBackOff', 'ErrImageNeverPull', 'InvalidImageName', 'ImageInspectError', 'CrashLoopBackOff'],
  ...['CreateContainerError', 'CreateContainerConfigError', 'RunContainerError', 'PostStartHookError'],
]);

/** The node had too much to do, or its runtime was being restarted; it tries again. */
const passing = /deadline exceeded|connection refused|transport|is reserved for/;

const conditionOf = (conditions: readonly Condition[] | undefined, type: string): Condition | undefined =>
  conditions?.find((one) => one.type === type);

/** The agent is the first container of the template; the kubelet may list them in another order. */
export function agentStatus({ spec, status }: Pod): ContainerStatus | undefined {
  const name = spec.containers[0]?.name;
  return status?.containerStatuses?.find((one) => one.name === name);
}

export const isDeleting = ({ metadata }: Pod): boolean => metadata.deletionTimestamp !== undefined;

/** It takes requests as far as Kubernetes knows. */
export function isReady(pod: Pod): boolean {
  const { status } = pod;
  const ready = conditionOf(status?.conditions, 'Ready')?.status === 'True';
  return ready && !isDeleting(pod) && status?.podIP !== undefined && status.hostIP !== undefined;
}

/** Names one run of one pod's agent: memory does not outlive it. */
export const runOf = (pod: Pod): string => `${pod.metadata.uid}/${agentStatus(pod)?.restartCount ?? 0}`;

const signalName = (number: number): string =>
  Object.entries(constants.signals).find(([, value]) => value === number)?.[0] ?? `signal ${number}`;

const memoryLimitOf = ({ spec }: Pod, container: string): string | number | undefined =>
  spec.containers.find(({ name }) => name === container)?.resources?.limits?.['memory'];

/** Why a container ended, in words. */
export function endOf(pod: Pod, container: string, { exitCode, signal, reason }: Terminated): string {
  if (reason === 'OOMKilled') {
    const limit = memoryLimitOf(pod, container);
    return limit === undefined ? 'out of memory' : `out of memory (limit ${limit})`;
  }
  const by = signal ?? (exitCode > 128 && exitCode <= 160 ? exitCode - 128 : 0);
  return by > 0 ? `killed by ${signalName(by)}` : `exit code ${exitCode}`;
}

/** What a container wrote last, where the pod was told to keep it. */
const lastWords = ({ message }: Terminated): string =>
  message ? `; it wrote: ${message.trim().slice(-500)}` : '';

function containerTrouble(pod: Pod, status: ContainerStatus): string | undefined {
  const { waiting } = status.state ?? {};
  if (waiting?.reason === undefined || !hopeless.has(waiting.reason)) return undefined;
  if (passing.test(waiting.message ?? '')) return undefined;
  const { terminated } = status.lastState ?? {};
  const details = terminated
    ? `it ended with ${endOf(pod, status.name, terminated)}${lastWords(terminated)}`
    : (waiting.message ?? '');
  return `${waiting.reason}: container ${status.name}${details === '' ? '' : `: ${details}`}`;
}

function phaseTrouble(pod: Pod): string | undefined {
  const { phase, reason, message } = pod.status ?? {};
  if (phase !== 'Failed' && phase !== 'Succeeded') return undefined;
  const { name = '', state } = agentStatus(pod) ?? {};
  if (state?.terminated) return `${endOf(pod, name, state.terminated)}${lastWords(state.terminated)}`;
  return [reason ?? `the pod is ${phase}`, message].filter(Boolean).join(': ');
}

/** Why it will never be ready; undefined while there is hope. `Unschedulable` is told apart: nodes may be on their way. */
export function startTrouble(pod: Pod): string | undefined {
  const { initContainerStatuses = [], containerStatuses = [] } = pod.status ?? {};
  for (const status of [...initContainerStatuses, ...containerStatuses]) {
    const trouble = containerTrouble(pod, status);
    if (trouble !== undefined) return trouble;
  }
  return phaseTrouble(pod);
}

/** Why no node takes it, while none does. */
export function unschedulable({ status }: Pod): string | undefined {
  const scheduled = conditionOf(status?.conditions, 'PodScheduled');
  if (scheduled?.status !== 'False' || scheduled.reason !== 'Unschedulable') return undefined;
  return `Unschedulable: ${scheduled.message ?? 'no node takes the pod'}`;
}

/** Why the API server refused to make the pod, by what agent-sandbox tells of it; undefined when it is something passing. */
export function refusedPod({ status }: SandboxObject): string | undefined {
  const ready = conditionOf(status?.conditions, 'Ready');
  if (ready?.reason !== 'ReconcilerError') return undefined;
  return refusedWords((ready.message ?? '').replace(/^Error seen: /, ''));
}

/** A refusal by its cause; undefined when the words are not those of a refusal. */
export function refusedWords(message: string): string | undefined {
  if (/exceeded quota|failed quota/.test(message)) return `QuotaExceeded: ${message}`;
  if (/admission webhook|violates PodSecurity|is forbidden|denied/i.test(message))
    return `AdmissionDenied: ${message}`;
  if (/is invalid|Invalid value|Required value|unknown field/.test(message)) return `InvalidPod: ${message}`;
  return undefined;
}

/** Why a sandbox that was ready is so no longer; undefined while the run `run` of it goes on. `pod` undefined: it is gone. */
export function endOfRun(run: string, pod: Pod | undefined): string | undefined {
  if (pod === undefined) return 'its pod is gone';
  if (!run.startsWith(`${pod.metadata.uid}/`)) return 'its pod was replaced';
  return phaseTrouble(pod) ?? deletion(pod) ?? endOfAgent(run, pod);
}

function endOfAgent(run: string, pod: Pod): string | undefined {
  const status = agentStatus(pod);
  const again = run !== runOf(pod);
  const ended = status?.state?.terminated ?? (again ? status?.lastState?.terminated : undefined);
  if (ended && status) return endOf(pod, status.name, ended);
  return again ? 'its container was started again' : undefined;
}

const deletion = (pod: Pod): string | undefined =>
  isDeleting(pod) ? (disruption(pod) ?? 'its pod was deleted') : undefined;

/** Evictions, drains and lost nodes say so in a condition of their own. */
function disruption({ status }: Pod): string | undefined {
  const target = conditionOf(status?.conditions, 'DisruptionTarget');
  if (target?.status !== 'True') return undefined;
  return `its pod was deleted (${[target.reason, target.message].filter(Boolean).join(': ')})`;
}
