// The walk of AgentCube's users through a cluster: their YAML, five warm pods, their Python client's three flows through the
// chart's Services, and the same once more with the session asleep before every step. Everything is looked at with kubectl.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { sdkFlows } from '../contract/suites/sdk-flows.ts';
import { agentUrl, call, callOk, sessionHeader } from '../support/client.ts';
import { apply, eventually, find, kubectl, list, type KubeObject } from './kubectl.ts';
import { addresses, type Addresses } from './operator.ts';

jest.setTimeout(300_000);

const samples = path.resolve(import.meta.dirname, '../../config/samples');
const sample = (name: string): string => readFileSync(path.join(samples, name), 'utf8');
const interpreter = 'my-codeinterpreter';
const agent = 'my-agent-app';

interface Pod extends KubeObject {
  readonly status: { readonly phase: string };
}

let at: Addresses;

/** Pods of a runtime that are not on their way out. */
const podsOf = async (name: string): Promise<readonly Pod[]> =>
  (await list<Pod>('pods', '-n', 'default')).filter(
    ({ metadata }) => metadata.name.startsWith(`${name}-`) && metadata.deletionTimestamp === undefined,
  );

const runningPodsOf = async (name: string): Promise<readonly Pod[]> =>
  (await podsOf(name)).filter(({ status }) => status.phase === 'Running');

const warmOf = (name: string): Promise<string> =>
  kubectl('get', 'codeinterpreter', name, '-n', 'default', '--no-headers');

beforeAll(async () => {
  at = await addresses();
  await apply(sample('code-interpreter.yaml'));
  await apply(sample('agent-runtime.yaml'));
  await eventually(
    'five warm pods',
    () => runningPodsOf(interpreter),
    ({ length }) => length >= 5,
    180_000,
  );
});

afterAll(async () => {
  await kubectl('delete', 'codeinterpreter', interpreter, '-n', 'default', '--ignore-not-found');
  await kubectl('delete', 'agentruntime', agent, '-n', 'default', '--ignore-not-found');
});

describe('what was applied', () => {
  test('an interpreter of five warm pods is ready, and kubectl says so', async () => {
    const line = await eventually(
      'its status',
      () => warmOf(interpreter),
      (text) => /\s5\s/.test(text),
    );
    expect(line).toMatch(/^my-codeinterpreter\s+True\s+5\s/);
  });

  test('the pods of the pool belong to sandboxes, and those to the interpreter', async () => {
    const [pod] = await runningPodsOf(interpreter);
    expect(pod?.metadata.ownerReferences).toMatchObject([{ kind: 'Sandbox', name: pod?.metadata.name }]);
    const sandboxes = await list('sandboxes.agents.x-k8s.io', '-n', 'default');
    const sandbox = sandboxes.find(({ metadata }) => metadata.name === pod?.metadata.name);
    expect(sandbox?.metadata.ownerReferences).toMatchObject([{ kind: 'CodeInterpreter', name: interpreter }]);
  });
});

describe('the published Python client, through the chart’s Services', () => {
  sdkFlows(() => at);
});

describe('a session in the cluster', () => {
  const view = (id: string): Promise<{ sandbox: { name: string } }> =>
    callOk('GET', `${at.controlUrl}/v1/sessions/${id}`);

  test('from the pool: its sandbox says whose it is, in AgentCube’s words, and leaves with it', async () => {
    const created = await callOk<{ sessionId: string; kind: string }>(
      'POST',
      `${at.controlUrl}/v1/code-interpreter`,
      { body: { name: interpreter, namespace: 'default' } },
    );
    expect(created.kind).toBe('SandboxClaim');
    const { name } = (await view(created.sessionId)).sandbox;
    const label = `runtime.agentcube.io/session-id=${created.sessionId}`;
    const [sandbox] = await eventually(
      'the label of the session on its sandbox',
      () => list('sandboxes.agents.x-k8s.io', '-n', 'default', '-l', label),
      ({ length }) => length === 1,
    );
    const [owner] = sandbox?.metadata.ownerReferences ?? [];
    expect(owner).toMatchObject({ kind: 'SandboxClaim' });
    const claim = await find('sandboxclaims.extensions.agents.x-k8s.io', owner?.name ?? '', 'default');
    expect(claim?.metadata.ownerReferences).toMatchObject([{ kind: 'CodeInterpreter', name: interpreter }]);
    expect(sandbox?.metadata).toMatchObject({
      name,
      labels: {
        'runtime.agentcube.io/workload-name': interpreter,
        'managed-by': 'agentcube-workload-manager',
      },
    });
    await callOk('DELETE', `${at.controlUrl}/v1/code-interpreter/sessions/${created.sessionId}`);
    await eventually(
      'the end of its pod',
      () => podsOf(name),
      ({ length }) => length === 0,
    );
  });

  test('an agent with a readiness probe answers three turns, asleep before the third, and remembers', async () => {
    const turn = async (id: string | undefined, prompt: string) => {
      const headers = id === undefined ? {} : { [sessionHeader]: id };
      const answer = await call('POST', agentUrl(at, agent), { body: { prompt }, headers });
      expect(answer.status).toBe(200);
      const { turns } = answer.json<{ turns: number }>();
      return {
        id: answer.headers.get(sessionHeader) ?? '',
        turns,
        timing: answer.headers.get('server-timing'),
      };
    };
    const first = await turn(undefined, 'one');
    expect((await turn(first.id, 'two')).turns).toBe(2);
    await eventually(
      'a pause',
      () => call('POST', `${at.controlUrl}/v1/sessions/${first.id}/pause`),
      ({ status }) => status === 200,
    );
    expect(await kubectl('get', 'session', first.id, '-n', 'default', '--no-headers')).toContain('paused');
    const third = await turn(first.id, 'three');
    expect(third.turns).toBe(3);
    expect(third.timing).toContain('desc="paused"');
    await callOk('DELETE', `${at.controlUrl}/v1/sessions/${first.id}`);
  });
});

test('kubectl delete codeinterpreter takes its pool away', async () => {
  await kubectl('delete', 'codeinterpreter', interpreter, '-n', 'default');
  expect(
    await eventually(
      'the end of the pool',
      () => podsOf(interpreter),
      ({ length }) => length === 0,
      90_000,
    ),
  ).toEqual([]);
  const answer = await call('POST', `${at.controlUrl}/v1/code-interpreter`, {
    body: { name: interpreter, namespace: 'default' },
  });
  expect(answer.status).toBe(404);
});
