// Owns: the commands of the test cluster: start, stop, restart of one program, and what is running.
// Does not own: any step's detail. Invariants: start and stop may be repeated and interrupted; a machine that has a Kubernetes of somebody else is left alone.
import fs from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { logOf, pidOf, start, stop, until } from './daemons.ts';
import { writeFiles } from './files.ts';
import { makeIdentities } from './identities.ts';
import { importImages } from './images.ts';
import { leftovers, removeLeftovers } from './leftovers.ts';
import { openNetwork } from './network.ts';
import { at, containerdSocket, folder, kubeconfig, node, program, serviceRange } from './places.ts';
import { agentSandbox, kubectl, names, programs } from './programs.ts';

interface CustomResourceDefinition {
  readonly spec: { conversion: unknown };
  readonly status?: {
    readonly conditions?: readonly { readonly type: string; readonly status: string }[] | null;
  };
}

const say = (line: string): void => void process.stderr.write(`test cluster: ${line}\n`);

const environment = (): string =>
  [
    `KUBECONFIG=${kubeconfig}`,
    `AGENTCUBE_TEST_CLUSTER=${folder}`,
    `AGENTCUBE_TEST_CLUSTER_PROGRAMS=${program('.')}`,
    `CONTAINERD_ADDRESS=${containerdSocket}`,
    'CONTAINERD_NAMESPACE=k8s.io',
    `NODE_NAME=${node.name}`,
    `NODE_ADDRESS=${node.address}`,
    `SERVICE_RANGE=${serviceRange}`,
  ].join('\n');

function mustBeAlone(): void {
  if (process.getuid?.() !== 0)
    throw new Error('The test cluster needs root: it makes interfaces, mounts and control groups.');
  if (names.some((name) => pidOf(name) !== undefined)) return;
  const found = leftovers();
  const others = fs.existsSync(folder) ? [] : found;
  if (others.length > 0)
    throw new Error(`There is a Kubernetes on this machine already:\n  ${others.join('\n  ')}`);
}

/** True once the API server serves what the file defines. */
function isEstablished(file: string): boolean {
  const { status } = JSON.parse(kubectl('get', '-f', file, '-o', 'json')) as CustomResourceDefinition;
  return status?.conditions?.some(({ type, status: is }) => type === 'Established' && is === 'True') ?? false;
}

async function installAgentSandbox(): Promise<void> {
  // As a program of this machine it has no Service at which the API server could ask it for conversions.
  const folder = program('agent-sandbox-crds/crds');
  for (const file of fs.readdirSync(folder)) {
    const definition = parse(fs.readFileSync(path.join(folder, file), 'utf8')) as CustomResourceDefinition;
    definition.spec.conversion = { strategy: 'None' };
    const copy = at('run', `${file}.json`);
    fs.writeFileSync(copy, JSON.stringify(definition));
    kubectl('apply', '--server-side', '--force-conflicts', '-f', copy);
    await until(file, () => isEstablished(copy));
  }
  await start(agentSandbox());
}

async function startCluster(options: readonly string[]): Promise<void> {
  mustBeAlone();
  fs.mkdirSync(at('run'), { recursive: true });
  writeFiles();
  makeIdentities();
  openNetwork();
  for (const daemon of programs()) {
    const begin = Date.now();
    await start(daemon);
    if (daemon.name === 'containerd') await importImages();
    say(`${daemon.name} serves (${((Date.now() - begin) / 1000).toFixed(1)} s)`);
  }
  if (!options.includes('--without-agent-sandbox')) await installAgentSandbox();
  process.stdout.write(`${environment()}\n`);
}

async function stopCluster(): Promise<void> {
  for (const name of names) await stop(name);
  await removeLeftovers();
  const left = leftovers();
  if (left.length > 0) throw new Error(`Not everything went:\n  ${left.join('\n  ')}`);
  say('stopped, nothing is left');
}

async function restart(name: string): Promise<void> {
  const daemon = [...programs(), agentSandbox()].find((one) => one.name === name);
  if (daemon === undefined) throw new Error(`${name} is none of ${names.join(', ')}`);
  await stop(name, 0);
  await start(daemon);
}

const status = (): string =>
  names
    .map((name) => `${pidOf(name) === undefined ? 'stopped' : 'running'} ${name} ${logOf(name)}`)
    .join('\n');

const commands: Readonly<Record<string, (args: readonly string[]) => Promise<unknown> | void>> = {
  start: startCluster,
  stop: stopCluster,
  restart: ([name = '']) => restart(name),
  env: () => void process.stdout.write(`${environment()}\n`),
  status: () => void process.stdout.write(`${status()}\n`),
};

const [name = '', ...args] = process.argv.slice(2);
try {
  const command = commands[name];
  if (command === undefined) throw new Error(`Usage: main.ts ${Object.keys(commands).join(' | ')}`);
  await command(args);
} catch (fault) {
  say(fault instanceof Error ? fault.message : String(fault));
  process.exitCode = 1;
}
