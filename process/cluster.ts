// What the programs of a cluster open alike: the API server, the platform's key, and the node agents.
// Does not own what is asked of them.
import { signingKeyOf, newKeyPems, readMountedKey, type SigningKey } from '../adapters/jwt/key.ts';
import { createServiceTokens } from '../adapters/jwt/service-token.ts';
import { connectKubernetes, type Cluster } from '../adapters/kubernetes/client.ts';
import { loadIdentity } from '../adapters/kubernetes/identity.ts';
import { createNodeAgents, type NodeAgents } from '../adapters/kubernetes/node-agent.ts';
import { systemClock as clock } from '../adapters/system/clock.ts';
import { StartError, wordsFor } from './failing.ts';
import type { Log } from './logging.ts';
import { clusterIsAway, patiently } from './patience.ts';

export interface ClusterPlace {
  readonly namespace?: string | undefined;
  readonly kubeconfig?: string | undefined;
}

/** Connects to nothing yet. Throws a StartError when there is nothing that tells where the cluster is. */
export function openCluster({ namespace, kubeconfig }: ClusterPlace): Cluster {
  try {
    return connectKubernetes({
      ...(namespace !== undefined && { namespace }),
      ...(kubeconfig !== undefined && { kubeconfig }),
    });
  } catch (fault) {
    throw new StartError(`where the cluster is cannot be read: ${wordsFor(fault)}`);
  }
}

/** The key in the cluster's Secret, made when `make` says so; waits while the API server is away or the Secret is not there yet. */
export async function clusterKey(
  cluster: Cluster,
  { make, say }: { readonly make: boolean; readonly say: (line: string) => void },
): Promise<SigningKey> {
  const { namespace } = cluster;
  const wanted = { cluster, namespace, ...(make && { makeKey: newKeyPems }) };
  const found = await patiently(() => loadIdentity(wanted), { passes: clusterIsAway, say });
  return signingKeyOf(found.privatePem, found.where);
}

/** The key in a mounted Secret. Rejects with a StartError when it is not there. */
export const mountedKey = (folder: string): Promise<SigningKey> =>
  readMountedKey(folder).catch((fault: unknown) => {
    throw new StartError(`the platform's key cannot be read from --identity-dir: ${wordsFor(fault)}`);
  });

/** Node agents believe whoever signs with the platform's key that a token is for them. */
export const openNodeAgents = (key: SigningKey, log: Log): NodeAgents =>
  createNodeAgents({
    tokens: createServiceTokens({ key, clock, audience: 'agentcube-node-agent' }),
    clock,
    log,
  });
