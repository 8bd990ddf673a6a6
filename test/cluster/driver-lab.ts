// A driver of its own against the test cluster, with a node agent on this machine, for tests of the driver alone.
// Owns a namespace, a key and a node agent's process. Invariant: `close` leaves nothing of them.
import { randomUUID } from 'node:crypto';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { newKeyPems, signingKeyOf } from '../../adapters/jwt/key.ts';
import { createServiceTokens } from '../../adapters/jwt/service-token.ts';
import { connectKubernetes, type Cluster } from '../../adapters/kubernetes/client.ts';
import { createKubernetesDriver, type KubernetesDriverOptions } from '../../adapters/kubernetes/driver.ts';
import { createNodeAgents, type NodeAgents } from '../../adapters/kubernetes/node-agent.ts';
import { systemClock as clock } from '../../adapters/system/clock.ts';
import type { Driver } from '../../controller/driver.ts';
import { validateRuntime } from '../../model/problem.ts';
import { runtimeApiVersion } from '../../model/runtime.ts';
import type { SandboxSpec, SessionMark } from '../../model/sandbox-spec.ts';
import type { SandboxRef } from '../../model/sandbox.ts';
import { workloadOf, type Workload } from '../../model/workload.ts';
import { apply, eventually, find, namespaceFor, type KubeObject } from './kubectl.ts';
import { kubeconfig, node } from './machine/places.ts';

const root = path.resolve(import.meta.dirname, '../..');

export interface DriverLab {
  readonly namespace: string;
  readonly cluster: Cluster;
  readonly agents: NodeAgents;
  /** Another driver over the same sandboxes; closed with the lab. */
  open(options?: Partial<KubernetesDriverOptions>): Promise<Driver>;
  /** A sandbox of a runtime that is in the cluster. */
  spec(container?: object, pod?: object): SandboxSpec;
  close(): Promise<void>;
}

async function freePort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
  const { port } = server.address() as net.AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function startAgent(folder: string, port: number): ChildProcess {
  const flags = {
    ...{ '--node-name': node.name, '--port': String(port), '--kubeconfig': kubeconfig },
    ...{ '--state-dir': path.join(folder, 'node'), '--public-key-file': path.join(folder, 'public.pem') },
  };
  const args = [
    '--disable-warning=ExperimentalWarning',
    'nodeagent/main.ts',
    ...Object.entries(flags).flat(),
  ];
  return spawn(process.execPath, args, { cwd: root, stdio: 'inherit' });
}

const runtimeIn = (namespace: string) => ({
  ...{ apiVersion: runtimeApiVersion, kind: 'AgentRuntime', metadata: { name: 'probe', namespace } },
  spec: {
    targetPort: [{ pathPrefix: '/', port: 8080 }],
    podTemplate: { spec: { containers: [{ name: 'agent', image: 'agentcube-test/probe:1' }] } },
  },
});

const probe = {
  ...{ name: 'agent', image: 'agentcube-test/probe:1', imagePullPolicy: 'IfNotPresent' },
  env: [
    { name: 'PORT', value: '8080' },
    { name: 'HOST', value: '0.0.0.0' },
  ],
};

function workloadIn(namespace: string, uid: string, container: object, pod: object): Workload {
  const plain = runtimeIn(namespace);
  // The probe does not listen to SIGTERM, and nobody wants to wait for it.
  const spec = { terminationGracePeriodSeconds: 2, ...pod, containers: [{ ...probe, ...container }] };
  const result = validateRuntime({ ...plain, spec: { ...plain.spec, podTemplate: { spec } } });
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return { ...workloadOf(result.runtime), uid };
}

/** Starts what the tests of a driver need beside the cluster. */
export async function driverLab(name: string): Promise<DriverLab> {
  const made = await namespaceFor(`${name}-${randomUUID().slice(0, 6)}`);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'agentcube-driver-lab-'));
  const key = signingKeyOf((await newKeyPems()).privatePem, 'the key of this lab');
  fs.writeFileSync(path.join(folder, 'public.pem'), key.publicPem);
  const port = await freePort();
  const agent = startAgent(folder, port);
  const log = (message: string, fields: object): void => {
    process.stderr.write(`${message} ${JSON.stringify(fields, textOfErrors)}\n`);
  };
  const agents: NodeAgents = createNodeAgents({
    tokens: createServiceTokens({ key, clock, audience: 'agentcube-node-agent' }),
    clock,
    log,
  });
  const url = `http://${node.address}:${port}`;
  await eventually(
    'the node agent answers',
    () => agents.pods(url),
    () => true,
  );
  await apply(runtimeIn(made.name));
  const runtime = await find<KubeObject>('agentruntime', 'probe', made.name);
  const cluster = connectKubernetes({ kubeconfig });
  const drivers: Driver[] = [];
  return {
    ...{ namespace: made.name, cluster, agents },
    async open(options = {}) {
      const driver = await createKubernetesDriver({
        ...{ cluster, agents, clock, log, publicKeyPem: key.publicPem },
        ...{ namespace: made.name, platform: made.name, nodeAgentPort: port },
        ...{ unschedulableMs: 2_000, ...options },
      });
      drivers.push(driver);
      return driver;
    },
    spec(container = {}, pod = {}) {
      const id = randomUUID();
      const workload = workloadIn(made.name, runtime?.metadata.uid ?? '', container, pod);
      return { id, name: `probe-${id.slice(0, 8)}`, generation: 1, revision: 'r1', workload };
    },
    async close() {
      for (const driver of drivers) await driver.close();
      await made.remove();
      agents.close();
      const ended = once(agent, 'exit');
      agent.kill();
      await ended;
      fs.rmSync(folder, { recursive: true, force: true });
    },
  };
}

const textOfErrors = (_key: string, value: unknown): unknown =>
  value instanceof Error ? value.message : value;

/** Whose a sandbox is, as the controller would say it. */
export const markFor = ({ workload: { kind, namespace, name } }: SandboxSpec): SessionMark => ({
  id: randomUUID(),
  runtime: { kind, namespace, name },
  labels: { team: 'a' },
  ownerId: 'ada',
  policy: {
    pauseAfterMs: 1,
    suspendAfterMs: null,
    sessionTimeoutMs: 900_000,
    maxSessionDurationMs: 3_600_000,
  },
  createdAt: Date.now(),
});

/** Has the probe agent do something: `act(ref, 'read', '/etc/passwd')`. */
export async function act(ref: SandboxRef, what: string, argument = ''): Promise<unknown> {
  const url = `http://${ref.entryPoints[0]?.endpoint}/${what}?${encodeURIComponent(argument)}`;
  const answer = await fetch(url, { signal: AbortSignal.timeout(10_000) });
  return ((await answer.json()) as { readonly value?: unknown }).value;
}
