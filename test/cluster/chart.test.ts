// The chart as an operator meets it: what it refuses, which rights it gives, upgrade, and an uninstall that sessions survive.
// Leaves the platform installed for the tests after it.
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';
import { apply, command, eventually, find, helm, kubectl, list, namespaceFor } from './kubectl.ts';
import type { KubeObject } from './kubectl.ts';
import { program } from './machine/places.ts';
import { addresses, installChart, platform, uninstallChart } from './operator.ts';

jest.setTimeout(300_000);

const chart = path.resolve(import.meta.dirname, '../../config/chart');
const redis = ['--set', 'redis.addr=redis:6379'];

const rendered = (...args: readonly string[]): Promise<string> =>
  helm('template', platform, chart, '--namespace', platform, '--kube-version', '1.35.4', ...args);

interface Workload extends KubeObject {
  readonly spec: { readonly template: { readonly spec: object } };
}

/** What the chart makes of these values, by kind. */
async function objects<T>(kind: string, ...args: readonly string[]): Promise<readonly T[]> {
  const documents = parseAllDocuments(await rendered(...redis, ...args)).map((one) => one.toJS() as unknown);
  return documents.filter((one) => (one as KubeObject | null)?.kind === kind) as readonly T[];
}

describe('values', () => {
  test('lint without a complaint', async () => {
    await expect(helm('lint', chart, '--strict', '--kube-version', '1.35.4', ...redis)).resolves.toContain(
      '0 chart(s) failed',
    );
  });

  test.each([
    ['no Redis', [], 'redis.addr is required'],
    ['an address without a port', ['--set', 'redis.addr=redis'], '/redis/addr'],
    ['a name that does not exist', [...redis, '--set', 'routr.replicas=1'], 'routr'],
    [
      'protection that is not there',
      [...redis, '--set', 'router.jwt.issuerUrl=https://x'],
      'not checked here yet',
    ],
  ])('refuse %s in words', async (_, args, words) => {
    await expect(rendered(...args)).rejects.toThrow(words);
  });

  test('make no object twice, with everything switched on', async () => {
    const on = [
      'agentSandbox.install',
      'volcano.scheduler.enabled',
      'router.autoscaling.enabled',
      'serviceMonitor.enabled',
    ];
    const text = await rendered(...redis, ...on.flatMap((name) => ['--set', `${name}=true`]));
    const names = parseAllDocuments(text)
      .map((one) => one.toJS() as KubeObject | null)
      .filter((one) => one !== null)
      .map(({ kind, metadata }) => `${kind} ${metadata.namespace ?? ''}/${metadata.name}`);
    expect(names).toEqual([...new Set(names)]);
  });
});

describe('pods', () => {
  const name = 'chart-restricted';
  let made: { remove(): Promise<void> };
  beforeAll(async () => {
    made = await namespaceFor(name);
    await kubectl('label', 'namespace', name, 'pod-security.kubernetes.io/enforce=restricted');
  });
  afterAll(() => made.remove());

  /** Asks the API server whether it would take such a pod; rejects with its reason. */
  const admitted = (workload: Workload): Promise<string> =>
    command(
      program('kubectl'),
      ['create', '--dry-run=server', '-f', '-'],
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: workload.metadata.name, namespace: name },
        spec: { ...workload.spec.template.spec, serviceAccountName: 'default' },
      }),
    );

  test('of every program but the node agent are fit for a restricted namespace', async () => {
    const all = ['--set', 'agentSandbox.install=true', '--set', 'volcano.scheduler.enabled=true'];
    const deployments = await objects<Workload>('Deployment', ...all);
    expect(deployments.map(({ metadata }) => metadata.name).sort()).toEqual([
      'agent-sandbox-controller',
      'agentcube-autoscaler',
      'agentcube-router',
      'volcano-agent-scheduler',
      'workloadmanager',
    ]);
    for (const deployment of deployments) await expect(admitted(deployment)).resolves.toContain('created');
  });

  test('of the node agent are not privileged and have no capability', async () => {
    const [agent] = await objects<Workload>('DaemonSet');
    expect(agent?.spec.template.spec).toMatchObject({
      containers: [
        {
          securityContext: {
            privileged: false,
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          },
        },
      ],
    });
  });
});

describe('rights', () => {
  interface Wish {
    readonly verb: string;
    readonly group?: string;
    readonly resource: string;
    readonly subresource?: string;
    readonly name?: string;
    readonly namespace?: string;
  }

  /** What the API server answers when somebody asks it about this account. */
  const allowed = (account: string, resourceAttributes: Wish): Promise<string> =>
    command(
      program('kubectl'),
      ['create', '-f', '-', '-o', 'jsonpath={.status.allowed}'],
      JSON.stringify({
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SubjectAccessReview',
        spec: { user: `system:serviceaccount:${platform}:${account}`, resourceAttributes },
      }),
    );

  const runtimes = 'runtime.agentcube.volcano.sh';
  const identity = { resource: 'secrets', name: 'picod-router-identity' };

  test.each<[string, Wish]>([
    ['workloadmanager', { verb: 'get', ...identity, namespace: platform }],
    [
      'workloadmanager',
      { verb: 'create', group: 'agents.x-k8s.io', resource: 'sandboxes', namespace: 'any' },
    ],
    ['workloadmanager', { verb: 'patch', group: runtimes, resource: 'agentruntimes', subresource: 'status' }],
    ['agentcube-node-agent', { verb: 'watch', resource: 'pods' }],
  ])('%s may %j', async (account, wish) => {
    expect(await allowed(account, wish)).toBe('true');
  });

  test.each<[string, Wish]>([
    ['workloadmanager', { verb: 'list', resource: 'secrets', namespace: platform }],
    ['workloadmanager', { verb: 'get', resource: 'secrets', name: 'agentcube-redis', namespace: platform }],
    ['workloadmanager', { verb: 'get', ...identity, namespace: 'default' }],
    ['workloadmanager', { verb: 'create', resource: 'pods', namespace: 'default' }],
    ['workloadmanager', { verb: 'create', resource: 'pods', subresource: 'exec', namespace: 'default' }],
    ['workloadmanager', { verb: 'delete', group: runtimes, resource: 'codeinterpreters' }],
    ['agentcube-node-agent', { verb: 'delete', resource: 'pods', namespace: 'default' }],
    ['agentcube-node-agent', { verb: 'get', ...identity, namespace: platform }],
    ['agentcube-router', { verb: 'get', ...identity, namespace: platform }],
    ['agentcube-router', { verb: 'list', resource: 'pods', namespace: platform }],
  ])('%s may not %j', async (account, wish) => {
    expect(await allowed(account, wish)).not.toBe('true');
  });
});

const agent = (namespace: string): object => ({
  apiVersion: 'runtime.agentcube.volcano.sh/v1alpha1',
  kind: 'AgentRuntime',
  metadata: { name: 'lasting', namespace },
  spec: {
    targetPort: [{ pathPrefix: '/', port: 8080, protocol: 'HTTP' }],
    podTemplate: { spec: { containers: [{ name: 'agent', image: 'agentcube/hello-agent:dev' }] } },
  },
});

const sessionHeader = 'x-agentcube-session-id';

/** One turn of the conversation: how many there were, and the session's id. */
async function turn(namespace: string, session?: string): Promise<{ turns: number; session: string }> {
  const { activatorUrl } = await addresses();
  const url = `${activatorUrl}/v1/namespaces/${namespace}/agent-runtimes/lasting/invocations/`;
  // A connection of its own each time: those to pods of an earlier release end with them.
  const plain = { 'content-type': 'application/json', connection: 'close' };
  const headers = { ...plain, ...(session && { [sessionHeader]: session }) };
  const answer = await fetch(url, { method: 'POST', headers, body: '{"prompt":"again"}' });
  const body = await answer.text();
  if (!answer.ok) throw new Error(`${answer.status} ${body}`);
  const { turns } = JSON.parse(body) as { turns: number };
  return { turns, session: answer.headers.get(sessionHeader) ?? '' };
}

describe('a release', () => {
  const name = 'chart-release';
  let made: { remove(): Promise<void> };
  beforeAll(async () => {
    made = await namespaceFor(name);
    await apply(agent(name));
  });
  afterAll(async () => {
    await installChart();
    await made.remove();
  });

  const certificate = async (): Promise<unknown> => {
    const secret = await find<KubeObject & { data: unknown }>('secret', 'agentcube-sessions-tls', platform);
    return secret?.data;
  };

  test('passes its own test', async () => {
    await expect(helm('test', platform, '--namespace', platform, '--timeout', '120s')).resolves.toContain(
      'Phase:          Succeeded',
    );
  });

  test('is upgraded without another certificate, and sessions go on', async () => {
    const { session } = await turn(name);
    const before = await certificate();
    await installChart('--set', 'router.podAnnotations.upgraded=yes');
    expect(await certificate()).toEqual(before);
    expect(await turn(name, session)).toEqual({ turns: 2, session });
  });

  test('that is uninstalled leaves the runtimes and living sessions, and nothing of its own', async () => {
    const { session } = await turn(name);
    await uninstallChart();

    const kinds =
      'all,secrets,configmaps,serviceaccounts,leases,roles,rolebindings,networkpolicies,poddisruptionbudgets,clusterroles,clusterrolebindings,apiservices';
    const label = `app.kubernetes.io/instance=${platform}`;
    await eventually(
      'objects of the release',
      () => list(kinds, '-A', '-l', label),
      (left) => left.length === 0,
    );
    expect(await list('agentruntimes', '-n', name)).toHaveLength(1);
    expect(await find('secret', 'picod-router-identity', platform)).toBeDefined();

    await installChart();
    expect(await turn(name, session)).toEqual({ turns: 2, session });
  });
});

describe('sandboxes', () => {
  test('are reachable from routers and controllers only, where the policy is', async () => {
    const [policy] = await objects<KubeObject & { spec: unknown }>('NetworkPolicy');
    expect(policy).toMatchObject({
      metadata: { name: 'agentcube-sandboxes', namespace: 'default' },
      spec: {
        podSelector: { matchExpressions: [{ key: 'agentcube.volcano.sh/sandbox', operator: 'Exists' }] },
        policyTypes: ['Ingress'],
        ingress: [
          { from: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': platform } } }] },
        ],
      },
    });
  });
});
