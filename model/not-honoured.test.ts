import { describe, expect, test } from '@jest/globals';
import { notHonouredLocally } from './not-honoured.ts';
import { validateRuntime } from './problem.ts';

const apiVersion = 'runtime.agentcube.volcano.sh/v1alpha1';

function named(kind: string, spec: object): string[] {
  const result = validateRuntime({ apiVersion, kind, metadata: { name: 'a' }, spec });
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return notHonouredLocally(result.runtime);
}

/** Paths below `spec.podTemplate.spec.` */
const ofPod = (pod: object, container: object = {}): string[] =>
  named('AgentRuntime', {
    targetPort: [{ port: 1 }],
    podTemplate: { spec: { containers: [{ name: 'c', image: 'i', ...container }], ...pod } },
  }).map((path) => path.replace('spec.podTemplate.spec.', ''));

const ofInterpreter = (template: object): string[] =>
  named('CodeInterpreter', { template: { image: 'i', ...template } });

describe('one machine cannot honour', () => {
  test.each([
    ['nodeSelector', { nodeSelector: { disk: 'ssd' } }],
    ['tolerations', { tolerations: [{ operator: 'Exists' }] }],
    ['affinity', { affinity: { nodeAffinity: {} } }],
    ['runtimeClassName', { runtimeClassName: 'kata' }],
    ['schedulerName', { schedulerName: 'agent-scheduler' }],
    ['imagePullSecrets', { imagePullSecrets: [{ name: 's' }] }],
    ['serviceAccountName', { serviceAccountName: 'robot' }],
    ['initContainers', { initContainers: [{ name: 'init', image: 'i' }] }],
    ['hostNetwork', { hostNetwork: true }],
    ['restartPolicy', { restartPolicy: 'Never' }],
    ['volumes[0]', { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'v' } }] }],
    [
      'containers[1]',
      {
        containers: [
          { name: 'a', image: 'i' },
          { name: 'b', image: 'i' },
        ],
      },
    ],
  ])('%s of a pod', (path, pod) => {
    expect(ofPod(pod)).toEqual([path]);
  });

  test.each([
    [
      'env[1].valueFrom',
      { env: [{ name: 'A' }, { name: 'B', valueFrom: { fieldRef: { fieldPath: 'x' } } }] },
    ],
    ['envFrom', { envFrom: [{ secretRef: { name: 's' } }] }],
    ['livenessProbe', { livenessProbe: { tcpSocket: { port: 1 } } }],
    ['readinessProbe.grpc', { readinessProbe: { grpc: { port: 1 } } }],
    ['readinessProbe.httpGet.scheme', { readinessProbe: { httpGet: { port: 1, scheme: 'HTTPS' } } }],
    ['readinessProbe.httpGet.host', { readinessProbe: { httpGet: { port: 1, host: 'h' } } }],
    ['resources.limits["nvidia.com/gpu"]', { resources: { limits: { 'nvidia.com/gpu': 1, cpu: 1 } } }],
    ['lifecycle', { lifecycle: { preStop: {} } }],
    ['tty', { tty: true }],
    ['securityContext.privileged', { securityContext: { privileged: true } }],
    ['securityContext.capabilities.add', { securityContext: { capabilities: { add: ['NET_ADMIN'] } } }],
    ['volumeMounts', { volumeMounts: [{ name: 'v', mountPath: '/data' }] }],
  ])('%s of a container', (path, container) => {
    expect(ofPod({}, container)).toEqual([`containers[0].${path}`]);
  });

  test.each([
    ['spec.template.runtimeClassName', { runtimeClassName: 'kata' }],
    ['spec.template.imagePullSecrets', { imagePullSecrets: [{ name: 's' }] }],
    [
      'spec.template.environment[0].valueFrom',
      { environment: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'c', key: 'k' } } }] },
    ],
    ['spec.template.resources.limits["nvidia.com/gpu"]', { resources: { limits: { 'nvidia.com/gpu': 1 } } }],
  ])('%s of a CodeInterpreter', (path, template) => {
    expect(ofInterpreter(template)).toEqual([path]);
  });
});

describe('nothing is said of', () => {
  test('what asks for what is so anyway', () => {
    const pod = {
      schedulerName: 'default-scheduler',
      restartPolicy: 'Always',
      serviceAccountName: 'default',
      dnsPolicy: 'ClusterFirst',
      hostNetwork: false,
      securityContext: {},
      tolerations: [],
      nodeSelector: {},
      runtimeClassName: '',
    };
    const container = {
      imagePullPolicy: 'IfNotPresent',
      ports: [{ containerPort: 1 }],
      readinessProbe: { httpGet: { path: '/', port: 1 } },
      resources: { requests: { cpu: 1 }, limits: { cpu: 1, memory: '1Gi', 'ephemeral-storage': '1Gi' } },
      securityContext: {
        runAsNonRoot: true,
        allowPrivilegeEscalation: false,
        capabilities: { drop: ['ALL'] },
      },
    };
    expect(ofPod(pod, container)).toEqual([]);
    expect(ofInterpreter({ runtimeClassName: '', imagePullPolicy: 'Always', environment: [] })).toEqual([]);
  });

  test('a startup probe that stands in for the readiness probe', () => {
    const startupProbe = { tcpSocket: { port: 1 } };
    expect(ofPod({}, { startupProbe })).toEqual([]);
    expect(ofPod({}, { startupProbe, readinessProbe: startupProbe })).toEqual(['containers[0].startupProbe']);
  });

  test('an emptyDir where a sandbox can write anyway', () => {
    const volumes = [{ name: 'v', emptyDir: {} }];
    const mounted = (mountPath: string): string[] =>
      ofPod({ volumes }, { volumeMounts: [{ name: 'v', mountPath }] });
    expect(mounted('/workspace/cache')).toEqual([]);
    expect(mounted('/tmp')).toEqual([]);
    expect(mounted('/tmpfs')).toEqual(['volumes[0]', 'containers[0].volumeMounts']);
    expect(mounted('/workspace/../etc')).toEqual(['volumes[0]', 'containers[0].volumeMounts']);
  });
});
