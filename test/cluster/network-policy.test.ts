// Who reaches a sandbox where NetworkPolicies are enforced: the platform's programs, and nobody else.
// This cluster's network enforces none by itself; policies.ts does while the test lasts.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { callOk, call, sessionHeader } from '../support/client.ts';
import { apply, eventually, kubectl, list, namespaceFor } from './kubectl.ts';
import { isReady, type Pod } from './node.ts';
import { addresses, type Addresses } from './operator.ts';
import { enforcePolicies } from './policies.ts';

const minutes = (count: number): number => count * 60_000;
const runtime = 'policy-agent';
const readinessProbe = { httpGet: { path: '/count', port: 8080 }, periodSeconds: 1 };
const containers = [{ name: 'agent', image: 'agentcube-test/probe:1', readinessProbe }];
const spec = { terminationGracePeriodSeconds: 1, containers };

let at: Addresses;
let strangers: Awaited<ReturnType<typeof namespaceFor>>;

beforeAll(async () => {
  at = await addresses();
  strangers = await namespaceFor('test-strangers');
  await apply({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'stranger', namespace: strangers.name },
    spec,
  });
  await apply({
    apiVersion: 'runtime.agentcube.volcano.sh/v1alpha1',
    kind: 'AgentRuntime',
    metadata: { name: runtime, namespace: 'default' },
    spec: {
      targetPort: [{ pathPrefix: '/', port: 8080, protocol: 'HTTP' }],
      podTemplate: { labels: { app: runtime }, spec },
    },
  });
  await kubectl('wait', 'pod/stranger', '-n', strangers.name, '--for=condition=Ready', '--timeout=60s');
}, minutes(2));

afterAll(async () => {
  await kubectl('delete', 'agentruntime', runtime, '-n', 'default', '--ignore-not-found');
  await strangers?.remove();
}, minutes(3));

/** What a program in the stranger's pod gets of the address: `200`, or why it gets nothing. */
const stranger = (url: string): Promise<string> => {
  const program = `fetch('${url}', { signal: AbortSignal.timeout(3000) }).then(r => console.log(r.status), e => console.log(e.cause?.code ?? e.name))`;
  return kubectl('exec', '-n', strangers.name, 'stranger', '--', 'node', '-e', program).then((text) =>
    text.trim(),
  );
};

test(
  'A sandbox answers through the router, and nobody in another pod reaches it',
  async () => {
    const url = `${at.activatorUrl}/v1/namespaces/default/agent-runtimes/${runtime}/invocations/count`;
    const first = await eventually(
      'the runtime serves',
      () => call('GET', url),
      ({ status }) => status === 200,
    );
    const headers = { [sessionHeader]: first.headers.get(sessionHeader) ?? '' };
    const [pod] = (await list<Pod>('pods', '-n', 'default', '-l', `app=${runtime}`)).filter(isReady);
    const sandbox = `http://${pod?.status.podIP}:8080/count`;
    expect(await stranger(sandbox)).toBe('200');

    const lift = await enforcePolicies();
    try {
      expect(await stranger(sandbox)).toBe('ECONNREFUSED');
      await callOk('GET', url, { headers });
      expect(await stranger(`${at.activatorUrl}/health/live`)).toBe('200');
      expect(await stranger(`${at.controlUrl}/health`)).toBe('200');
    } finally {
      lift();
    }
    await call('DELETE', `${at.controlUrl}/v1/sessions/${headers[sessionHeader]}`);
  },
  minutes(3),
);
