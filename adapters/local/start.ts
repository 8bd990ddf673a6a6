// Owns: putting one start together and asking until the sandbox is ready. Does not own what becomes of a failed start
// (sandbox.ts) nor the record of it.
import { existsSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import type { SandboxRef } from '../../model/sandbox.ts';
import type { SandboxSpec } from '../../model/sandbox-spec.ts';
import {
  argvOf,
  cwdOf,
  environmentOf,
  insidePort,
  mayCallPlatform,
  portsOf,
  type CommandInput,
  type Listen,
} from './command.ts';
import type { Host } from './host.ts';
import { linkKit } from './kit.ts';
import { launch } from './launcher.ts';
import { socketPath, type SandboxPaths } from './layout.ts';
import { hostPlaces, ownPlaces } from './places.ts';
import { daemonQuestion, questionOf, type Question } from './readiness.ts';
import type { SandboxRecord } from './record.ts';
import { prepareFiles } from './sandbox-files.ts';
import type { View } from './tiers/tier.ts';

export const defaultPidsLimit = 512;

/** A port of 127.0.0.1 that is free at this moment. */
async function freePort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as net.AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Ports that stand for the runtime's: their own, or free ones where agents share the host's network. */
export async function listenPorts({ workload }: SandboxSpec, own: boolean): Promise<Listen> {
  const listen: [number, number][] = [];
  for (const port of portsOf(workload)) listen.push([port, own ? port : await freePort()]);
  return listen;
}

function viewOf(host: Host, record: SandboxRecord, paths: SandboxPaths): View {
  const { spec, image, uid } = record;
  const folder = image.daemon ? undefined : path.join(host.layout.images, image.digest);
  const { platform } = host.layout;
  const places = host.tier.ownView ? ownPlaces : hostPlaces(paths, host.runtime.folder, folder, platform);
  const platformListens = existsSync(platform);
  const input: CommandInput = {
    spec,
    image,
    places,
    nodeFlags: host.nodeFlags,
    authPublicKeyPem: host.authPublicKeyPem,
    listen: record.listen,
    platformListens,
  };
  return {
    paths,
    runtime: host.runtime.folder,
    ...(folder !== undefined && { image: folder }),
    ...(platformListens && mayCallPlatform(input) && { platform }),
    ...(uid !== undefined && { uid }),
    hostname: spec.name.slice(0, 63),
    cwd: cwdOf(input),
    argv: argvOf(input),
    environment: environmentOf(input),
  };
}

/** Makes cgroups and files and starts the processes. Resolves with the id of the first of them. */
export async function launchSandbox(host: Host, record: SandboxRecord, paths: SandboxPaths): Promise<number> {
  const { spec, uid } = record;
  const { memoryBytes, cpus } = spec.workload.limits;
  const view = viewOf(host, record, paths);
  await prepareFiles(paths, uid);
  if (!host.tier.ownView) linkKit(host.layout.dataDir, host.runtime.folder);
  const folders = host.cgroups?.make(spec.id, { memoryBytes, cpus, pids: defaultPidsLimit });
  return launch({
    paths,
    launch: host.tier.launch(view),
    cgroups: folders?.all ?? [],
    ...(uid !== undefined && { uid }),
  });
}

const socketOf = (record: SandboxRecord, paths: SandboxPaths, port: number): string =>
  socketPath(paths, insidePort(record.listen, port));

/** The port inside whose listening tells that an agent is there. */
export function probedPort({ spec: { workload }, listen }: SandboxRecord): number {
  const [first = 8080] = portsOf(workload);
  return insidePort(listen, 'port' in workload.readiness ? workload.readiness.port : first);
}

/** How to learn that this sandbox is ready. */
export function readinessQuestion(record: SandboxRecord, paths: SandboxPaths): Question {
  const { workload } = record.spec;
  const [first = 8080] = portsOf(workload);
  if (record.image.daemon) return daemonQuestion(socketOf(record, paths, first));
  return questionOf(workload.readiness, (port) => socketOf(record, paths, port), first);
}

/** The doors of a ready sandbox. The code daemon has one socket, whatever ports its runtime names. */
export function refOf(record: SandboxRecord, paths: SandboxPaths): SandboxRef {
  const { id, name, workload } = record.spec;
  const [first = 8080] = portsOf(workload);
  const entryPoints = workload.ports.map(({ path: prefix, protocol, port }) => ({
    path: prefix,
    protocol,
    endpoint: `unix://${socketOf(record, paths, record.image.daemon ? first : port)}`,
  }));
  return { id, name, entryPoints };
}
