// Owns: the door for agents in sandboxes, which have no network: unix sockets in the data folder that the driver shows to those agents
// whose YAML asks for the platform's address. What they may ask is what AgentCube's clients ask: open sessions, call those whose id
// they know, end them. They cannot list, deploy or watch anything, so another's session stays another's.
import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import type { RequestListener, Server } from 'node:http';
import path from 'node:path';
import { errorBody, PlatformError, statusOf } from '../model/errors.ts';

/** Routes of the control port that are AgentCube's own. */
const allowed: readonly RegExp[] = [
  /^POST \/v1\/(agent-runtime|code-interpreter)$/,
  /^DELETE \/v1\/(agent-runtime|code-interpreter)\/sessions\/[^/]+$/,
  /^GET \/health$/,
];

/** Hands on what an agent may ask, and refuses the rest with FORBIDDEN. */
export const forAgents =
  (otherwise: RequestListener): RequestListener =>
  (request, response) => {
    const line = `${request.method} ${(request.url ?? '/').replace(/\?.*/s, '')}`;
    if (allowed.some((route) => route.test(line))) return otherwise(request, response);
    const error = new PlatformError(
      'FORBIDDEN',
      'an agent may open sessions and end them; it may not list or change anything else',
    );
    const body = JSON.stringify(errorBody(error));
    response.writeHead(statusOf(error.code), { 'content-type': 'application/json; charset=utf-8' }).end(body);
    request.resume();
  };

/** The folder in which the driver looks for the sockets. */
const innerDoorIn = (dataDir: string): string => path.join(dataDir, 'platform');

function listenOn(server: Server, socketPath: string): Promise<void> {
  // What an earlier platform left; the data folder has one owner at a time.
  rmSync(socketPath, { force: true });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(socketPath, () => {
      chmodSync(socketPath, 0o666);
      resolve();
    });
  });
}

/** Makes the folder. Before the driver is opened: a sandbox that starts while it is not there has no door for all its life. */
export function makeInnerDoor(dataDir: string): void {
  const folder = innerDoorIn(dataDir);
  mkdirSync(folder, { recursive: true });
  // Each sandbox has a uid of its own; which of them see the folder is the driver's business.
  chmodSync(folder, 0o711);
}

/** Listens for agents; both servers are the caller's to close. */
export async function openInnerDoor(dataDir: string, control: Server, activator: Server): Promise<void> {
  const folder = innerDoorIn(dataDir);
  await listenOn(control, path.join(folder, 'control.sock'));
  await listenOn(activator, path.join(folder, 'activator.sock'));
}
