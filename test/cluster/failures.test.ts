// What cannot start is told early and by its cause, long before the time that a start may take: to the client who asked, in the
// status of the runtime, and of a session that had to wait for it. One runtime for each way to fail.
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { agentUrl, call, type Answer } from '../support/client.ts';
import { apply, eventually, find, kubectl, list, namespaceFor, type KubeObject } from './kubectl.ts';
import { addresses, type Addresses } from './operator.ts';

jest.setTimeout(240_000);

const namespace = 'test-failures';
const limited = 'test-failures-quota';
const restricted = 'test-failures-admission';

/** Far less than the two minutes after which a start is given up without knowing why (ms). */
const patienceMs = 60_000;

const container = {
  name: 'probe',
  image: 'agentcube-test/probe:1',
  imagePullPolicy: 'IfNotPresent',
  env: [
    { name: 'PORT', value: '8080' },
    { name: 'HOST', value: '0.0.0.0' },
  ],
};

interface Failure {
  readonly name: string;
  readonly namespace: string;
  readonly spec: object;
  /** What the client is told. */
  readonly reason: RegExp;
  /** What the runtime's condition is called. */
  readonly condition: RegExp;
}

const failures: readonly Failure[] = [
  {
    name: 'no-such-image',
    namespace,
    spec: { containers: [{ ...container, image: 'agentcube-test/never-made:1', imagePullPolicy: 'Never' }] },
    reason: /ErrImageNeverPull/,
    condition: /ErrImageNeverPull/,
  },
  {
    name: 'unreachable-image',
    namespace,
    spec: { containers: [{ ...container, image: 'registry.invalid/agent:1' }] },
    reason: /ErrImagePull|ImagePullBackOff/,
    condition: /ErrImagePull|ImagePullBackOff/,
  },
  {
    name: 'crashing',
    namespace,
    spec: { containers: [{ ...container, command: ['sh', '-c', 'echo broken on purpose; exit 3'] }] },
    reason: /CrashLoopBackOff|exit code 3/,
    condition: /CrashLoopBackOff|Error/,
  },
  {
    name: 'no-such-command',
    namespace,
    spec: { containers: [{ ...container, command: ['/no/such/program'] }] },
    reason: /no\/such\/program/,
    condition: /RunContainerError|StartError|CrashLoopBackOff|CreateContainerError/,
  },
  {
    name: 'no-such-node',
    namespace,
    spec: { nodeSelector: { 'test.example/none': 'here' }, containers: [container] },
    reason: /Unschedulable/i,
    condition: /Unschedulable/,
  },
  {
    name: 'over-quota',
    namespace: limited,
    spec: { containers: [container] },
    reason: /quota/i,
    condition: /Quota/i,
  },
  {
    name: 'not-admitted',
    namespace: restricted,
    spec: { hostNetwork: true, containers: [{ ...container, securityContext: { privileged: true } }] },
    reason: /PodSecurity|violates/i,
    condition: /Admission|Denied|Forbidden/i,
  },
];

const runtimeOf = ({ name, namespace: where, spec }: Failure, warmPoolSize: number): object => ({
  apiVersion: 'runtime.agentcube.volcano.sh/v1alpha1',
  kind: 'AgentRuntime',
  metadata: { name: warmPoolSize > 0 ? `${name}-warm` : name, namespace: where },
  spec: {
    targetPort: [{ pathPrefix: '/', port: 8080, protocol: 'HTTP' }],
    podTemplate: { spec: { terminationGracePeriodSeconds: 1, ...spec } },
    ...(warmPoolSize > 0 && { warmPoolSize }),
  },
});

interface Runtime extends KubeObject {
  readonly status?: {
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly reason: string;
      readonly message: string;
    }[];
  };
}

let at: Addresses;
let made: readonly Awaited<ReturnType<typeof namespaceFor>>[];

beforeAll(async () => {
  at = await addresses();
  made = await Promise.all([namespace, limited, restricted].map(namespaceFor));
  const quota = { hard: { pods: '0' } };
  await apply({
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { name: 'none', namespace: limited },
    spec: quota,
  });
  await kubectl(
    'label',
    'namespace',
    restricted,
    'pod-security.kubernetes.io/enforce=baseline',
    '--overwrite',
  );
  for (const failure of failures)
    for (const warmPoolSize of [0, 1]) await apply(runtimeOf(failure, warmPoolSize));
});

afterAll(async () => {
  await Promise.all((made ?? []).map((one) => one.remove()));
});

/** Asks until the platform knows the runtime. */
const ask = (url: string, body?: object): Promise<Answer> =>
  eventually(
    'an answer',
    () => call('POST', url, { ...(body && { body }), timeoutMs: patienceMs }),
    ({ status }) => status !== 404,
    patienceMs,
  );

describe.each(failures)('$name', (failure) => {
  const { name, namespace: where, reason, condition } = failure;

  test('is told to who calls it', async () => {
    const url = agentUrl(at, name).replace('/default/', `/${where}/`);
    const answer = await ask(url);
    // AgentCube's status for it; the code says more.
    expect(answer.status).toBe(500);
    expect(answer.json()).toMatchObject({
      code: 'SANDBOX_START_FAILED',
      retryable: true,
      reason: expect.stringMatching(reason),
    });
  });

  test('is told to who creates a session of it', async () => {
    const answer = await ask(`${at.controlUrl}/v1/agent-runtime`, { name, namespace: where });
    expect(answer.status).toBe(500);
    expect(answer.json()).toMatchObject({
      message: 'internal server error',
      code: 'SANDBOX_START_FAILED',
      reason: expect.stringMatching(reason),
    });
  });

  test('is in the status of a runtime whose pool does not fill', async () => {
    const ready = async () => {
      const runtime = await find<Runtime>('agentruntime', `${name}-warm`, where);
      return runtime?.status?.conditions?.find(({ type }) => type === 'Ready');
    };
    const told = await eventually('the cause', ready, (one) => condition.test(one?.reason ?? ''), patienceMs);
    expect(told).toMatchObject({ status: 'False', message: expect.stringMatching(reason) });
  });

  test('leaves a session that says why it ended', async () => {
    const fields = `status.state=ended,spec.runtime.name=${name}`;
    const printed = await kubectl('get', 'sessions', '-n', where, '--field-selector', fields);
    expect(printed).toMatch(/failed: /);
    expect(printed).toMatch(reason);
  });

  test('leaves nothing behind', async () => {
    const label = `runtime.agentcube.io/workload-name=${name}`;
    const left = (): Promise<readonly KubeObject[]> =>
      list('sandboxes.agents.x-k8s.io', '-n', where, '-l', label);
    expect(await eventually('no sandbox', left, ({ length }) => length === 0)).toEqual([]);
  });
});
