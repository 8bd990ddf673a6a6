// Owns: what the figures of a cluster are taken on: a namespace with runtimes of the probe agent, full pools, and the Services.
// Does not own: any figure. Invariant: a figure begins when nothing of the one before it is left and nothing starts or ends.
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, type Answer, type Ask, type Connection } from '../../bench/support/client.ts';
import { apply, eventually, find, kubectl, list, namespaceFor, type KubeObject } from '../kubectl.ts';
import type { Pod } from '../node.ts';
import { addresses } from '../operator.ts';

export const namespace = 'bench-cluster';
/** What is measured has the machine to itself after so long (ms). */
const quietMs = 1_000;
const fillMs = 300_000;

interface Runtime extends KubeObject {
  readonly status?: { readonly warm?: number };
}

/** An agent without a readiness probe of its own, that never sleeps unless asked to. */
export const runtime = (name: string, warmPoolSize: number): object => ({
  apiVersion: 'runtime.agentcube.volcano.sh/v1alpha1',
  kind: 'AgentRuntime',
  metadata: { name, namespace },
  spec: {
    targetPort: [{ pathPrefix: '/', port: 8080, protocol: 'HTTP' }],
    podTemplate: {
      spec: {
        terminationGracePeriodSeconds: 0,
        containers: [
          {
            name: 'probe',
            image: 'agentcube-test/probe:1',
            imagePullPolicy: 'IfNotPresent',
            env: [
              { name: 'PORT', value: '8080' },
              { name: 'HOST', value: '0.0.0.0' },
            ],
            resources: { requests: { cpu: '1m', memory: '16Mi' } },
          },
        ],
      },
    },
    pauseAfter: 'never',
    warmPoolSize,
  },
});

const podsHere = (): Promise<readonly Pod[]> => list<Pod>('pods', '-n', namespace);

/** Waits until the runtime's pool is full, all pods run, and none is on its way out. */
export async function poolFull(name: string, size: number): Promise<void> {
  await eventually(
    `a pool of ${size}`,
    async () => {
      const [found, pods] = [await find<Runtime>('agentruntime', name, namespace), await podsHere()];
      const still = pods.every(
        ({ status, metadata }) => status.phase === 'Running' && metadata.deletionTimestamp === undefined,
      );
      return { warm: found?.status?.warm, still };
    },
    ({ warm, still }) => warm === size && still,
    fillMs,
  );
  await sleep(quietMs);
}

/** Deploys a runtime and waits for its pool. */
export async function deploy(name: string, size: number): Promise<void> {
  await apply(runtime(name, size));
  await poolFull(name, size);
}

/** Takes a runtime away, and waits until nothing of it is left. */
export async function withdraw(name: string): Promise<void> {
  await kubectl('delete', 'agentruntime', name, '-n', namespace, '--ignore-not-found');
  await eventually(
    'no sessions',
    () => kubectl('delete', 'sessions', '--all', '-n', namespace),
    () => true,
  );
  await eventually('no pods', podsHere, ({ length }) => length === 0, fillMs);
}

/** Runs `work` in the namespace, and removes it afterwards. */
export async function onStage<T>(work: () => Promise<T>): Promise<T> {
  const made = await namespaceFor(namespace);
  try {
    return await work();
  } finally {
    await made.remove();
  }
}

/** Keep-alive connections to the chart's two Services. */
export interface Doors {
  readonly control: Connection;
  readonly data: Connection;
  close(): void;
}

const targetOf = (url: string): { host: string; port: number } => {
  const { hostname, port } = new URL(url);
  return { host: hostname, port: Number(port) };
};

export async function openDoors(): Promise<Doors> {
  const { controlUrl, activatorUrl } = await addresses();
  const control = connect(targetOf(controlUrl));
  const data = connect(targetOf(activatorUrl));
  return {
    control,
    data,
    close: () => {
      control.close();
      data.close();
    },
  };
}

/** The answer, which must be a success. */
export async function must(connection: Connection, request: Ask): Promise<Answer> {
  const answer = await connection.ask(request);
  if (answer.status < 200 || answer.status > 299)
    throw new Error(`${request.method ?? 'GET'} ${request.path} answered ${answer.status}: ${answer.body}`);
  return answer;
}

export interface Created {
  readonly sessionId: string;
  readonly kind: string;
  readonly sandboxName: string;
}

/** Creates a session of a runtime through the control API. */
export async function create(control: Connection, name: string): Promise<Created & { readonly ms: number }> {
  const answer = await must(control, {
    method: 'POST',
    path: '/v1/agent-runtime',
    json: { name, namespace },
  });
  return { ...(JSON.parse(answer.body) as Created), ms: answer.endMs };
}

/** Where a session of the runtime is called. */
export const pathOf = (name: string): string =>
  `/v1/namespaces/${namespace}/agent-runtimes/${name}/invocations/count`;

export const headersOf = (sessionId: string): Record<string, string> => ({
  'x-agentcube-session-id': sessionId,
});

/** Asks for a pause, resume or the end of a session; resolves when it is so. */
export async function command(
  control: Connection,
  sessionId: string,
  what: 'pause' | 'resume' | 'end',
): Promise<void> {
  const path = `/v1/sessions/${sessionId}`;
  if (what === 'end') return void (await must(control, { method: 'DELETE', path }));
  await must(control, { method: 'POST', path: `${path}/${what}` });
}
