// A sandbox as an object of agent-sandbox, with the names, labels and annotations that AgentCube's users know, and back again.
// Pure but for hashing. Does not own when anything is written (driver.ts, marking.ts).
// Invariant: what `list` must know after everything else was lost is in the object: what it is (spec) and whose (session).
import { createHash } from 'node:crypto';
import { formatDuration } from '../../model/duration.ts';
import { runtimeApiVersion } from '../../model/runtime.ts';
import type { SandboxSpec, SessionMark } from '../../model/sandbox-spec.ts';
import type { Workload } from '../../model/workload.ts';
import type { Identified, ObjectMeta, OwnerReference } from './objects.ts';

export const sandboxApiVersion = 'agents.x-k8s.io/v1beta1';
export const claimApiVersion = 'extensions.agents.x-k8s.io/v1beta1';

/** On our sandboxes and their pods; the value is the sandbox's id. Whoever looks for ours selects by it. */
export const sandboxLabel = 'agentcube.volcano.sh/sandbox';
/** Of which platform, where a cluster has several: the namespace that it is installed in. */
export const platformLabel = 'agentcube.volcano.sh/platform';
/** SandboxSpec as JSON, without the session and without the pod's template, which is in the object anyway. */
export const specAnnotation = 'agentcube.volcano.sh/spec';
/** SessionMark as JSON. */
export const sessionAnnotation = 'agentcube.volcano.sh/session';
/** Which run of which pod was verified: a pod made anew, or a container started again, has not the session's memory. */
export const runAnnotation = 'agentcube.volcano.sh/run';

const agentcube = {
  session: 'runtime.agentcube.io/session-id',
  workload: 'runtime.agentcube.io/workload-name',
  sandbox: 'runtime.agentcube.io/sandbox-name',
  idleTimeout: 'runtime.agentcube.io/idle-timeout',
  owner: 'agentcube.io/owner',
  ownerHash: 'agentcube.io/owner-hash',
} as const;

/** agent-sandbox writes these itself where they are absent; a write each. */
const observed = {
  claimed: 'agents.x-k8s.io/controller-first-observed-at',
  ready: 'agents.x-k8s.io/claim-first-ready-at',
  assigned: 'agents.x-k8s.io/sandbox-name',
  launched: 'agents.x-k8s.io/launch-type',
} as const;

export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason?: string;
  readonly message?: string;
}

export interface SandboxObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta & { readonly name: string; readonly namespace: string };
  readonly spec: {
    readonly podTemplate: {
      readonly metadata?: Pick<ObjectMeta, 'labels' | 'annotations'>;
      readonly spec: Workload['pod']['spec'];
    };
    readonly operatingMode?: 'Running' | 'Suspended';
    readonly shutdownTime?: string;
    readonly shutdownPolicy?: 'Delete' | 'Retain';
  };
  readonly status?: { readonly conditions?: readonly Condition[] };
}

/** A label's value has 63 characters at most, and ends with a letter or digit. */
const labelValue = (text: string): string => text.slice(0, 63).replace(/[^A-Za-z0-9]+$/, '');
const ownerHash = (owner: string): string => createHash('sha256').update(owner).digest('hex').slice(0, 63);

const ownerOf = ({ kind, name, uid }: Workload, controller: boolean): OwnerReference[] =>
  uid === ''
    ? []
    : [{ apiVersion: runtimeApiVersion, kind, name, uid, controller, blockOwnerDeletion: false }];

const shutdownOf = ({ createdAt, policy }: SessionMark) => ({
  shutdownTime: new Date(createdAt + policy.maxSessionDurationMs).toISOString().replace(/\.\d+Z$/, 'Z'),
  shutdownPolicy: 'Delete' as const,
});

const sessionLabels = ({ id, ownerId }: SessionMark): Record<string, string> => ({
  [agentcube.session]: id,
  ...(ownerId !== undefined && { [agentcube.ownerHash]: ownerHash(ownerId) }),
});

const sessionAnnotations = ({ ownerId, policy }: SessionMark): Record<string, string> => ({
  [agentcube.idleTimeout]: formatDuration(policy.sessionTimeoutMs),
  ...(ownerId !== undefined && { [agentcube.owner]: ownerId }),
});

function specText({ workload, session: _whose, ...spec }: SandboxSpec): string {
  const { pod: _inTheObject, ...rest } = workload;
  return JSON.stringify({ ...spec, workload: rest });
}

/** PodSpec goes through as it is; only a code daemon is given the key that it checks tokens with. */
function podSpecOf({ pod, authMode }: Workload, publicKeyPem: string): Workload['pod']['spec'] {
  if (authMode !== 'picod') return pod.spec;
  const key = { name: 'PICOD_AUTH_PUBLIC_KEY', value: publicKeyPem };
  const [daemon, ...others] = pod.spec.containers;
  if (daemon === undefined) return pod.spec;
  return { ...pod.spec, containers: [{ ...daemon, env: [...(daemon.env ?? []), key] }, ...others] };
}

export interface Made {
  /** What code daemons check tokens with. */
  readonly publicKeyPem: string;
  readonly platform: string;
}

/** The object of a new sandbox: of a session (cold), or of nobody, and then its runtime's. */
export function sandboxObject(spec: SandboxSpec, { publicKeyPem, platform }: Made): SandboxObject {
  const { id, name, workload, session } = spec;
  const labels = {
    ...{ [sandboxLabel]: id, [platformLabel]: platform },
    [agentcube.workload]: labelValue(workload.name),
    'managed-by': 'agentcube-workload-manager',
  };
  const podLabels = {
    ...workload.pod.labels,
    ...{ [sandboxLabel]: id, [platformLabel]: platform },
    [agentcube.sandbox]: labelValue(name),
    ...(session && { [agentcube.session]: session.id }),
  };
  return {
    ...{ apiVersion: sandboxApiVersion, kind: 'Sandbox' },
    metadata: {
      ...{ name, namespace: workload.namespace },
      labels: { ...labels, ...(session && sessionLabels(session)) },
      annotations: {
        [specAnnotation]: specText(spec),
        ...(session && { ...sessionAnnotations(session), [sessionAnnotation]: JSON.stringify(session) }),
      },
      ...(!session && { ownerReferences: ownerOf(workload, true) }),
    },
    spec: {
      podTemplate: {
        metadata: { labels: podLabels, annotations: workload.pod.annotations },
        spec: podSpecOf(workload, publicKeyPem),
      },
      operatingMode: 'Running',
      ...(session && shutdownOf(session)),
    },
  };
}

function parsed<T>(text: string | undefined): T | undefined {
  try {
    return text === undefined ? undefined : (JSON.parse(text) as T);
  } catch {
    return undefined;
  }
}

/** Whose it is by its own account. */
export const markIn = ({ metadata }: SandboxObject): SessionMark | undefined =>
  parsed(metadata.annotations?.[sessionAnnotation]);

export const runIn = ({ metadata }: SandboxObject): string | undefined =>
  metadata.annotations?.[runAnnotation];

/** As far as the driver itself reads it: other releases, and people, write annotations too. */
const understood = (spec: SandboxSpec | undefined): spec is SandboxSpec =>
  typeof spec?.id === 'string' && typeof spec.generation === 'number' && Array.isArray(spec.workload?.ports);

/** What it is; undefined when its annotation cannot be understood. */
export function specIn(object: SandboxObject): SandboxSpec | undefined {
  const spec = parsed<SandboxSpec>(object.metadata.annotations?.[specAnnotation]);
  if (!understood(spec)) return undefined;
  const { metadata = {}, spec: podSpec } = object.spec.podTemplate;
  const pod = { labels: metadata.labels ?? {}, annotations: metadata.annotations ?? {}, spec: podSpec };
  const session = markIn(object);
  return { ...spec, workload: { ...spec.workload, pod }, ...(session && { session }) };
}

/** Names the object of a sandbox. */
export const identityOf = (name: string, namespace: string): Identified => ({
  ...{ apiVersion: sandboxApiVersion, kind: 'Sandbox' },
  metadata: { name, namespace },
});

/** Merge patch that makes it a session's; its pool owns it no longer. `claim` owns it from then on where there is one. */
export function claimedPatch(mark: SessionMark, run: string | undefined, claim?: ObjectMeta) {
  const owner = claim && {
    ...{ apiVersion: claimApiVersion, kind: 'SandboxClaim', name: claim.name, uid: claim.uid },
    // Blocking would need a right to the claim's finalizers.
    ...{ controller: true, blockOwnerDeletion: false },
  };
  return {
    metadata: {
      labels: { ...sessionLabels(mark), ...(claim && { [observed.launched]: 'warm' }) },
      annotations: {
        ...sessionAnnotations(mark),
        [sessionAnnotation]: JSON.stringify(mark),
        ...(run !== undefined && { [runAnnotation]: run }),
      },
      ownerReferences: owner ? [owner] : null,
    },
    // The claim has its end; a change of the spec would be answered by writes to two statuses.
    ...(!claim && { spec: shutdownOf(mark) }),
  };
}

/** The same sandbox in a later generation, told which run of it was verified. */
export const restartedPatch = (spec: SandboxSpec, run: string | undefined) => ({
  metadata: { annotations: { [specAnnotation]: specText(spec), [runAnnotation]: run ?? null } },
});

export interface ClaimObject extends Identified {
  readonly metadata: ObjectMeta & { readonly name: string; readonly namespace: string };
  readonly spec: {
    readonly warmPoolRef: { readonly name: string };
    readonly lifecycle: ReturnType<typeof shutdownOf>;
  };
}

/** What agent-sandbox's users look for: the claim by which a session has its sandbox. Owned by the runtime, as AgentCube has it. */
export function claimObject(spec: SandboxSpec, mark: SessionMark, now: number): ClaimObject {
  const { name, workload } = spec;
  const at = new Date(now).toISOString();
  return {
    ...{ apiVersion: claimApiVersion, kind: 'SandboxClaim' },
    metadata: {
      ...{ name, namespace: workload.namespace },
      labels: { ...sessionLabels(mark), [agentcube.sandbox]: labelValue(name), [sandboxLabel]: spec.id },
      annotations: {
        ...sessionAnnotations(mark),
        ...{ [observed.assigned]: name, [observed.claimed]: at, [observed.ready]: at },
      },
      ownerReferences: ownerOf(workload, false),
    },
    spec: { warmPoolRef: { name: workload.name }, lifecycle: shutdownOf(mark) },
  };
}
