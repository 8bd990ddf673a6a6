// Owns: the way out of a sandbox, to the platform and nowhere else: a port of the sandbox's own loopback interface for each of the
// platform's two sockets, under the names that clients of AgentCube read. Does not own what may be asked there; the platform does.
// A sandbox outlives the platform, so each connection dials anew.
import type { AddressInfo } from 'node:net';
import { net, path } from './builtins.ts';
import { joined } from './forward.ts';

/** Each variable and the socket that it leads to. */
const sockets: Readonly<Record<string, string>> = {
  WORKLOAD_MANAGER_URL: 'control.sock',
  ROUTER_URL: 'activator.sock',
};

function listenFor(socketPath: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const server = net().createServer({ allowHalfOpen: true, pauseOnConnect: true }, (client) => {
      const platform = net().connect({ path: socketPath, allowHalfOpen: true });
      const refused = (): void => void client.destroy();
      platform.once('error', refused);
      platform.once('connect', () => {
        platform.off('error', refused);
        joined(client, platform);
      });
    });
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () =>
      resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    );
  });
}

/** @returns the variables by which the agent finds the platform whose sockets lie in the directory. */
export async function openPlatform(directory: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const [name, socket] of Object.entries(sockets))
    found[name] = await listenFor(path.join(directory, socket));
  return found;
}
