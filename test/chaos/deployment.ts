// What a chaos run deploys: two runtimes of the remembering agent, one with a warm pool and one without, that fall asleep fast.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { stringify } from 'yaml';

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
