// Owns: the objects that the table of kubectl's verbs (table.ts) is about, as files that a user would have.
import { stringify } from 'yaml';

export const namespace = 'test-verbs';

const runtime = 'runtime.agentcube.volcano.sh/v1alpha1';
const eventing = 'eventing.agentcube.volcano.sh/v1alpha1';

const yaml = (apiVersion: string, kind: string, name: string, spec: unknown, metadata: object = {}): string =>
  stringify({ apiVersion, kind, metadata: { name, ...metadata }, spec });

/** The image is there on both platforms, and nothing of it is started before a session wants it. */
const pod = {
  labels: { team: 'one' },
  spec: { containers: [{ name: 'agent', image: 'agentcube/hello-agent:dev' }] },
};

export const agent = (name: string, spec: object = {}, metadata: object = {}): string =>
  yaml(
    runtime,
    'AgentRuntime',
    name,
    { targetPort: [{ pathPrefix: '/', port: 8080 }], podTemplate: pod, ...spec },
    metadata,
  );

export const interpreter = (name: string, spec: object = {}, metadata: object = {}): string =>
  yaml(
    runtime,
    'CodeInterpreter',
    name,
    { template: { image: 'agentcube/hello-agent:dev' }, warmPoolSize: 0, ...spec },
    metadata,
  );

export const trigger = (name: string, spec: object = {}, metadata: object = {}): string =>
  yaml(
    eventing,
    'Trigger',
    name,
    {
      filters: [{ prefix: { type: 'com.example.' } }],
      target: { kind: 'AgentRuntime', name: 'one', path: '/' },
      session: { key: 'subject' },
      ...spec,
    },
    metadata,
  );

export const all = (...objects: readonly string[]): string => objects.join('---\n');
