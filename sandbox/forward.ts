// Owns: carrying bytes between a unix socket that the platform dials and the TCP port an agent listens on: both directions,
// half-close passed on, back-pressure by pipe. Does not own: the agent, or what the bytes mean.
// While the agent refuses, the caller's connection is reset before any byte: the platform then knows that nothing was heard.
import type { Server, Socket } from 'node:net';
import { fs, net } from './builtins.ts';
import { errorCode } from './go-errors.ts';

/** An agent told to listen on `localhost` may get either. */
const HOSTS = ['127.0.0.1', '::1'] as const;

/** Carries bytes both ways between two open sockets until both are done; one that breaks takes the other with it. */
export function joined(client: Socket, agent: Socket): void {
  const endBoth = (): void => {
    client.destroy();
    agent.destroy();
  };
  client.on('error', endBoth);
  agent.on('error', endBoth);
  // `close` without `end` is a reset from one side: it must not look like an orderly end on the other.
  client.on('close', (hadError) => hadError && agent.destroy());
  agent.on('close', (hadError) => hadError && client.destroy());
  client.pipe(agent);
  agent.pipe(client);
}

function dial(client: Socket, port: number, hosts: readonly string[]): void {
  const [host, ...others] = hosts;
  if (host === undefined) return void client.destroy();
  const agent = net().connect({ host, port, allowHalfOpen: true, noDelay: true });
  const refused = (): void => {
    dial(client, port, others);
  };
  agent.once('error', refused);
  agent.once('connect', () => {
    agent.off('error', refused);
    if (client.destroyed) agent.destroy();
    else joined(client, agent);
  });
}

/** Whether somebody answers on the socket: a file that nobody answers on was left by an earlier run. */
function isAlive(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = net().connect(socketPath);
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', () => {
      resolve(false);
    });
  });
}

/** Removes a socket file that nobody listens on; false if somebody does. */
export async function removeStaleSocket(socketPath: string): Promise<boolean> {
  if (await isAlive(socketPath)) return false;
  fs.rmSync(socketPath, { force: true });
  return true;
}

function listen(server: Server, socketPath: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(socketPath, () => {
      fs.chmodSync(socketPath, 0o666);
      resolve(server);
    });
  });
}

/**
 * Forwards connections on `socketPath` to the agent's `port`.
 * @returns undefined when somebody already listens there: an agent that speaks on the unix socket itself needs no forwarder.
 */
export async function forwardPort(socketPath: string, port: number): Promise<Server | undefined> {
  if (!(await removeStaleSocket(socketPath))) return undefined;
  const options = { allowHalfOpen: true, pauseOnConnect: true };
  const server = net().createServer(options, (client) => {
    client.on('error', () => client.destroy());
    dial(client, port, HOSTS);
  });
  try {
    return await listen(server, socketPath);
  } catch (error) {
    if (errorCode(error) === 'EADDRINUSE') return undefined;
    throw error;
  }
}
