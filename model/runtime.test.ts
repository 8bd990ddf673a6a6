import { describe, expect, test } from '@jest/globals';
import { agentRuntime, codeInterpreter, runtimePlurals, withDefaults, type Runtime } from './runtime.ts';

const apiVersion = 'runtime.agentcube.volcano.sh/v1alpha1';

const agent = (spec: object = {}, container: object = {}, podSpec: object = {}): unknown => ({
  apiVersion,
  kind: 'AgentRuntime',
  metadata: { name: 'a' },
  spec: {
    targetPort: [{ port: 8080 }],
    podTemplate: { spec: { containers: [{ name: 'c', image: 'i', ...container }], ...podSpec } },
    ...spec,
  },
});

const interpreter = (spec: object = {}, template: object = {}): unknown => ({
  apiVersion,
  kind: 'CodeInterpreter',
  metadata: { name: 'ci' },
  spec: { template: { image: 'picod:latest', ...template }, ...spec },
});

const accepts = (value: unknown): boolean =>
  agentRuntime.safeParse(value).success || codeInterpreter.safeParse(value).success;

test('resources are found under the plurals of AgentCube', () => {
  expect(runtimePlurals).toEqual({ AgentRuntime: 'agentruntimes', CodeInterpreter: 'codeinterpreters' });
});

describe('an AgentRuntime', () => {
  test('needs a port, a container and nothing else', () => {
    expect(accepts(agent())).toBe(true);
  });

  test.each([
    [
      'several ports',
      { targetPort: [{ pathPrefix: '', name: 'web', port: 80, protocol: 'HTTPS' }, { port: 81 }] },
    ],
    ['both timeouts', { sessionTimeout: '15m', maxSessionDuration: '8h' }],
    ['our own fields', { pauseAfter: '1s', suspendAfter: '1h', warmPoolSize: 3 }],
    ['"never"', { pauseAfter: 'never', suspendAfter: 'never' }],
    ['an immediate pause', { pauseAfter: '0s' }],
  ])('may have %s', (_, spec) => {
    expect(accepts(agent(spec))).toBe(true);
  });

  test.each([
    ['no port at all', { targetPort: [] }],
    ['port 0', { targetPort: [{ port: 0 }] }],
    ['a port by name', { targetPort: [{ port: 'http' }] }],
    ['a protocol that is not HTTP', { targetPort: [{ port: 80, protocol: 'TCP' }] }],
    ['a protocol in lower case', { targetPort: [{ port: 80, protocol: 'http' }] }],
    ['a timeout without a unit', { sessionTimeout: '15' }],
    ['a negative timeout', { sessionTimeout: '-15m' }],
    ['"never" for AgentCube’s own timeout', { sessionTimeout: 'never' }],
    ['a negative pool', { warmPoolSize: -1 }],
    ['half a warm sandbox', { warmPoolSize: 0.5 }],
    ['a CodeInterpreter’s authMode', { authMode: 'none' }],
  ])('may not have %s', (_, spec) => {
    expect(accepts(agent(spec))).toBe(false);
  });

  test.each([
    ['a command', { command: ['python3', '-c'], args: ['print(1)'], workingDir: '/app' }],
    [
      'variables',
      {
        env: [
          { name: 'A', value: '' },
          { name: 'B.c-d' },
          { name: 'C', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } },
        ],
      },
    ],
    ['variables from elsewhere', { envFrom: [{ configMapRef: { name: 'c' }, prefix: 'P_' }] }],
    [
      'limits in every spelling',
      {
        resources: { limits: { cpu: 2, memory: '1.5Gi', 'nvidia.com/gpu': '1' }, requests: { cpu: '100m' } },
      },
    ],
    [
      'a probe of a named port',
      { ports: [{ name: 'web', containerPort: 80 }], readinessProbe: { httpGet: { port: 'web' } } },
    ],
    ['a gRPC probe', { readinessProbe: { grpc: { port: 9000, service: 's' } } }],
    ['a command as probe', { livenessProbe: { exec: { command: ['true'] }, failureThreshold: 0 } }],
    [
      'what only a cluster reads',
      { lifecycle: { preStop: { sleep: { seconds: 1 } } }, tty: true, restartPolicyRules: [{}] },
    ],
  ])('has a container that may have %s', (_, container) => {
    expect(accepts(agent({}, container))).toBe(true);
  });

  test.each([
    ['an image that is empty', { image: '' }],
    ['a name in capitals', { name: 'Agent' }],
    ['a command that is one string', { command: 'python3 agent.py' }],
    ['a variable with "=" in its name', { env: [{ name: 'A=B', value: '1' }] }],
    ['a variable that is a number', { env: [{ name: 'A', value: 1 }] }],
    [
      'a variable from two places',
      { env: [{ name: 'A', value: '1', valueFrom: { fieldRef: { fieldPath: 'x' } } }] },
    ],
    ['a limit that is no quantity', { resources: { limits: { memory: '512MB' } } }],
    [
      'a request above its limit',
      { resources: { limits: { memory: '1Gi' }, requests: { memory: '1025Mi' } } },
    ],
    ['a probe of two kinds', { readinessProbe: { httpGet: { port: 1 }, tcpSocket: { port: 1 } } }],
    ['a probe of no kind', { readinessProbe: { periodSeconds: 5 } }],
    ['a probe of a port that nobody named', { readinessProbe: { tcpSocket: { port: 'web' } } }],
    ['a field that Kubernetes does not know', { imag: 'x' }],
  ])('has a container that may not have %s', (_, container) => {
    expect(accepts(agent({}, container))).toBe(false);
  });

  test('may use any field of a PodSpec, with what it likes in those that only a cluster reads', () => {
    const podSpec = {
      nodeSelector: { disk: 'ssd' },
      tolerations: [{ key: 'k', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 }],
      affinity: { nodeAffinity: { anything: [1] } },
      volumes: [
        { name: 'v', emptyDir: {} },
        { name: 'w', persistentVolumeClaim: { claimName: 'w' } },
      ],
      initContainers: [{ name: 'init', image: 'i', restartPolicy: 'Always' }],
      runtimeClassName: 'kata',
      hostUsers: false,
      securityContext: {},
      topologySpreadConstraints: [{ maxSkew: 1 }],
    };
    expect(accepts(agent({}, {}, podSpec))).toBe(true);
  });

  test('does not take the wrong JSON type for a field that only a cluster reads', () => {
    expect(accepts(agent({}, {}, { affinity: 'node-1' }))).toBe(false);
    expect(accepts(agent({}, {}, { hostNetwork: 'yes' }))).toBe(false);
  });

  test('has containers of different names', () => {
    expect(accepts(agent({}, {}, { initContainers: [{ name: 'c', image: 'i' }] }))).toBe(false);
  });
});

describe('a CodeInterpreter', () => {
  test.each([
    ['nothing but an image', {}, {}],
    ['ports', { ports: [{ pathPrefix: '/', port: 8080, protocol: 'HTTP' }] }, {}],
    ['no ports, said aloud', { ports: [] }, {}],
    ['authMode none', { authMode: 'none' }, {}],
    ['a warm pool', { warmPoolSize: 5 }, {}],
    ['an environment', {}, { environment: [{ name: 'A', value: 'b' }] }],
    ['a runtime class', {}, { runtimeClassName: 'kuasar-vmm', imagePullSecrets: [{ name: 's' }] }],
  ])('may have %s', (_, spec, template) => {
    expect(accepts(interpreter(spec, template))).toBe(true);
  });

  test.each([
    ['an AgentRuntime’s targetPort', { targetPort: [{ port: 8080 }] }, {}],
    ['an AgentRuntime’s podTemplate', { podTemplate: {} }, {}],
    ['a container’s env', {}, { env: [] }],
    ['volumes', {}, { volumes: [] }],
    ['another authMode', { authMode: 'jwt' }, {}],
    ['no image', {}, { image: undefined }],
  ])('may not have %s', (_, spec, template) => {
    expect(accepts(interpreter(spec, template))).toBe(false);
  });
});

describe('the defaults that a server stores', () => {
  test('of an AgentRuntime', () => {
    const stored = withDefaults(agentRuntime.parse(agent()));
    expect(stored).toMatchObject({
      metadata: { name: 'a', namespace: 'default' },
      spec: {
        targetPort: [{ port: 8080, protocol: 'HTTP' }],
        sessionTimeout: '15m',
        maxSessionDuration: '8h',
      },
    });
    expect(stored.spec).not.toHaveProperty('authMode');
  });

  test('of a CodeInterpreter', () => {
    const stored = withDefaults(codeInterpreter.parse(interpreter({ ports: [{ port: 1 }] })));
    expect(stored.spec).toEqual({
      template: { image: 'picod:latest' },
      ports: [{ port: 1, protocol: 'HTTP' }],
      sessionTimeout: '15m',
      maxSessionDuration: '8h',
      authMode: 'picod',
    });
  });

  test('leave what was given, and our own fields unset', () => {
    const given = {
      ...(agent({
        sessionTimeout: '1m',
        maxSessionDuration: '2m',
        targetPort: [{ port: 1, protocol: 'HTTPS' }],
      }) as Runtime),
      metadata: { name: 'a', namespace: 'b' },
    };
    expect(withDefaults(given)).toEqual(given);
  });
});
