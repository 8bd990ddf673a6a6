// Owns: reading the command line and environment of the programs inside a sandbox. Pure: what is wrong is thrown as OptionError.
// Does not own: acting on it.

export class OptionError extends Error {}

export type Environment = Readonly<Record<string, string | undefined>>;

export interface DaemonOptions {
  readonly mode: 'daemon';
  /** A socket path, or a TCP port where no socket is given. */
  readonly listen: { socket: string } | { port: number };
  /** Undefined: the current directory. */
  readonly workspace: string | undefined;
  /** Undefined: no authentication (AGENTCUBE_AUTH_MODE=none). */
  readonly publicKey: string | undefined;
  readonly sessionId: string | undefined;
  readonly busyDirectory: string | undefined;
  readonly outputLimitBytes: number;
}

export interface AgentModeOptions {
  readonly mode: 'agent';
  readonly command: readonly string[];
  readonly ports: readonly number[];
  readonly runDirectory: string;
  readonly platformDirectory: string | undefined;
}

const DEFAULT_PORT = 8080;
const DEFAULT_RUN_DIRECTORY = '/run/agentcube';
const DEFAULT_OUTPUT_LIMIT_BYTES = 16 * 1024 * 1024;

/** DER of the object identifier rsaEncryption, 1.2.840.113549.1.1.1. */
const RSA_OID = Buffer.from('2a864886f70d010101', 'hex');

/**
 * Whether the text looks like a PEM public RSA key. The real parsing waits for the first token: loading OpenSSL's key code at
 * start would cost every idle daemon 1.1 MB.
 */
export function looksLikeRsaPublicKey(pem: string): boolean {
  const match = /-----BEGIN PUBLIC KEY-----([A-Za-z0-9+/=\s]+)-----END PUBLIC KEY-----/.exec(pem);
  const der = Buffer.from(match?.[1] ?? '', 'base64');
  return der[0] === 0x30 && der.includes(RSA_OID);
}

/** An empty variable is an absent one. */
const setting = (environment: Environment, name: string): string | undefined =>
  environment[name] === '' ? undefined : environment[name];

function parsePort(text: string, source: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port >= 1 && port <= 65535) return port;
  throw new OptionError(`${source} = "${text}", must be a port from 1 to 65535`);
}

function parseLimit(text: string | undefined): number {
  if (text === undefined) return DEFAULT_OUTPUT_LIMIT_BYTES;
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new OptionError(`AGENTCUBE_OUTPUT_LIMIT_BYTES = "${text}", must be a whole number of bytes above 0`);
}

/** PicoD's flags, in Go's four spellings: `-port 1`, `--port 1`, `-port=1`, `--port=1`. Others (klog's) are ignored. */
function flag(args: readonly string[], name: string): string | undefined {
  for (const [index, arg] of args.entries()) {
    const match = /^--?([a-z-]+)(?:=(.*))?$/s.exec(arg);
    if (match?.[1] === name) return match[2] ?? args[index + 1];
  }
  return undefined;
}

function parseDaemon(args: readonly string[], environment: Environment): DaemonOptions {
  const socket = setting(environment, 'AGENTCUBE_SOCKET');
  const isOpen = setting(environment, 'AGENTCUBE_AUTH_MODE') === 'none';
  const publicKey = isOpen ? undefined : setting(environment, 'PICOD_AUTH_PUBLIC_KEY');
  if (!isOpen && !looksLikeRsaPublicKey(publicKey ?? '')) {
    const seen = publicKey === undefined ? 'is missing' : 'is no such key';
    throw new OptionError(
      `PICOD_AUTH_PUBLIC_KEY ${seen}, must be a PEM public RSA key (or AGENTCUBE_AUTH_MODE=none)`,
    );
  }
  const port = parsePort(flag(args, 'port') ?? String(DEFAULT_PORT), '--port');
  return {
    mode: 'daemon',
    listen: socket === undefined ? { port } : { socket },
    workspace: setting(environment, 'AGENTCUBE_WORKSPACE') ?? (flag(args, 'workspace') || undefined),
    publicKey,
    sessionId: setting(environment, 'AGENTCUBE_SESSION_ID'),
    busyDirectory: setting(environment, 'AGENTCUBE_BUSY_DIR'),
    outputLimitBytes: parseLimit(setting(environment, 'AGENTCUBE_OUTPUT_LIMIT_BYTES')),
  };
}

function parseAgent(args: readonly string[], environment: Environment): AgentModeOptions {
  const command = args[0] === '--' ? args.slice(1) : args;
  if (command.length === 0)
    throw new OptionError('agent mode needs a command: main.ts agent -- command args...');
  const ports = setting(environment, 'AGENTCUBE_PORTS') ?? String(DEFAULT_PORT);
  return {
    mode: 'agent',
    command,
    ports: ports.split(',').map((text) => parsePort(text.trim(), 'AGENTCUBE_PORTS')),
    runDirectory: setting(environment, 'AGENTCUBE_RUN_DIR') ?? DEFAULT_RUN_DIRECTORY,
    platformDirectory: setting(environment, 'AGENTCUBE_PLATFORM_DIR'),
  };
}

/** @param args the words behind the program's name: `[daemon] [flags]` or `agent -- command args...`. */
export function parseOptions(
  args: readonly string[],
  environment: Environment,
): DaemonOptions | AgentModeOptions {
  const [mode, ...rest] = args;
  if (mode === 'agent') return parseAgent(rest, environment);
  return parseDaemon(mode === 'daemon' ? rest : args, environment);
}

/** What a command or an agent inherits: everything but the platform's own socket. */
export function inheritedEnvironment(environment: Environment): Record<string, string> {
  const { AGENTCUBE_SOCKET: _socket, ...rest } = environment;
  return Object.fromEntries(
    Object.entries(rest).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
