// The two kinds of runtime as AgentCube 0.1 defines them, and our optional fields on top.
// Does not own reading them for use (workload.ts) nor telling what is wrong with one (problem.ts).
// Spellings differ by kind on purpose: targetPort and podTemplate there, ports, template and environment here.
import { z } from 'zod';
import { envVar, imagePullPolicy, resources } from './container.ts';
import { delay, timeout } from './duration.ts';
import { fields, integerWithin, mostInt32, portNumber, someText, text, textMap, texts } from './fields.ts';
import { metadata, status } from './metadata.ts';
import { objectReference, podSpec } from './pod-spec.ts';
import type { RuntimeKind } from './sandbox.ts';
import { agreeing, scalingSpec } from './scaling-spec.ts';

export const runtimeGroup = 'runtime.agentcube.volcano.sh';
export const runtimeVersion = 'v1alpha1';
export const runtimeApiVersion = `${runtimeGroup}/${runtimeVersion}` as const;

/** The plural of each kind, as resource paths have it. */
export const runtimePlurals = {
  AgentRuntime: 'agentruntimes',
  CodeInterpreter: 'codeinterpreters',
} as const satisfies Record<RuntimeKind, string>;

export const runtimeKinds = ['AgentRuntime', 'CodeInterpreter'] as const satisfies readonly RuntimeKind[];

/** What AgentCube's CRDs write into an object that does not say. */
export const storedDefaults = {
  sessionTimeout: '15m',
  maxSessionDuration: '8h',
  protocol: 'HTTP',
  authMode: 'picod',
} as const;

/** What our own fields mean when they are absent; never written into an object. */
export const ownDefaults = { pauseAfter: '30s', suspendAfter: 'never', warmPoolSize: 0 } as const;

/** One door of a runtime: requests whose path starts with `pathPrefix` go to `port`. */
export const targetPort = fields({
  pathPrefix: text.optional(),
  name: text.optional(),
  port: portNumber,
  protocol: z.enum(['HTTP', 'HTTPS']).optional(),
});

const lifecycle = {
  sessionTimeout: timeout.optional(),
  maxSessionDuration: timeout.optional(),
  warmPoolSize: integerWithin(0, mostInt32).describe('a whole number, 0 or more').optional(),
  pauseAfter: delay.optional(),
  suspendAfter: delay.optional(),
  scaling: scalingSpec.optional(),
};

const labelled = { labels: textMap.optional(), annotations: textMap.optional() };

const resource = <Kind extends RuntimeKind, Spec extends z.ZodType>(kind: Kind, spec: Spec) =>
  fields({
    apiVersion: z.literal(runtimeApiVersion),
    kind: z.literal(kind),
    metadata,
    spec,
    status: status.optional(),
  });

export const agentRuntime = resource(
  'AgentRuntime',
  fields({
    targetPort: z.array(targetPort).min(1).describe('a list of at least one port'),
    podTemplate: fields({ ...labelled, spec: podSpec }),
    ...lifecycle,
  }),
).superRefine(agreeing);

export const codeInterpreter = resource(
  'CodeInterpreter',
  fields({
    ports: z.array(targetPort).optional(),
    template: fields({
      ...labelled,
      image: someText.describe('the name of an image'),
      imagePullPolicy: imagePullPolicy.optional(),
      imagePullSecrets: z.array(objectReference).optional(),
      runtimeClassName: text.optional(),
      environment: z.array(envVar).optional(),
      command: texts.optional(),
      args: texts.optional(),
      resources: resources.optional(),
    }),
    ...lifecycle,
    authMode: z.enum(['picod', 'none']).optional(),
  }),
).superRefine(agreeing);

export const runtimeSchemas = { AgentRuntime: agentRuntime, CodeInterpreter: codeInterpreter } as const;

export type AgentRuntime = z.infer<typeof agentRuntime>;
export type CodeInterpreter = z.infer<typeof codeInterpreter>;
export type Runtime = AgentRuntime | CodeInterpreter;
export type TargetPort = z.infer<typeof targetPort>;

const filled = (port: TargetPort): TargetPort => ({
  ...port,
  protocol: port.protocol ?? storedDefaults.protocol,
});

const times = (spec: { sessionTimeout?: string | undefined; maxSessionDuration?: string | undefined }) => ({
  sessionTimeout: spec.sessionTimeout ?? storedDefaults.sessionTimeout,
  maxSessionDuration: spec.maxSessionDuration ?? storedDefaults.maxSessionDuration,
});

/**
 * A runtime as a Kubernetes API server would store it: the CRD's defaults written in, everything else as given.
 * The namespace defaults to `default`. Applied twice, it changes nothing.
 */
export function withDefaults(runtime: Runtime): Runtime {
  const named = { ...runtime.metadata, namespace: runtime.metadata.namespace ?? 'default' };
  if (runtime.kind === 'AgentRuntime') {
    const { spec } = runtime;
    return {
      ...runtime,
      metadata: named,
      spec: { ...spec, targetPort: spec.targetPort.map(filled), ...times(spec) },
    };
  }
  const { spec } = runtime;
  return {
    ...runtime,
    metadata: named,
    spec: {
      ...spec,
      ...(spec.ports !== undefined && { ports: spec.ports.map(filled) }),
      ...times(spec),
      authMode: spec.authMode ?? storedDefaults.authMode,
    },
  };
}
