// The node agent on a real node: pods that sleep with their memory, what it finds after it was killed, whom it leaves alone, and what it tells.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { NodeEvent } from '../../adapters/kubernetes/node-agent.ts';
import { markOf } from '../support/node-lab.ts';
import { AgentProcess } from './agent-process.ts';
import { apply, eventually, find, kubectl, namespaceFor } from './kubectl.ts';
import { containerdSocket } from './machine/places.ts';
import { killProcesses, type Pod } from './node.ts';

jest.setTimeout(180_000);

const namespace = 'test-node-agent';
const label = 'agentcube.volcano.sh/sandbox';

interface Made {
  readonly uid: string;
  readonly ip: string;
}

let made: Awaited<ReturnType<typeof namespaceFor>>;
let process: AgentProcess;

/** A pod with our label (unless it says otherwise), that runs. */
async function start(name: string, container: object = {}, pod: object = {}, ours = true): Promise<Made> {
  const image = { image: 'agentcube-test/probe:1', imagePullPolicy: 'IfNotPresent' };
  const env = Object.entries({ PORT: '8080', HOST: '0.0.0.0' }).map(([key, value]) => ({ name: key, value }));
  await apply({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels: ours ? { [label]: `id-of-${name}` } : {} },
    spec: {
      terminationGracePeriodSeconds: 1,
      ...pod,
      containers: [{ name: 'probe', ...image, env, ...container }],
    },
  });
  const found = await eventually(
    `pod ${name}`,
    () => find<Pod>('pod', name, namespace),
    (one) => one?.status.podIP !== undefined && one.status.phase === 'Running',
  );
  const address = { uid: found?.metadata.uid ?? '', ip: found?.status.podIP ?? '' };
  if (!('command' in container))
    await eventually(
      'its agent',
      () => ask(address, 'ticks'),
      () => true,
    );
  return address;
}

/** What its agent answers; rejects when it does not within a second. */
async function ask({ ip }: Made, what: string): Promise<unknown> {
  const answer = await fetch(`http://${ip}:8080/${what}`, { signal: AbortSignal.timeout(1_000) });
  return ((await answer.json()) as { readonly value?: unknown }).value;
}

const place = ({ uid }: Made) => ({ agent: process.url, pod: uid });
const seen = async ({ uid }: Made) => (await process.agents.pods(process.url)).find((pod) => pod.uid === uid);

beforeAll(async () => {
  made = await namespaceFor(namespace);
  process = await AgentProcess.create();
  await process.start();
});
afterAll(async () => {
  await process.remove();
  await made.remove();
});

describe('a pod', () => {
  let pod: Made;
  beforeAll(async () => void (pod = await start('sleeper')));

  test('sleeps with its memory, uses no CPU meanwhile, and goes on where it was', async () => {
    const { agents } = process;
    expect(await ask(pod, 'count')).toBe(1);
    expect(await agents.pause(place(pod), 1)).toBe('paused');
    expect(await seen(pod)).toMatchObject({ name: 'sleeper', namespace, state: 'paused' });
    await expect(ask(pod, 'count')).rejects.toThrow();

    const before = cpuOf(pod);
    await sleep(500);
    expect(cpuOf(pod)).toBe(before);

    await agents.thaw(place(pod), markOf('s'), 3);
    expect(await seen(pod)).toMatchObject({ state: 'running', session: { id: 's' }, version: 3 });
    // The request that nobody answered while it slept was taken by its socket.
    expect(await ask(pod, 'count')).toBeGreaterThanOrEqual(2);
  });

  test('that sleeps is as it was after the agent was killed, and so is whose it is', async () => {
    await process.agents.pause(place(pod), 5);
    await process.kill();
    await expect(process.agents.thaw(place(pod), markOf('s'), 7)).rejects.toMatchObject({
      code: 'NODE_UNREACHABLE',
    });
    await process.start();
    expect(await seen(pod)).toMatchObject({ state: 'paused', session: { id: 's' }, version: 3 });
    await expect(process.agents.thaw(place(pod), markOf('other'), 7)).rejects.toMatchObject({
      code: 'SESSION_STATE',
    });
    await process.agents.thaw(place(pod), markOf('s'), 7);
    expect(await process.agents.pause(place(pod), 6)).toBe('newer-order');
    expect(await seen(pod)).toMatchObject({ state: 'running', version: 7 });
  });

  test('that was heard of before is woken while the API server is away, and any other is not taken for dead', async () => {
    await process.agents.pause(place(pod), 9);
    await process.kill();
    const nowhere = path.join(os.tmpdir(), `nowhere-${pod.uid}`);
    writeFileSync(nowhere, awayConfig);
    await process.start({ kubeconfig: nowhere, unready: true });
    await process.agents.thaw(place(pod), markOf('s'), 11);
    expect(await ask(pod, 'count')).toBeGreaterThan(2);
    const unknown = { agent: process.url, pod: '00000000-0000-4000-8000-000000000000' };
    await expect(process.agents.thaw(unknown, markOf('s'), 1)).rejects.toMatchObject({
      code: 'NODE_UNREACHABLE',
    });
    await process.kill();
    await process.start();
  });

  test('that was deleted while it slept hears that it is to end', async () => {
    const script = 'trap "exit 0" TERM; while :; do sleep 0.1; done';
    const patient = await start(
      'patient',
      { command: ['sh', '-c', script] },
      { terminationGracePeriodSeconds: 600 },
    );
    expect(await process.agents.pause(place(patient), 0)).toBe('paused');
    await kubectl('delete', 'pod', 'patient', '-n', namespace, '--timeout=60s');
    await eventually(
      'the pod is forgotten',
      () => seen(patient),
      (found) => found === undefined,
    );
    await expect(process.agents.thaw(place(patient), markOf('s'), 1)).rejects.toMatchObject({
      code: 'SANDBOX_CRASHED',
    });
  });
});

describe('left alone is', () => {
  test('a pod without our label', async () => {
    const foreign = await start('foreign', {}, {}, false);
    await expect(process.agents.pause(place(foreign), 1)).rejects.toMatchObject({ code: 'SANDBOX_CRASHED' });
    expect(await ask(foreign, 'count')).toBe(1);
    expect(await seen(foreign)).toBeUndefined();
  });

  test('a pod with a liveness probe', async () => {
    const livenessProbe = { httpGet: { path: '/ticks', port: 8080 }, periodSeconds: 1 };
    const probed = await start('probed', { livenessProbe });
    expect(await process.agents.pause(place(probed), 1)).toEqual({
      cannotSleep: 'liveness probe of container probe',
    });
    expect(await ask(probed, 'count')).toBe(1);
  });
});

test('a readiness probe does not keep a pod from sleeping, nor its memory', async () => {
  const readinessProbe = { httpGet: { path: '/ticks', port: 8080 }, periodSeconds: 1, failureThreshold: 1 };
  const pod = await start('ready', { readinessProbe });
  await ask(pod, 'count');
  expect(await process.agents.pause(place(pod), 1)).toBe('paused');
  await kubectl('wait', 'pod/ready', '-n', namespace, '--for=condition=Ready=false', '--timeout=30s');
  await process.agents.thaw(place(pod), markOf('r'), 3);
  expect(await ask(pod, 'count')).toBe(2);
});

test('a container whose processes are not in its cgroup, as in a virtual machine, is paused through containerd', async () => {
  const pod = await start('machine');
  await ask(pod, 'count');
  const nothing = mkdtempSync(path.join(os.tmpdir(), 'no-cgroups-'));
  mkdirSync(path.join(nothing, 'freezer'));
  const blind = await AgentProcess.create();
  try {
    await blind.start({ settings: { 'cgroup-dir': nothing, 'containerd-socket': containerdSocket } });
    const there = { agent: blind.url, pod: pod.uid };
    expect(await blind.agents.pause(there, 1)).toBe('paused');
    expect(await seen(pod)).toMatchObject({ state: 'paused' });
    await blind.agents.thaw(there, markOf('v'), 3);
    expect(await ask(pod, 'count')).toBe(2);
  } finally {
    await blind.remove();
    rmSync(nothing, { recursive: true });
  }
});

describe('told is', () => {
  const told: NodeEvent[] = [];
  let stop: () => void;
  beforeAll(async () => {
    let connected = false;
    const listener = (event: NodeEvent): void => void told.push(event);
    stop = process.agents.events(process.url, listener, () => (connected = true));
    await eventually('events', async () => connected, Boolean);
  });
  afterAll(() => stop());
  const heard = (event: Partial<NodeEvent>) =>
    eventually(
      'the event',
      async () => told,
      (all) => all.some((one) => matches(one, event)),
      30_000,
    );

  test('an out-of-memory kill, with the limit', async () => {
    const limits = { memory: '128Mi', cpu: '500m' };
    const hungry = await start('hungry', { resources: { limits } }, { restartPolicy: 'Never' });
    await ask(hungry, 'eat?512').catch(() => undefined);
    await heard({
      pod: hungry.uid,
      kind: 'out-of-memory',
      container: 'probe',
      why: 'out of memory (limit 128Mi)',
    });
  });

  test('the end of a container', async () => {
    const mortal = await start('mortal', {}, { restartPolicy: 'Never' });
    const found = await find<Pod>('pod', 'mortal', namespace);
    if (found) killProcesses(found);
    await heard({ pod: mortal.uid, kind: 'exit', container: 'probe' });
    await expect(process.agents.thaw(place(mortal), markOf('m'), 1)).rejects.toMatchObject({
      code: 'SANDBOX_CRASHED',
    });
  });
});

const matches = (one: NodeEvent, wanted: Partial<NodeEvent>): boolean =>
  Object.entries(wanted).every(([name, value]) => one[name as keyof NodeEvent] === value);

/** What all its containers have used so far (ns). */
const cpuOf = ({ uid }: Made): string =>
  readFileSync(`/sys/fs/cgroup/cpuacct/kubepods/besteffort/pod${uid}/cpuacct.usage`, 'utf8');

const awayConfig = JSON.stringify({
  apiVersion: 'v1',
  kind: 'Config',
  clusters: [{ name: 'away', cluster: { server: 'http://127.0.0.1:9' } }],
  contexts: [{ name: 'away', context: { cluster: 'away', user: 'nobody' } }],
  users: [{ name: 'nobody', user: {} }],
  'current-context': 'away',
});
