// The kubeconfig of the platform in one process, for kubectl and for our own command line: which server, and by which names.
// Does not own the addresses. JSON, which is YAML too. Whoever reads it sees a whole one, at any moment.
import { renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** The name of the cluster, the context and the user in it. */
const name = 'agentcube-local';

/** Where it lies. It stays when the platform ends: the next start writes it anew, over the same address as a rule. */
export const kubeconfigFileIn = (dataDir: string): string => path.join(dataDir, 'kubeconfig');

export interface Addresses {
  readonly controlUrl: string;
  readonly activatorUrl: string;
}

/** An address to listen on is none to call where it means all of them. */
const callable = (url: string): string =>
  url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:');

/** As kubectl reads it; the extension says for our own command line what Kubernetes has no name for. */
export function kubeconfig({ controlUrl, activatorUrl }: Addresses): object {
  const [control, activator] = [callable(controlUrl), callable(activatorUrl)];
  const extensions = [{ name: 'agentcube', extension: { control, activator } }];
  return {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    // There is no TLS to verify; Kubernetes' own JavaScript client refuses plain HTTP where nobody says so.
    clusters: [{ name, cluster: { server: control, 'insecure-skip-tls-verify': true, extensions } }],
    contexts: [{ name, context: { cluster: name, user: name, namespace: 'default' } }],
    users: [{ name, user: {} }],
  };
}

/** Writes it, for nobody else to read. Answers where. */
export function writeKubeconfig(dataDir: string, addresses: Addresses): string {
  const file = kubeconfigFileIn(dataDir);
  const fresh = `${file}.${process.pid}`;
  writeFileSync(fresh, `${JSON.stringify(kubeconfig(addresses), null, 2)}\n`, { mode: 0o600 });
  renameSync(fresh, file);
  return file;
}
