// Folders of YAML as a user would write them, made of what a test wants to vary.
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll } from '@jest/globals';
import { stringify } from 'yaml';

const agents = path.resolve(import.meta.dirname, '../e2e/agents');

/** Removed at the end of the test file that imports this. */
const made: string[] = [];
afterAll(() => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true });
});

/** A temporary folder with these files; the caller may add and change files in it. */
export function writeFolder(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'agentcube-yaml-'));
  made.push(folder);
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text);
  return folder;
}

/** A table in which the image `probe` is a copy of test/e2e/agents/probe. */
export const probeImages = stringify({
  images: [{ name: 'probe', folder: path.join(agents, 'probe'), command: ['node', '/app/agent.ts'] }],
});

export interface AgentOptions {
  readonly name: string;
  readonly image?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly limits?: Readonly<Record<string, string>>;
  /** Fields of `spec` beside the pod: pauseAfter, warmPoolSize, sessionTimeout, maxSessionDuration, … */
  readonly spec?: Readonly<Record<string, unknown>>;
}

/** An AgentRuntime as YAML. */
export function agentYaml({ name, image = 'probe', env = {}, limits, spec }: AgentOptions): string {
  const container = {
    name,
    image,
    env: Object.entries(env).map(([key, value]) => ({ name: key, value })),
    ...(limits && { resources: { limits } }),
    readinessProbe: { httpGet: { path: '/health', port: 8080 }, periodSeconds: 1 },
  };
  return stringify({
    apiVersion: 'runtime.agentcube.volcano.sh/v1alpha1',
    kind: 'AgentRuntime',
    metadata: { name },
    spec: {
      targetPort: [{ pathPrefix: '/', port: 8080, protocol: 'HTTP' }],
      podTemplate: { spec: { containers: [container] } },
      ...spec,
    },
  });
}

/** A folder that deploys probe agents. */
export const probeFolder = (...options: readonly AgentOptions[]): string =>
  writeFolder({
    'images.yaml': probeImages,
    ...Object.fromEntries(options.map((one) => [`${one.name}.yaml`, agentYaml(one)])),
  });

/** A copy of a folder that a test may change. */
export function copyFolder(source: string): string {
  const folder = writeFolder({});
  cpSync(source, folder, { recursive: true });
  return folder;
}
