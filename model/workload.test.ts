import { describe, expect, test } from '@jest/globals';
import { validateRuntime } from './problem.ts';
import type { Runtime } from './runtime.ts';
import { revisionInput, workloadOf } from './workload.ts';

const apiVersion = 'runtime.agentcube.volcano.sh/v1alpha1';

function valid(value: unknown): Runtime {
  const result = validateRuntime(value);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.runtime;
}

interface Parts {
  readonly spec?: object;
  readonly template?: object;
  readonly container?: object;
  readonly metadata?: object;
}

const agent = ({ spec, template, container, metadata }: Parts = {}): Runtime =>
  valid({
    apiVersion,
    kind: 'AgentRuntime',
    metadata: { name: 'agent', ...metadata },
    spec: {
      targetPort: [{ pathPrefix: '/', port: 9000 }],
      podTemplate: { spec: { containers: [{ name: 'c', image: 'my-agent:1', ...container }] }, ...template },
      ...spec,
    },
  });

const interpreter = ({ spec, template, metadata }: Parts = {}): Runtime =>
  valid({
    apiVersion,
    kind: 'CodeInterpreter',
    metadata: { name: 'ci', ...metadata },
    spec: { template: { image: 'picod:latest', ...template }, ...spec },
  });

describe('the workload of a runtime that says only what it must', () => {
  test('an AgentRuntime', () => {
    expect(workloadOf(agent())).toEqual({
      kind: 'AgentRuntime',
      namespace: 'default',
      name: 'agent',
      uid: '',
      generation: 0,
      labels: {},
      container: { image: 'my-agent:1', env: [] },
      ports: [{ path: '/', port: 9000, protocol: 'HTTP' }],
      readiness: {
        kind: 'tcp',
        port: 9000,
        initialDelayMs: 0,
        periodMs: 1000,
        timeoutMs: 1000,
        successThreshold: 1,
        failureThreshold: 3,
      },
      limits: {},
      policy: {
        pauseAfterMs: 30_000,
        suspendAfterMs: null,
        sessionTimeoutMs: 900_000,
        maxSessionDurationMs: 28_800_000,
      },
      warmPoolSize: 0,
      authMode: 'none',
      notHonouredLocally: [],
      pod: { labels: {}, annotations: {}, spec: { containers: [{ name: 'c', image: 'my-agent:1' }] } },
    });
  });

  test('a CodeInterpreter listens on 8080 at / and checks tokens', () => {
    for (const spec of [{}, { ports: [] }]) {
      expect(workloadOf(interpreter({ spec }))).toMatchObject({
        container: { image: 'picod:latest', env: [] },
        ports: [{ path: '/', port: 8080, protocol: 'HTTP' }],
        readiness: { kind: 'tcp', port: 8080 },
        authMode: 'picod',
      });
    }
  });
});

describe('the pod of a workload', () => {
  test("is an AgentRuntime's template as it was given", () => {
    const spec = {
      runtimeClassName: 'kata',
      containers: [
        { name: 'a', image: 'i', readinessProbe: { tcpSocket: { port: 1 } } },
        { name: 'sidecar', image: 's' },
      ],
      volumes: [{ name: 'v', emptyDir: {} }],
    };
    const template = { labels: { l: '1' }, annotations: { n: '2' }, spec };
    expect(workloadOf(agent({ template })).pod).toEqual(template);
  });

  test('is what AgentCube makes of a CodeInterpreter', () => {
    const template = {
      ...{ labels: { l: '1' }, runtimeClassName: 'gvisor', imagePullPolicy: 'Never', args: ['-v'] },
      imagePullSecrets: [{ name: 'pull' }],
      environment: [{ name: 'A', value: 'b' }],
    };
    const container = {
      ...{ name: 'code-interpreter', image: 'picod:latest', imagePullPolicy: 'Never', args: ['-v'] },
      env: [{ name: 'A', value: 'b' }],
    };
    expect(workloadOf(interpreter({ template })).pod).toEqual({
      labels: { l: '1' },
      annotations: {},
      spec: { containers: [container], runtimeClassName: 'gvisor', imagePullSecrets: [{ name: 'pull' }] },
    });
  });

  test('has no class of runtime where an empty one is given', () => {
    const { spec } = workloadOf(interpreter({ template: { runtimeClassName: '' } })).pod;
    expect(spec).not.toHaveProperty('runtimeClassName');
  });
});

describe('a workload', () => {
  test('has who and what the server stored', () => {
    const metadata = { namespace: 'n', uid: 'u', generation: 7, labels: { a: '1', b: '1' } };
    expect(workloadOf(agent({ metadata, template: { labels: { b: '2' } } }))).toMatchObject({
      namespace: 'n',
      uid: 'u',
      generation: 7,
      labels: { a: '1', b: '2' },
    });
  });

  test('has the ports in order; a path prefix that is not given is empty', () => {
    const targetPort = [
      { port: 1, name: 'one' },
      { port: 2, protocol: 'HTTPS', pathPrefix: '/two' },
    ];
    expect(workloadOf(agent({ spec: { targetPort } })).ports).toEqual([
      { path: '', port: 1, protocol: 'HTTP', name: 'one' },
      { path: '/two', port: 2, protocol: 'HTTPS' },
    ]);
  });

  test('has its durations in milliseconds, and null for never', () => {
    const spec = {
      pauseAfter: 'never',
      suspendAfter: '1.5s',
      sessionTimeout: '1h',
      maxSessionDuration: '90m',
    };
    expect(workloadOf(interpreter({ spec })).policy).toEqual({
      pauseAfterMs: null,
      suspendAfterMs: 1500,
      sessionTimeoutMs: 3_600_000,
      maxSessionDurationMs: 5_400_000,
    });
  });

  test('takes a timeout of zero for the default, but a pause after zero for at once', () => {
    const spec = { pauseAfter: '0', sessionTimeout: '0s', maxSessionDuration: '0s' };
    expect(workloadOf(agent({ spec })).policy).toMatchObject({
      pauseAfterMs: 0,
      sessionTimeoutMs: 900_000,
      maxSessionDurationMs: 28_800_000,
    });
  });

  test('has the memory of all its containers: what each may use, or else asks for', () => {
    const of = (...resources: object[]) => {
      const containers = resources.map((one, index) => ({ name: `c${index}`, image: 'i', resources: one }));
      return workloadOf(agent({ template: { spec: { containers } } })).memoryBytes;
    };
    expect(
      of({ limits: { memory: '1Mi' }, requests: { memory: '1Ki' } }, { requests: { memory: '2Mi' } }),
    ).toBe(3 * 1_048_576);
    expect(of({ limits: { memory: '1Mi' } }, {})).toBe(1_048_576);
    expect(of({ limits: { cpu: 1 } })).toBeUndefined();
    const resources = { limits: { memory: '1Mi' } };
    expect(workloadOf(interpreter({ template: { resources } })).memoryBytes).toBe(1_048_576);
  });

  test('has the limits in bytes and cores; requests limit nothing', () => {
    const resources = {
      requests: { cpu: '100m', memory: '128Mi' },
      limits: { cpu: '500m', memory: '512Mi', 'ephemeral-storage': '1G' },
    };
    const limits = { cpus: 0.5, memoryBytes: 536_870_912, ephemeralBytes: 1_000_000_000 };
    expect(workloadOf(interpreter({ template: { resources } })).limits).toEqual(limits);
    expect(workloadOf(agent({ container: { resources } })).limits).toEqual(limits);
    expect(workloadOf(agent({ container: { resources: { requests: { cpu: 1 } } } })).limits).toEqual({});
  });

  test('has the command with $(NAME) filled in from its environment', () => {
    const env = [
      { name: 'PORT', value: '9000' },
      { name: 'URL', value: 'http://localhost:$(PORT)' },
      { name: 'EMPTY' },
      { name: 'SECRET', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } },
    ];
    const container = {
      command: ['serve', '$(URL)'],
      args: ['$(SECRET)', '$$(PORT)'],
      workingDir: '/app',
      env,
    };
    expect(workloadOf(agent({ container })).container).toEqual({
      image: 'my-agent:1',
      command: ['serve', 'http://localhost:9000'],
      args: ['$(SECRET)', '$(PORT)'],
      workingDir: '/app',
      env: [
        { name: 'PORT', value: '9000' },
        { name: 'URL', value: 'http://localhost:9000' },
        { name: 'EMPTY', value: '' },
      ],
    });
  });

  test('leaves the command to the image where the list is empty', () => {
    expect(workloadOf(agent({ container: { command: [], args: [], workingDir: '' } })).container).toEqual({
      image: 'my-agent:1',
      env: [],
    });
  });

  test('of a CodeInterpreter has its environment, command and args', () => {
    const template = {
      command: ['picod'],
      args: ['--workspace=/root'],
      environment: [{ name: 'A', value: 'b' }],
    };
    expect(workloadOf(interpreter({ template })).container).toEqual({
      image: 'picod:latest',
      command: ['picod'],
      args: ['--workspace=/root'],
      env: [{ name: 'A', value: 'b' }],
    });
  });
});

describe('the text that makes a revision', () => {
  const text = revisionInput(interpreter());

  test('is the same whatever the order of fields, and with defaults said aloud', () => {
    const spec = {
      authMode: 'picod',
      ports: [{ protocol: 'HTTP', pathPrefix: '/', port: 8080 }],
      sessionTimeout: '15m',
    };
    expect(revisionInput(interpreter({ spec }))).toBe(text);
    const one = { resources: { limits: { cpu: 1, memory: '1Gi' } }, args: ['a'] };
    const other = { args: ['a'], resources: { limits: { memory: '1Gi', cpu: 1 } } };
    expect(revisionInput(agent({ container: one }))).toBe(revisionInput(agent({ container: other })));
  });

  test('is the same when only time or the pool changes, or who owns it', () => {
    const spec = {
      sessionTimeout: '1m',
      maxSessionDuration: '2m',
      pauseAfter: '1s',
      suspendAfter: '1m',
      warmPoolSize: 9,
    };
    const metadata = { uid: 'u', generation: 3, labels: { a: 'b' }, namespace: 'n' };
    expect(revisionInput(interpreter({ spec, metadata }))).toBe(text);
  });

  test.each<[string, Parts]>([
    ['image', { template: { image: 'picod:2' } }],
    ['arguments', { template: { args: ['-v'] } }],
    ['environment', { template: { environment: [{ name: 'A', value: '1' }] } }],
    ['limits', { template: { resources: { limits: { memory: '1Gi' } } } }],
    ['ports', { spec: { ports: [{ port: 9000 }] } }],
    ['authMode', { spec: { authMode: 'none' } }],
  ])('differs with the %s', (_, parts) => {
    expect(revisionInput(interpreter(parts))).not.toBe(text);
  });
});
