// Clients of a platform on a cluster: the SDK at the chart's Services, and the command through the API server with an administrator's
// kubeconfig, as on a laptop.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { call } from '../support/client.ts';
import { triggers } from '../sdk/deployed.ts';
import { sdkSuite } from '../sdk/suite.ts';
import { apply, eventually, kubectl, namespaceFor } from './kubectl.ts';
import { kubeconfig } from './machine/places.ts';
import { addresses, type Addresses } from './operator.ts';

jest.setTimeout(120_000);

const namespace = 'test-clients';
const apiVersion = 'runtime.agentcube.volcano.sh/v1alpha1';
const image = (name: string): object => ({ image: name, imagePullPolicy: 'IfNotPresent' });

/** The agent that the SDK's suite has everywhere. */
const probe = {
  apiVersion,
  kind: 'AgentRuntime',
  metadata: { name: 'probe', namespace },
  spec: {
    warmPoolSize: 1,
    targetPort: [{ pathPrefix: '/', port: 8080 }],
    podTemplate: {
      spec: {
        terminationGracePeriodSeconds: 1,
        containers: [
          {
            ...image('agentcube-test/probe:1'),
            name: 'agent',
            command: ['/usr/bin/node', '/e2e/agent.ts'],
            workingDir: '/tmp',
          },
        ],
      },
    },
  },
};

const interpreter = {
  apiVersion,
  kind: 'CodeInterpreter',
  metadata: { name: 'my-codeinterpreter', namespace },
  spec: { warmPoolSize: 1, template: image('agentcube/code-interpreter:dev') },
};

let at: Addresses;
let space: Awaited<ReturnType<typeof namespaceFor>>;
let folder: string;

const isTaken = async (): Promise<boolean> => {
  const body = { specversion: '1.0', id: '0', source: '/sdk', type: 'com.example.sdk.good' };
  const url = `${at.activatorUrl}/v1/namespaces/${namespace}/events`;
  const headers = { 'content-type': 'application/cloudevents+json' };
  return (await call('POST', url, { body, headers })).headers.get('x-agentcube-deliveries') === '1';
};

beforeAll(async () => {
  at = await addresses();
  folder = mkdtempSync(path.join(os.tmpdir(), 'cluster-clients-'));
  space = await namespaceFor(namespace);
  await apply({ apiVersion: 'v1', kind: 'List', items: [probe, interpreter] });
  for (const one of triggers) await apply(one, '-n', namespace);
  await kubectl('wait', 'ar,ci', '--all', '-n', namespace, '--for=condition=Ready', '--timeout=60s');
  // Two activators, and each is told a moment later: whichever is asked must know.
  for (let times = 0; times < 4; times += 1) await eventually('a trigger is known', isTaken, Boolean);
});

afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await space?.remove();
});

describe('the SDK', () => {
  sdkSuite(() => ({ ...at, namespace, interpreter: 'my-codeinterpreter', agent: 'probe' }));
});

interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** The command with these words, in a folder and a home of its own. */
function agentcube(words: readonly string[], stdin = ''): Promise<Outcome> {
  const main = path.resolve(import.meta.dirname, '../../cli/main.ts');
  const env = { PATH: process.env['PATH'], HOME: folder, KUBECONFIG: kubeconfig, NO_COLOR: '1' };
  const child = spawn(process.execPath, [main, '-n', namespace, ...words], { cwd: folder, env });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  child.stdin.end(stdin);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out, err }));
  });
}

describe('agentcube, through the API server', () => {
  test('lists what is deployed, as kubectl does', async () => {
    const { out, code } = await agentcube(['get', 'ci', '-o', 'name']);
    expect([code, out]).toEqual([0, 'codeinterpreter.runtime.agentcube.volcano.sh/my-codeinterpreter\n']);
    expect((await agentcube(['get', 'ci', 'nobody'])).code).toBe(3);
  });

  test('runs code, passes its exit code on, and streams what it prints', async () => {
    expect(await agentcube(['run', '-'], 'print(6 * 7)')).toMatchObject({ code: 0, out: '42\n' });
    const failed = await agentcube(['exec', '--', 'sh', '-c', 'echo out; echo err >&2; exit 3']);
    expect(failed).toMatchObject({ code: 3, out: 'out\n', err: expect.stringContaining('err\n') });
  });

  test('invokes an agent in the session of its folder, puts it to sleep and wakes it', async () => {
    const count = ['invoke', 'probe', '{}', '--path', '/count'];
    const first = await agentcube(count);
    expect(JSON.parse(first.out)).toMatchObject({ memory: 1 });
    const id = /session ([0-9a-f-]{36})/.exec(first.err)?.[1] ?? '';
    const paused = { code: 0, out: `session/${id} paused\n` };
    expect(await agentcube(['sessions', 'pause', id])).toMatchObject(paused);
    expect(JSON.parse((await agentcube(count)).out)).toMatchObject({ memory: 2 });
    expect(await agentcube(['sessions', 'rm', id])).toMatchObject({ code: 0 });
  });

  test('sends events and looks at dead letters', async () => {
    const sent = await agentcube(['events', 'send', '--type', 'com.example.sdk.good', '--subject', 'x']);
    expect(sent).toMatchObject({ code: 0, err: expect.stringContaining('1 delivery') });
    expect(await agentcube(['events', 'dead-letters', 'ls'])).toMatchObject({ code: 0 });
  });
});
