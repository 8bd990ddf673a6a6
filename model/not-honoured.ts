// Names the given fields of a runtime that one machine cannot honour, for a warning: they are kept, and mean nothing here.
// Does not own the warning. What is not listed as honoured is named, so a field that is new to us is never passed over.
// An emptyDir counts as honoured when it is mounted only where a sandbox can write anyway: /workspace and /tmp.
import type { Container, EnvVar, Resources } from './container.ts';
import type { PodSpec } from './pod-spec.ts';
import type { Probe } from './probe.ts';
import { pathText, type PathSegment } from './path.ts';
import type { Runtime } from './runtime.ts';

type Path = readonly PathSegment[];

/** Honoured, or without meaning where there is one node, one user and no cluster. */
const honoured = {
  pod: new Set([
    'automountServiceAccountToken',
    'containers',
    'dnsPolicy',
    'enableServiceLinks',
    'os',
    'preemptionPolicy',
    'priority',
    'priorityClassName',
  ]),
  container: new Set([
    'args',
    'command',
    'env',
    'image',
    'imagePullPolicy',
    'name',
    'ports',
    'readinessProbe',
    'resources',
    'terminationMessagePath',
    'terminationMessagePolicy',
    'workingDir',
  ]),
  // No sandbox runs as root, gains privileges or writes to its root file system.
  security: new Set(['capabilities', 'readOnlyRootFilesystem', 'runAsNonRoot']),
  limits: new Set(['cpu', 'ephemeral-storage', 'memory']),
} as const;

/** Values that ask for what is so anyway. */
const harmless: ReadonlyMap<string, unknown> = new Map([
  ['restartPolicy', 'Always'],
  ['schedulerName', 'default-scheduler'],
  ['serviceAccountName', 'default'],
  ['serviceAccount', 'default'],
]);

/** Whether a value asks for anything: nothing, none, no and an empty object do not. */
function asks(value: unknown): boolean {
  if (value === undefined || value === false || value === '') return false;
  return typeof value !== 'object' || value === null || Object.keys(value).length > 0;
}

const others = (given: object | undefined, known: ReadonlySet<string>, at: Path): Path[] =>
  Object.entries(given ?? {})
    .filter(([name, value]) => !known.has(name) && asks(value) && harmless.get(name) !== value)
    .map(([name]) => [...at, name]);

const references = (env: readonly EnvVar[] | undefined, at: Path): Path[] =>
  (env ?? []).flatMap(({ valueFrom }, index) => (asks(valueFrom) ? [[...at, index, 'valueFrom']] : []));

const limits = (resources: Resources | undefined, at: Path): Path[] => [
  ...others(resources?.limits, honoured.limits, [...at, 'limits']),
  ...(asks(resources?.claims) ? [[...at, 'claims']] : []),
];

function probe(given: Probe | undefined, at: Path): Path[] {
  if (given === undefined) return [];
  const { httpGet, tcpSocket, grpc } = given;
  return [
    ...(asks(httpGet?.host) ? [[...at, 'httpGet', 'host']] : []),
    ...(httpGet?.scheme === 'HTTPS' ? [[...at, 'httpGet', 'scheme']] : []),
    ...(asks(tcpSocket?.host) ? [[...at, 'tcpSocket', 'host']] : []),
    ...(grpc === undefined ? [] : [[...at, 'grpc']]),
  ];
}

const isWritable = (path: string): boolean => /^\/(workspace|tmp)(\/|$)/.test(path) && !path.includes('..');

function withoutWritable(
  paths: Path[],
  container: Container,
  scratch: ReadonlySet<string>,
  at: Path,
): Path[] {
  const mounts = container.volumeMounts ?? [];
  const lost = mounts.some((mount) => !scratch.has(mount.name) || !isWritable(mount.mountPath));
  return lost ? paths : paths.filter((path) => pathText(path) !== pathText([...at, 'volumeMounts']));
}

function containerPaths(container: Container, scratch: ReadonlySet<string>, at: Path): Path[] {
  // Without a readiness probe, the startup probe is what we wait for.
  const starting = container.readinessProbe === undefined ? 'startupProbe' : 'readinessProbe';
  const known = new Set([...honoured.container, 'securityContext', starting]);
  return [
    ...withoutWritable(others(container, known, at), container, scratch, at),
    ...references(container.env, [...at, 'env']),
    ...limits(container.resources, [...at, 'resources']),
    ...probe(container[starting], [...at, starting]),
    ...others(container.securityContext, honoured.security, [...at, 'securityContext']),
    ...(asks(container.securityContext?.capabilities?.add)
      ? [[...at, 'securityContext', 'capabilities', 'add']]
      : []),
  ];
}

function volumePaths(spec: PodSpec, scratch: ReadonlySet<string>, at: Path): Path[] {
  const mounts = spec.containers[0]?.volumeMounts ?? [];
  const isFine = (name: string): boolean =>
    scratch.has(name) && mounts.every((mount) => mount.name !== name || isWritable(mount.mountPath));
  return (spec.volumes ?? []).flatMap(({ name }, index) => (isFine(name) ? [] : [[...at, index]]));
}

function podPaths(spec: PodSpec, at: Path): Path[] {
  const scratch = new Set((spec.volumes ?? []).filter((volume) => volume.emptyDir).map(({ name }) => name));
  return [
    ...others(spec, new Set([...honoured.pod, 'volumes']), at),
    ...volumePaths(spec, scratch, [...at, 'volumes']),
    ...spec.containers.flatMap((container, index) => {
      const here = [...at, 'containers', index];
      return index === 0 ? containerPaths(container, scratch, here) : [here];
    }),
  ];
}

/** The paths of given fields that one machine cannot honour, such as `spec.podTemplate.spec.nodeSelector`. */
export function notHonouredLocally(runtime: Runtime): string[] {
  if (runtime.kind === 'AgentRuntime') {
    return podPaths(runtime.spec.podTemplate.spec, ['spec', 'podTemplate', 'spec']).map(pathText);
  }
  const { template } = runtime.spec;
  const at: Path = ['spec', 'template'];
  return [
    ...(asks(template.runtimeClassName) ? [[...at, 'runtimeClassName']] : []),
    ...(asks(template.imagePullSecrets) ? [[...at, 'imagePullSecrets']] : []),
    ...references(template.environment, [...at, 'environment']),
    ...limits(template.resources, [...at, 'resources']),
  ].map(pathText);
}
