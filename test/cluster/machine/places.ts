// Owns: where the test cluster lives on this machine: its folder, its addresses, its programs.
// Does not own: what runs there (programs.ts). Invariant: everything the cluster writes is below `folder`,
// but for what the kernel and the kubelet insist on, which leftovers.ts knows and removes.
import { execFileSync } from 'node:child_process';
import path from 'node:path';

const here = import.meta.dirname;

/** The folder with everything of the one test cluster a machine can have. */
export const folder = process.env['AGENTCUBE_TEST_CLUSTER'] ?? '/var/lib/agentcube-test-cluster';

/** A path below the cluster's folder. */
export const at = (...names: readonly string[]): string => path.join(folder, ...names);

export const kubeconfigOf = (who: string): string => at('identities', `${who}.kubeconfig`);
/** The administrator's. */
export const kubeconfig = kubeconfigOf('admin');
export const containerdSocket = at('containerd.sock');

/** The node: the gateway of its pods' bridge, so that nothing listens on an address that others can reach. */
export const node = { name: 'agentcube-test', address: '10.213.0.1', bridge: 'agentcube-test' } as const;
export const podRange = '10.213.0.0/16';
export const serviceRange = '10.214.0.0/16';
/** What `kubernetes.default` gets: the first address of the services' range. */
export const kubernetesService = '10.214.0.1';
export const apiServer = `https://${node.address}:6443`;
export const pauseImage = 'docker.io/agentcube-test/pause:1';

let built: string | undefined;

/** The path of one of the cluster's programs; builds them when this machine has none. */
export function program(name: string): string {
  built ??= execFileSync(path.join(here, 'parts'), { stdio: ['ignore', 'pipe', 'inherit'] })
    .toString()
    .trim();
  return path.join(built, name);
}
