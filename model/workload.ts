// A runtime as the rest of the platform uses it: both kinds in one shape, defaults filled in, durations in milliseconds.
// Does not own validity (problem.ts) nor what runs for an image (drivers). Computed from a valid runtime; stored nowhere else.
import type { Container, Resources } from './container.ts';
import { parseDuration } from './duration.ts';
import { expand, expandVariables, type Variable } from './expand.ts';
import { notHonouredLocally } from './not-honoured.ts';
import type { PodSpec } from './pod-spec.ts';
import { parseQuantity } from './quantity.ts';
import { readinessOf, type Readiness } from './readiness.ts';
import {
  ownDefaults,
  storedDefaults,
  withDefaults,
  type CodeInterpreter,
  type Runtime,
  type TargetPort,
} from './runtime.ts';
import type { RuntimeKind } from './sandbox.ts';
import { scalingOf } from './scaling-spec.ts';
import type { Scaling } from './scaling.ts';

export interface WorkloadPort {
  /** `pathPrefix` as given; may be empty. */
  readonly path: string;
  readonly port: number;
  readonly protocol: 'HTTP' | 'HTTPS';
  readonly name?: string;
}

/** What runs: `command` and `args` are absent where the image decides. */
export interface WorkloadContainer {
  readonly image: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly workingDir?: string;
  readonly env: readonly Variable[];
}

/** Absent is unlimited; `cpus` counts cores and may be a fraction. */
export interface WorkloadLimits {
  readonly memoryBytes?: number;
  readonly cpus?: number;
  readonly ephemeralBytes?: number;
}

/** Null is never. */
export interface WorkloadPolicy {
  readonly pauseAfterMs: number | null;
  readonly suspendAfterMs: number | null;
  readonly sessionTimeoutMs: number;
  readonly maxSessionDurationMs: number;
}

/** A pod as a cluster is asked for it, before the platform adds its own labels. */
export interface WorkloadPod {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly spec: PodSpec;
}

export interface Workload {
  readonly kind: RuntimeKind;
  readonly namespace: string;
  readonly name: string;
  /** Empty, and generation 0, until a server stored the runtime. */
  readonly uid: string;
  readonly generation: number;
  /** Of the runtime and of its template; where both name one, the template's, as a Pod would have it. */
  readonly labels: Readonly<Record<string, string>>;
  readonly container: WorkloadContainer;
  /** At least one; the first is the default. */
  readonly ports: readonly WorkloadPort[];
  readonly readiness: Readiness;
  readonly limits: WorkloadLimits;
  readonly policy: WorkloadPolicy;
  readonly warmPoolSize: number;
  /** Absent: exactly `warmPoolSize`. */
  readonly scaling?: Scaling;
  /** What one sandbox may use, or else asks for, all its containers together; absent when they say neither. */
  readonly memoryBytes?: number;
  /** `picod`: requests to the sandbox carry a token that its daemon checks. An AgentRuntime has none. */
  readonly authMode: 'picod' | 'none';
  /** Paths of given fields that one machine cannot honour. */
  readonly notHonouredLocally: readonly string[];
  /** What a cluster runs: an AgentRuntime's own template, untouched. One machine ignores it. */
  readonly pod: WorkloadPod;
}

/** A CodeInterpreter's template as the container that it stands for. */
const interpreterContainer = ({ spec: { template } }: CodeInterpreter): Container => ({
  name: 'code-interpreter',
  image: template.image,
  ...(template.imagePullPolicy !== undefined && { imagePullPolicy: template.imagePullPolicy }),
  ...(template.command !== undefined && { command: template.command }),
  ...(template.args !== undefined && { args: template.args }),
  ...(template.environment !== undefined && { env: template.environment }),
  ...(template.resources !== undefined && { resources: template.resources }),
});

/** A CodeInterpreter's template as the pod that AgentCube makes of it. An empty class of runtime is none. */
function interpreterPod(runtime: CodeInterpreter): PodSpec {
  const { runtimeClassName, imagePullSecrets } = runtime.spec.template;
  return {
    containers: [interpreterContainer(runtime)],
    ...(runtimeClassName && { runtimeClassName }),
    ...(imagePullSecrets !== undefined && { imagePullSecrets }),
  };
}

function podOf(runtime: Runtime): WorkloadPod {
  const { labels = {}, annotations = {} } = templateOf(runtime);
  const spec = runtime.kind === 'AgentRuntime' ? runtime.spec.podTemplate.spec : interpreterPod(runtime);
  return { labels, annotations, spec };
}

/** The first container is the agent. */
function agentOf(runtime: Runtime): Container {
  if (runtime.kind === 'CodeInterpreter') return interpreterContainer(runtime);
  const [first] = runtime.spec.podTemplate.spec.containers;
  if (first === undefined) throw new Error('a valid AgentRuntime has a container');
  return first;
}

const portOf = ({ pathPrefix, port, protocol, name }: TargetPort): WorkloadPort => ({
  path: pathPrefix ?? '',
  port,
  protocol: protocol ?? storedDefaults.protocol,
  ...(name !== undefined && { name }),
});

function portsOf({ kind, spec }: Runtime): readonly [WorkloadPort, ...WorkloadPort[]] {
  const given = kind === 'AgentRuntime' ? spec.targetPort : (spec.ports ?? []);
  const [first, ...rest] = given.map(portOf);
  return first === undefined ? [{ path: '/', port: 8080, protocol: 'HTTP' }] : [first, ...rest];
}

function containerOf(given: Container): WorkloadContainer {
  // A value from a cluster's objects (valueFrom) is not to be had here, and an absent variable is more honest than an empty one.
  const literal = (given.env ?? []).filter(({ valueFrom }) => valueFrom === undefined);
  const env = expandVariables(literal.map(({ name, value }) => ({ name, value: value ?? '' })));
  const values = new Map(env.map(({ name, value }) => [name, value]));
  const expanded = (words: readonly string[]): string[] => words.map((word) => expand(word, values));
  return {
    image: given.image,
    // Kubernetes takes an empty list for none.
    ...(given.command?.length && { command: expanded(given.command) }),
    ...(given.args?.length && { args: expanded(given.args) }),
    ...(given.workingDir && { workingDir: given.workingDir }),
    env,
  };
}

function limitsOf(resources: Resources | undefined): WorkloadLimits {
  const { memory, cpu, 'ephemeral-storage': ephemeral } = resources?.limits ?? {};
  return {
    ...(memory !== undefined && { memoryBytes: Math.ceil(parseQuantity(memory)) }),
    ...(cpu !== undefined && { cpus: parseQuantity(cpu) }),
    ...(ephemeral !== undefined && { ephemeralBytes: Math.ceil(parseQuantity(ephemeral)) }),
  };
}

const memoryOf = ({ resources }: Container): number | undefined => {
  const given = resources?.limits?.['memory'] ?? resources?.requests?.['memory'];
  return given === undefined ? undefined : Math.ceil(parseQuantity(given));
};

function memoryBytesOf({ containers }: PodSpec): number | undefined {
  const known = containers.map(memoryOf).filter((bytes) => bytes !== undefined);
  return known.length === 0 ? undefined : known.reduce((sum, bytes) => sum + bytes, 0);
}

const delay = (text: string): number | null => (text === 'never' ? null : parseDuration(text));

/** AgentCube 0.1 takes a timeout of zero for its default. */
const timeout = (text: string | undefined, otherwise: string): number =>
  parseDuration(text ?? otherwise) || parseDuration(otherwise);

const policyOf = ({ spec }: Runtime): WorkloadPolicy => ({
  pauseAfterMs: delay(spec.pauseAfter ?? ownDefaults.pauseAfter),
  suspendAfterMs: delay(spec.suspendAfter ?? ownDefaults.suspendAfter),
  sessionTimeoutMs: timeout(spec.sessionTimeout, storedDefaults.sessionTimeout),
  maxSessionDurationMs: timeout(spec.maxSessionDuration, storedDefaults.maxSessionDuration),
});

const templateOf = ({ kind, spec }: Runtime) => (kind === 'AgentRuntime' ? spec.podTemplate : spec.template);

const authModeOf = ({ kind, spec }: Runtime): 'picod' | 'none' =>
  kind === 'AgentRuntime' ? 'none' : (spec.authMode ?? storedDefaults.authMode);

/** The workload of a valid runtime. Never rejects one that validateRuntime accepted. */
export function workloadOf(runtime: Runtime): Workload {
  const { metadata } = runtime;
  const agent = agentOf(runtime);
  const ports = portsOf(runtime);
  const pod = podOf(runtime);
  const scaling = scalingOf(runtime);
  const memoryBytes = memoryBytesOf(pod.spec);
  return {
    kind: runtime.kind,
    namespace: metadata.namespace ?? 'default',
    name: metadata.name,
    uid: metadata.uid ?? '',
    generation: metadata.generation ?? 0,
    labels: { ...metadata.labels, ...templateOf(runtime).labels },
    container: containerOf(agent),
    ports,
    readiness: readinessOf(agent, ports[0].port),
    limits: limitsOf(agent.resources),
    policy: policyOf(runtime),
    warmPoolSize: runtime.spec.warmPoolSize ?? ownDefaults.warmPoolSize,
    ...(scaling && { scaling }),
    ...(memoryBytes !== undefined && { memoryBytes }),
    authMode: authModeOf(runtime),
    notHonouredLocally: notHonouredLocally(runtime),
    pod,
  };
}

const sorted = (value: unknown): unknown => {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(sorted);
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(entries.map(([name, field]) => [name, sorted(field)]));
};

/**
 * Canonical JSON of all that defines a sandbox of this runtime: its template, ports and authMode, but neither timeouts
 * nor pool size. A shell hashes it into the revision; equal text means that sandboxes of one serve the other.
 */
export function revisionInput(runtime: Runtime): string {
  const stored = withDefaults(runtime);
  const { kind } = stored;
  const template = templateOf(stored);
  return JSON.stringify(sorted({ kind, template, ports: portsOf(stored), authMode: authModeOf(stored) }));
}
