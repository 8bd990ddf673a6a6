// Decides what an order for a pod does, from what is remembered of the pod. Pure.
// S1: a pod that was of one session is never resumed for another. A pause that was ordered before a resume and arrives after it does
// nothing; nor does a fenced resume (of an activator) that was ordered before a pause and arrives after it. One without a fence is the leading
// controller's: it is never refused for its version and begins the count anew, also after the store went back in time.
import type { SessionMark } from '../../model/sandbox-spec.ts';
import type { PauseOrder, RefusalCode, ResumeOrder } from './protocol.ts';
import type { PodOnNode, PodRecord } from './pods.ts';

export interface Refused {
  readonly refuse: RefusalCode;
  readonly reason: string;
}

export interface Accepted {
  /** What is to be remembered before anything is done. */
  readonly record: PodRecord;
  readonly changed: boolean;
  /** It tells whose the pod is, which must survive the loss of power too. */
  readonly durable: boolean;
}

export type Decision = Refused | Accepted;

const fresh = ({ uid, namespace, name, containers, runtimeClass }: PodOnNode): PodRecord => ({
  ...{ uid, namespace, name, containers },
  ...(runtimeClass !== undefined && { runtimeClass }),
  version: 0,
});

const sameContainers = (one: PodRecord, pod: PodOnNode): boolean =>
  one.containers.length === pod.containers.length &&
  one.containers.every((container, place) => container.id === pod.containers[place]?.id);

const otherSession = (mine: SessionMark, theirs: SessionMark): Refused => ({
  refuse: 'OTHER_SESSION',
  reason: `it belongs to session ${mine.id}, not to ${theirs.id}`,
});

/** The record with a mark; what a mark says of its session may change, its id may not. */
function marked(record: PodRecord | undefined, pod: PodOnNode, mark: SessionMark | undefined): Decision {
  const before = record ?? fresh(pod);
  if (before.session && mark && before.session.id !== mark.id) return otherSession(before.session, mark);
  const durable = mark !== undefined && JSON.stringify(mark) !== JSON.stringify(before.session);
  const changed = durable || !record || !sameContainers(before, pod);
  const { containers } = pod;
  return { record: { ...before, containers, ...(durable && { session: mark }) }, changed, durable };
}

const newer = (what: string, newest: number, version: number): Refused => ({
  refuse: 'NEWER_ORDER',
  reason: `a ${what} of version ${newest} was there before this order of version ${version}`,
});

/** What a resume leaves of the orders before it. */
function resumed(before: PodRecord, { version, fenced = false }: ResumeOrder): PodRecord {
  if (fenced) return version > before.version ? { ...before, version } : before;
  const { pausedAt: _forgotten, ...kept } = before;
  return version === before.version && _forgotten === undefined ? before : { ...kept, version };
}

/** A resume: remembers whose the pod is and how new the order is. */
export function onResume(record: PodRecord | undefined, pod: PodOnNode, order: ResumeOrder): Decision {
  const asleepSince = record?.pausedAt ?? 0;
  if (order.fenced === true && order.version < asleepSince) return newer('pause', asleepSince, order.version);
  const decision = marked(record, pod, order.session);
  if ('refuse' in decision) return decision;
  const after = resumed(decision.record, order);
  return { ...decision, record: after, changed: decision.changed || after !== decision.record };
}

/** A mark by itself. */
export const onMark = (record: PodRecord | undefined, pod: PodOnNode, mark: SessionMark): Decision =>
  marked(record, pod, mark);

/** A pause; remembers how new it is, and the containers, so that the pod is known again when the API server is away. */
export function onPause(record: PodRecord | undefined, pod: PodOnNode, order: PauseOrder): Decision {
  const newest = record?.version ?? 0;
  if (order.version < newest) return newer('resume', newest, order.version);
  const [probed] = pod.livenessProbes;
  if (probed !== undefined)
    return { refuse: 'CANNOT_SLEEP', reason: `liveness probe of container ${probed}` };
  const decision = marked(record, pod, undefined);
  if ('refuse' in decision || order.version <= (record?.pausedAt ?? 0)) return decision;
  return { ...decision, record: { ...decision.record, pausedAt: order.version }, changed: true };
}

/** A pod as it was remembered, for when the API server cannot be asked. */
export const rememberedPod = ({ uid, namespace, name, containers, runtimeClass }: PodRecord): PodOnNode => ({
  ...{ uid, namespace, name, containers },
  ...(runtimeClass !== undefined && { runtimeClass }),
  // One with a liveness probe was never put to sleep, so it has no record from a pause; being probed now is found out when the API is back.
  livenessProbes: [],
  terminating: false,
});
