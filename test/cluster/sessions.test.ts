// Sessions as the cluster's API server shows them: kubectl lists, watches, finds and ends them; rights are the cluster's own.
import https from 'node:https';
import { spawn } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { call, callOk } from '../support/client.ts';
import { apply, eventually, find, kubectl, list, namespaceFor, type KubeObject } from './kubectl.ts';
import { kubeconfig, program } from './machine/places.ts';
import { addresses, platform, type Addresses } from './operator.ts';

jest.setTimeout(240_000);

const namespace = 'test-sessions';
const runtime = 'probe';

interface Session extends KubeObject {
  readonly spec: { readonly runtime: object };
  readonly status: {
    readonly state: string;
    readonly reason?: string;
    readonly sandbox?: { readonly name: string };
  };
}

let at: Addresses;
let made: Awaited<ReturnType<typeof namespaceFor>>;

const manifest = {
  apiVersion: 'runtime.agentcube.volcano.sh/v1alpha1',
  kind: 'AgentRuntime',
  metadata: { name: runtime, namespace },
  spec: {
    targetPort: [{ pathPrefix: '/', port: 8080, protocol: 'HTTP' }],
    podTemplate: {
      spec: {
        terminationGracePeriodSeconds: 1,
        containers: [
          {
            name: 'probe',
            image: 'agentcube-test/probe:1',
            imagePullPolicy: 'IfNotPresent',
            env: [
              { name: 'PORT', value: '8080' },
              { name: 'HOST', value: '0.0.0.0' },
            ],
          },
        ],
      },
    },
  },
};

const open = async (): Promise<string> => {
  const body = { name: runtime, namespace };
  const opened = (): Promise<{ sessionId: string }> =>
    callOk('POST', `${at.controlUrl}/v1/agent-runtime`, { body });
  return (await eventually('a session', opened, () => true)).sessionId;
};
const sessionUrl = (id: string): string => `${at.controlUrl}/v1/sessions/${id}`;
const seen = (id: string): Promise<Session | undefined> => find<Session>('session', id, namespace);
const said = (words: Promise<string>): Promise<string> => words.catch((fault: unknown) => String(fault));

beforeAll(async () => {
  at = await addresses();
  // An API server that has just been started looks at an aggregated API that did not answer at once only a minute later.
  const named = () => kubectl('api-resources', '--api-group=agentcube.volcano.sh', '-o', 'name');
  await eventually('sessions in discovery', named, (names) => names.includes('sessions'), 120_000);
  made = await namespaceFor(namespace);
  await apply(manifest);
});

afterAll(() => made.remove());

describe('kubectl', () => {
  test('lists a session beside its pod, by the same label', async () => {
    const id = await open();
    const label = `runtime.agentcube.io/session-id=${id}`;
    const [session] = await list<Session>('sessions', '-n', namespace, '-l', label);
    expect(session).toMatchObject({
      kind: 'Session',
      metadata: { name: id, namespace },
      spec: { runtime: { kind: 'AgentRuntime', name: runtime } },
      status: { state: 'running' },
    });
    const [pod] = await eventually(
      'the label on the pod',
      () => list('sandboxes.agents.x-k8s.io', '-n', namespace, '-l', label),
      ({ length }) => length === 1,
    );
    expect(session?.status.sandbox?.name).toBe(pod?.metadata.name);
    await callOk('DELETE', sessionUrl(id));
  });

  test('shows its state, and finds it by that', async () => {
    const id = await open();
    await eventually(
      'a pause',
      () => call('POST', `${sessionUrl(id)}/pause`),
      ({ status }) => status === 200,
    );
    const paused = ['-n', namespace, '--field-selector', 'status.state=paused', '-o', 'name'];
    expect(await kubectl('get', 'sessions', ...paused)).toBe(`session.agentcube.volcano.sh/${id}\n`);
    await callOk('POST', `${sessionUrl(id)}/resume`);
    expect((await seen(id))?.status.state).toBe('running');
    expect(await kubectl('get', 'sessions', ...paused)).toBe('');
    await callOk('DELETE', sessionUrl(id));
  });

  test('deletes it, waits until nothing of it is left, and is told why it is gone', async () => {
    const id = await open();
    const name = (await seen(id))?.status.sandbox?.name ?? '';
    await kubectl('delete', 'session', id, '-n', namespace, '--timeout=60s');
    expect(await find('sandbox', name, namespace)).toBeUndefined();
    expect(await said(kubectl('get', 'session', id, '-n', namespace))).toContain('it ended (deleted)');
    const ended = ['-n', namespace, '--field-selector', 'status.state=ended'];
    expect(await kubectl('get', 'sessions', ...ended)).toMatch(new RegExp(`${id} +ended .*deleted`));
    const answer = await call('GET', sessionUrl(id));
    expect(answer.json()).toMatchObject({ state: 'ended', reason: 'deleted' });
  });

  test('watches it until it ends', async () => {
    const id = await open();
    const words = ['get', 'session', id, '-n', namespace, '--watch', '--no-headers'];
    const watching = spawn(program('kubectl'), words, { env: { ...process.env, KUBECONFIG: kubeconfig } });
    let printed = '';
    watching.stdout.on('data', (text: Buffer) => (printed += text.toString()));
    const states = (): string[] => [...printed.matchAll(/^\S+ +(\w+)/gm)].map(([, state = '']) => state);
    try {
      await eventually(
        'its first line',
        async () => states(),
        (told) => told.includes('running'),
      );
      await callOk('DELETE', sessionUrl(id));
      const told = await eventually(
        'its end',
        async () => states(),
        (all) => all.includes('ended'),
      );
      expect(told).toEqual(['running', 'ending', 'ended']);
    } finally {
      watching.kill();
    }
  });

  test('explains it, and refuses to write it', async () => {
    expect(await kubectl('explain', 'sessions.status.state')).toContain('asleep with its memory');
    const id = await open();
    expect(await said(kubectl('label', 'session', id, 'a=b', '-n', namespace))).toContain('not supported');
    await callOk('DELETE', sessionUrl(id));
  });
});

describe('who may look', () => {
  const nobody = ['--as', `system:serviceaccount:${namespace}:nobody`];

  test('is what the cluster’s roles say', async () => {
    expect(await said(kubectl('get', 'sessions', '-n', namespace, ...nobody))).toContain('Forbidden');
    await kubectl(
      'create',
      'role',
      'looks',
      '-n',
      namespace,
      '--verb=list',
      '--resource=sessions.agentcube.volcano.sh',
    );
    await kubectl(
      'create',
      'rolebinding',
      'looks',
      '-n',
      namespace,
      '--role=looks',
      `--serviceaccount=${namespace}:nobody`,
    );
    expect(await kubectl('get', 'sessions', '-n', namespace, ...nobody)).toBe('');
    expect(await said(kubectl('delete', 'session', 'some', '-n', namespace, ...nobody))).toContain(
      'Forbidden',
    );
  });

  test('goes through the API server: whoever asks the controller itself is refused', async () => {
    const service = await find<KubeObject & { spec: { clusterIP: string } }>(
      'service',
      'workloadmanager',
      platform,
    );
    const status = new Promise<number | undefined>((resolve, reject) => {
      https
        .get(
          { host: service?.spec.clusterIP, port: 8443, path: '/apis', rejectUnauthorized: false },
          (response) => {
            resolve(response.statusCode);
            response.resume();
          },
        )
        .on('error', reject);
    });
    expect(await status).toBe(401);
  });
});

test('deleting a namespace ends the sessions in it', async () => {
  const other = await namespaceFor('test-sessions-gone');
  await apply({ ...manifest, metadata: { name: runtime, namespace: other.name } });
  const body = { name: runtime, namespace: other.name };
  const opened = (): Promise<{ sessionId: string }> =>
    callOk('POST', `${at.controlUrl}/v1/agent-runtime`, { body });
  const { sessionId } = await eventually('a session there', opened, () => true);
  await other.remove();
  expect((await call('GET', sessionUrl(sessionId))).json()).toMatchObject({ state: 'ended' });
});
