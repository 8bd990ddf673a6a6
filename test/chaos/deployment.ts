// What a chaos run deploys: two runtimes of the remembering agent, one with a warm pool and one without, that fall asleep fast.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import { invocation, type Door } from './client.ts';
import { ask } from './request.ts';

const agent = path.join(import.meta.dirname, 'agent');

export const poolSize = 2;
export const runtimes = ['warm', 'cold'] as const;

const runtimeYaml = (name: string, spec: Readonly<Record<string, unknown>>): string =>
  stringify({
    apiVersion: 'runtime.agentcube.volcano.sh/v1alpha1',
    kind: 'AgentRuntime',
    metadata: { name },
    spec: {
      targetPort: [{ pathPrefix: '/', port: 8080, protocol: 'HTTP' }],
      podTemplate: {
        spec: {
          containers: [
            {
              name,
              image: 'remembering',
              readinessProbe: { httpGet: { path: '/health', port: 8080 }, periodSeconds: 1 },
            },
          ],
        },
      },
      sessionTimeout: '2h',
      maxSessionDuration: '8h',
      ...spec,
    },
  });

/** Writes the folder that the controllers apply. */
export function writeDeployment(folder: string): void {
  mkdirSync(folder, { recursive: true });
  const files = {
    'images.yaml': stringify({
      images: [{ name: 'remembering', folder: agent, command: ['node', '/app/agent.ts'] }],
    }),
    'warm.yaml': runtimeYaml('warm', { pauseAfter: '1s', warmPoolSize: poolSize }),
    'cold.yaml': runtimeYaml('cold', { pauseAfter: '2s' }),
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text);
}

const deployedWithinMs = 120_000;
const patienceMs = 60_000;

/** Opens a session and ends it again, as soon as that works. */
async function untilServed(runtime: string, activator: Door, controller: Door): Promise<void> {
  const url = invocation(activator, runtime, '/use?op=first&label=first');
  for (const end = Date.now() + deployedWithinMs; ; await sleep(200)) {
    const { result } = await ask({ method: 'POST', url, patienceMs }, 'reading');
    const id = 'sessionId' in result ? result.sessionId : undefined;
    if (id !== undefined)
      await ask({ method: 'DELETE', url: `${controller.url}/v1/sessions/${id}`, patienceMs }, 'nothing');
    if (result.kind === 'answer') return;
    if (Date.now() > end)
      throw new Error(`${activator.name} does not serve ${runtime}: ${JSON.stringify(result)}`);
  }
}

/** Resolves when every activator serves every runtime: being ready does not say that anything was deployed yet. */
export async function untilDeployed(activators: readonly Door[], controller: Door): Promise<void> {
  for (const runtime of runtimes)
    await Promise.all(activators.map((activator) => untilServed(runtime, activator, controller)));
}
