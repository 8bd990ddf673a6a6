// `agentcube publish`: deploys what was built as an AgentRuntime, on a cluster after pushing its image.
import path from 'node:path';
import { json } from 'node:stream/consumers';
import type { Command } from 'commander';
import type { App, Run } from '../app.ts';
import { runChild } from '../children.ts';
import type { Target } from '../contexts/target.ts';
import { misused } from '../failure.ts';
import { examples } from '../flags.ts';
import { deployables } from '../kinds.ts';
import { readMetadata, writeMetadata, type Metadata } from '../metadata.ts';
import { pathOf, type Deployed } from '../things/deployed.ts';

interface Flags {
  readonly workspace: string;
  readonly version?: string;
  readonly imageUrl?: string;
  readonly imageUsername?: string;
  readonly imagePassword?: string;
  readonly description?: string;
  readonly provider: string;
  readonly push: boolean;
}

interface Variable {
  readonly name: string;
  readonly value: string;
}

function variablesOf({ env = {} }: Metadata): Variable[] {
  const pairs = Array.isArray(env)
    ? (env as readonly { readonly name: string; readonly value?: string }[]).map(
        ({ name, value = '' }): Variable => ({ name, value }),
      )
    : Object.entries(env).map(([name, value]): Variable => ({ name, value: String(value) }));
  return pairs;
}

/** Where an agent finds the platform from within a cluster; on a laptop the platform says it itself. */
function platformVariables(metadata: Metadata, target: Target, platformNamespace: string): Variable[] {
  if (target.where === 'laptop') return [];
  const at = (service: string): string => `http://${service}.${platformNamespace}.svc:8080`;
  return [
    { name: 'WORKLOAD_MANAGER_URL', value: metadata.workload_manager_url ?? at('workloadmanager') },
    { name: 'ROUTER_URL', value: metadata.router_url ?? at('agentcube-router') },
  ];
}

function probeOf({ readiness_probe_path: path_, readiness_probe_port: port, port: own }: Metadata): object {
  if (path_ === undefined) return {};
  return { readinessProbe: { httpGet: { path: path_, port: port ?? own }, initialDelaySeconds: 3 } };
}

/** As AgentCube's own command makes it. */
export function runtimeOf(
  metadata: Metadata,
  image: string,
  namespace: string,
  env: readonly Variable[],
): object {
  const { agent_name: name, port, description } = metadata;
  const container = {
    name: 'runtime',
    image,
    ports: [{ name: 'http', containerPort: port }],
    env,
    ...probeOf(metadata),
  };
  return {
    apiVersion: `${deployables[0].group}/${deployables[0].version}`,
    kind: 'AgentRuntime',
    metadata: { name, namespace, ...(description !== undefined && { annotations: { description } }) },
    spec: {
      targetPort: [{ pathPrefix: '/', port, protocol: 'HTTP' }],
      podTemplate: { labels: { app: name }, spec: { restartPolicy: 'Always', containers: [container] } },
      sessionTimeout: '15m',
      maxSessionDuration: '8h',
    },
  };
}

async function push(run: Run<Flags>, local: string, image: string): Promise<void> {
  const { io, out, flags } = run;
  const missing = 'install Docker, or push the image yourself and add --no-push';
  const onOutput = (text: string): void => out.trace(text.trimEnd());
  const docker = (args: readonly string[], input?: string): Promise<string> =>
    runChild(io, { program: 'docker', args, missing, onOutput, ...(input !== undefined && { input }) });
  const { imageUsername: user, imagePassword: password } = flags;
  if (user !== undefined && password !== undefined) {
    const [first = ''] = image.split('/');
    await docker(['login', '-u', user, '--password-stdin', ...(/[.:]/.test(first) ? [first] : [])], password);
  }
  if (local !== image) await docker(['tag', local, image]);
  await docker(['push', image]);
}

/** The image as the platform is to name it, pushed where that is needed. */
async function imageOf(run: Run<Flags>, metadata: Metadata, target: Target): Promise<string> {
  const { flags, out } = run;
  const version = flags.version ?? metadata.version;
  if (version === undefined)
    throw misused('it was not built yet', `first: agentcube build -f ${flags.workspace}`);
  const local = `${metadata.agent_name}:${version}`;
  const url =
    flags.imageUrl ??
    (metadata.registry_url === undefined ? undefined : `${metadata.registry_url}/${metadata.agent_name}`);
  if (target.where === 'laptop' && flags.imageUrl === undefined) return local;
  if (url === undefined)
    throw misused(
      `${target.name} is a cluster: say where the image goes`,
      'such as: --image-url docker.io/me/my-agent',
    );
  const last = url.slice(url.lastIndexOf('/') + 1);
  const image = last.includes(':') ? url : `${url}:${version}`;
  if (flags.push) await out.during(`pushing ${image}`, () => push(run, local, image));
  return image;
}

async function publish(run: Run<Flags>): Promise<void> {
  const { io, out, flags } = run;
  if (flags.provider !== 'agentcube')
    throw misused(
      `--provider ${flags.provider}: only agentcube is served here`,
      'kubectl create deployment deploys an image without the platform',
    );
  const workspace = path.resolve(io.cwd, flags.workspace);
  const metadata = await readMetadata(workspace);
  const target = await run.target();
  const image = await imageOf(run, metadata, target);
  const { namespace } = target;
  const platformNamespace = flags.platformNamespace ?? io.env['AGENTCUBE_PLATFORM_NAMESPACE'] ?? 'agentcube';
  const env = [...platformVariables(metadata, target, platformNamespace), ...variablesOf(metadata)];
  const described =
    flags.description === undefined ? metadata : { ...metadata, description: flags.description };
  const response = await target.api.stream(pathOf(deployables[0], namespace, metadata.agent_name), {
    method: 'PATCH',
    query: { fieldManager: 'agentcube', force: true, fieldValidation: 'Strict' },
    headers: { 'content-type': 'application/apply-patch+yaml', accept: 'application/json' },
    body: JSON.stringify(runtimeOf(described, image, namespace, env)),
  });
  const { metadata: made } = (await json(response)) as Deployed & {
    readonly metadata: { readonly uid?: string };
  };
  await writeMetadata(workspace, {
    ...described,
    agent_endpoint: target.router.url,
    ...(made.uid !== undefined && { agent_id: made.uid }),
  });
  await out.line(`agentruntime/${metadata.agent_name} published with ${image}`);
  out.note(`next: agentcube invoke -f ${flags.workspace} '{"prompt": "hello"}'`);
}

export function define(command: Command, app: App): void {
  command
    .option('-f, --workspace <folder>', "the agent's folder, built", '.')
    .option('--version <version>', 'another version than the one that was built last')
    .option('--image-url <image>', 'where the image goes: registry/name, or registry/name:tag')
    .option('--image-username <name>', 'who pushes it')
    .option('--image-password <password>', 'and with which password')
    .option('--description <text>', 'what it is for')
    .option('--provider <name>', 'agentcube, as AgentCube has it', 'agentcube')
    .option('--no-push', 'the image is in its registry already');
  examples(command, [
    'agentcube publish -f my-agent',
    'agentcube publish -f my-agent --image-url docker.io/me/my-agent',
  ]);
  app.act<Flags>(command, publish);
}
