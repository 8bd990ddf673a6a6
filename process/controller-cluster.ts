// What a controller has on a cluster: the key in its Secret, the Lease, the node agents, the driver, runtimes and triggers, and how callers
// and the API server itself show who they are. Does not own who leads, nor what is done with any of it.
import { clusterRuntimes } from '../adapters/kubernetes/runtimes.ts';
import { createOwnerTokens } from '../adapters/jwt/identity-token.ts';
import type { Cluster } from '../adapters/kubernetes/client.ts';
import { createKubernetesDriver } from '../adapters/kubernetes/driver.ts';
import { PublishedFrontProxy } from '../adapters/kubernetes/front-proxy.ts';
import { LeasedElection } from '../adapters/kubernetes/lease.ts';
import type { NodeAgents } from '../adapters/kubernetes/node-agent.ts';
import { clusterTriggers } from '../adapters/kubernetes/triggers.ts';
import { clusterReviews } from '../adapters/kubernetes/token-review.ts';
import type { Fence, RedisLink } from '../adapters/redis/link.ts';
import { systemClock as clock } from '../adapters/system/clock.ts';
import type { LeaderElection } from '../model/leader-election.ts';
import { clusterKey, openCluster, openNodeAgents, type ClusterPlace } from './cluster.ts';
import { checkHome } from './home.ts';
import type { Log } from './logging.ts';

export interface ControllerClusterOptions extends ClusterPlace {
  readonly watchNamespace?: string | undefined;
  readonly nodeAgentPort: number;
  readonly sandboxClaims: 'auto' | 'on' | 'off';
  readonly startTimeoutSeconds: number;
  readonly log: Log;
  readonly say: (line: string) => void;
}

/** Tells one cluster from every other, as everybody does: no object of a cluster lives longer. */
async function homeOf(cluster: Cluster): Promise<{ readonly id: string; readonly where: string }> {
  const named = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kube-system' } };
  const found = await cluster.read<{ readonly metadata?: { readonly uid?: string } }>(named);
  const server = cluster.config.getCurrentCluster()?.server ?? 'a cluster';
  return { id: `kubernetes:${found?.metadata?.uid ?? ''}`, where: `the cluster at ${server}` };
}

type OpenedDriver = Awaited<ReturnType<typeof createKubernetesDriver>>;

const remedy = 'give every controller the same cluster, or this one a Redis or --redis-key-prefix of its own';

export class ControllerCluster {
  readonly kind = 'cluster';
  readonly #options: ControllerClusterOptions;
  readonly #cluster: Cluster;
  #prepared: { readonly publicKeyPem: string; readonly agents: NodeAgents } | undefined;

  /** Throws a StartError when there is nothing that tells where the cluster is. */
  constructor(options: ControllerClusterOptions) {
    this.#options = options;
    this.#cluster = openCluster(options);
  }

  /** The election of which only the holder of the Lease takes part. */
  election(election: LeaderElection): LeaderElection {
    const { log } = this.#options;
    const cluster = this.#cluster;
    return new LeasedElection({
      ...{ cluster, namespace: cluster.namespace, name: 'agentcube-controller' },
      ...{ election, clock, log },
    });
  }

  runtimes(): ReturnType<typeof clusterRuntimes> {
    const { log, watchNamespace } = this.#options;
    const only = watchNamespace === undefined ? {} : { namespace: watchNamespace };
    return clusterRuntimes({ cluster: this.#cluster, clock, log, ...only });
  }

  triggers(): ReturnType<typeof clusterTriggers> {
    const { log, watchNamespace } = this.#options;
    const only = watchNamespace === undefined ? {} : { namespace: watchNamespace };
    return clusterTriggers({ cluster: this.#cluster, clock, log, ...only });
  }

  reviews(): ReturnType<typeof clusterReviews> {
    return clusterReviews(this.#cluster);
  }

  frontProxy(): PublishedFrontProxy {
    return new PublishedFrontProxy({ cluster: this.#cluster, clock, log: this.#options.log });
  }

  /** Makes the Secret where there is none, and waits while the API server is away. */
  async prepare(): Promise<void> {
    const key = await clusterKey(this.#cluster, { make: true, say: this.#options.say });
    this.#prepared = { publicKeyPem: key.publicPem, agents: openNodeAgents(key, this.#options.log) };
  }

  /** Undefined before `prepare`. */
  ownerTokens(): ReturnType<typeof createOwnerTokens> | undefined {
    return this.#prepared && createOwnerTokens(this.#prepared.publicKeyPem, clock);
  }

  close(): void {
    this.#prepared?.agents.close();
  }

  /** For one term. Rejects with what a person can do about it, or CLUSTER_UNAVAILABLE. */
  async openDriver(link: RedisLink, fence: Fence): Promise<OpenedDriver> {
    const { log, nodeAgentPort, sandboxClaims, startTimeoutSeconds, watchNamespace } = this.#options;
    const cluster = this.#cluster;
    if (!this.#prepared) throw new Error('prepare comes first');
    await checkHome(link, fence, await homeOf(cluster), remedy);
    return createKubernetesDriver({
      ...{ cluster, clock, log, nodeAgentPort, sandboxClaims, ...this.#prepared },
      platform: cluster.namespace,
      ...(watchNamespace !== undefined && { namespace: watchNamespace }),
      startTimeoutMs: startTimeoutSeconds * 1_000,
    });
  }
}
