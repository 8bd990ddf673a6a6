// Owns: what is run inside a sandbox and with which variables. Pure. An image's command and variables give way to the
// pod's, as in Kubernetes; the platform's own variables give way to nobody's.
import { PlatformError } from '../../model/errors.ts';
import type { SandboxSpec } from '../../model/sandbox-spec.ts';
import type { Workload } from '../../model/workload.ts';
import type { ImageUse } from './images.ts';
import type { Variable } from './options.ts';
import { relocate, type Places } from './places.ts';

/** Pairs of a runtime's port and the port that stands for it inside, which also names the socket. */
export type Listen = readonly (readonly [port: number, inside: number])[];

/** The port that stands for one of the runtime's. */
export const insidePort = (listen: Listen, port: number): number =>
  listen.find(([asked]) => asked === port)?.[1] ?? port;

export interface CommandInput {
  readonly spec: SandboxSpec;
  readonly image: ImageUse;
  readonly places: Places;
  readonly nodeFlags: readonly string[];
  readonly authPublicKeyPem: string;
  /** Where it listens for each port; the same number unless it shares the network with others. */
  readonly listen: Listen;
  /** Whether the platform listens for agents that may call it. */
  readonly platformListens: boolean;
}

/** All ports that somebody outside may ask: the runtime's, and the one that tells readiness. The default port is first. */
export function portsOf({ ports, readiness }: Workload): number[] {
  const asked = 'port' in readiness ? [readiness.port] : [];
  return [...new Set([...ports.map(({ port }) => port), ...asked])];
}

function agentCommand({ spec, image, places }: CommandInput): string[] {
  const { command, args = [], image: name } = spec.workload.container;
  const words = [...(command ?? image.command), ...args];
  if (words.length > 0) return words.map((word) => relocate(word, places));
  const reason = `neither the runtime nor the image table names a command for ${name}`;
  throw new PlatformError('SANDBOX_START_FAILED', reason, { reason });
}

/** The words of the command, with paths as seen inside. Throws SANDBOX_START_FAILED when nobody names one. */
export function argvOf(input: CommandInput): string[] {
  const { places, nodeFlags, image } = input;
  const program = [`${places.agentcube}/bin/node`, ...nodeFlags, `${places.agentcube}/daemon/main.mjs`];
  return image.daemon ? [...program, 'daemon'] : [...program, 'agent', '--', ...agentCommand(input)];
}

/** The folder in which it begins. */
export const cwdOf = ({ spec, places }: CommandInput): string =>
  relocate(spec.workload.container.workingDir ?? '/workspace', places);

function basics({ spec, places, listen }: CommandInput): Variable[] {
  const [first = 8080] = portsOf(spec.workload);
  return [
    { name: 'PATH', value: `${places.agentcube}/bin:/usr/local/bin:/usr/bin:/bin` },
    { name: 'HOME', value: places.workspace },
    { name: 'USER', value: 'agentcube' },
    { name: 'LANG', value: 'C.UTF-8' },
    { name: 'PORT', value: String(insidePort(listen, first)) },
  ];
}

/** The variables by which clients of AgentCube find the platform. */
const addressNames: ReadonlySet<string> = new Set(['WORKLOAD_MANAGER_URL', 'ROUTER_URL']);

/**
 * Whether this sandbox gets a way to the platform: an agent whose pod names one of its addresses. Their values are those of a
 * cluster; inside, the addresses that work here stand in their place. Code that a model wrote gets none.
 */
export const mayCallPlatform = ({ image, spec }: Pick<CommandInput, 'image' | 'spec'>): boolean =>
  !image.daemon && spec.workload.container.env.some(({ name }) => addressNames.has(name));

function ours(input: CommandInput): Variable[] {
  const { spec, image, places, listen, authPublicKeyPem } = input;
  const { workload, name } = spec;
  const ports = portsOf(workload);
  const [first = 8080] = ports;
  const forwarded = ports.map((port) => insidePort(listen, port)).join(',');
  return [
    { name: 'AGENTCUBE_SANDBOX_NAME', value: name },
    { name: 'AGENTCUBE_WORKSPACE', value: places.workspace },
    { name: 'AGENTCUBE_RUN_DIR', value: places.run },
    { name: 'AGENTCUBE_BUSY_DIR', value: `${places.run}/busy` },
    { name: 'AGENTCUBE_AUTH_MODE', value: workload.authMode },
    ...(image.daemon
      ? [{ name: 'AGENTCUBE_SOCKET', value: `${places.run}/${insidePort(listen, first)}.sock` }]
      : [{ name: 'AGENTCUBE_PORTS', value: forwarded }]),
    ...(input.platformListens && mayCallPlatform(input)
      ? [{ name: 'AGENTCUBE_PLATFORM_DIR', value: places.platform }]
      : []),
    ...(workload.authMode === 'picod' ? [{ name: 'PICOD_AUTH_PUBLIC_KEY', value: authPublicKeyPem }] : []),
  ];
}

/** All variables that the command gets; of two with one name the later wins, and each name is there once. */
export function environmentOf(input: CommandInput): Variable[] {
  const { image, spec } = input;
  const all = [...basics(input), ...image.environment, ...spec.workload.container.env, ...ours(input)];
  return [...new Map(all.map(({ name, value }) => [name, { name, value }])).values()];
}
