// Which API server, and as whom: the service account of the pod we run in, or a kubeconfig. Owns the connections' reuse.
// Does not own what is asked. Invariant: no request waits for ever, whoever makes it.
import { KubeConfig, type RequestContext } from '@kubernetes/client-node';

/** A request that says nothing else is given up after this (ms). */
export const REQUEST_TIMEOUT_MS = 15_000;
/** The server's certificate authority may be renewed: now and then it is read again (ms). */
const CONNECTIONS_LAST_MS = 3_600_000;

/** The library opens new connections for each request; here all share one set. */
class SharedConnections extends KubeConfig {
  #connections: ReturnType<RequestContext['getDispatcher']>;
  #until = 0;

  override async applySecurityAuthentication(context: RequestContext): Promise<void> {
    await super.applySecurityAuthentication(context);
    if (context.getSignal() === undefined) context.setSignal(AbortSignal.timeout(REQUEST_TIMEOUT_MS));
    const fresh = context.getDispatcher();
    if (fresh === undefined) return;
    const now = performance.now();
    if (this.#connections === undefined || now > this.#until) {
      this.#connections = fresh;
      this.#until = now + CONNECTIONS_LAST_MS;
    }
    context.setDispatcher(this.#connections);
  }
}

/** `kubeconfig` is a file; without it KUBECONFIG, then `~/.kube/config`, then the pod's service account. */
export function loadConfig(kubeconfig?: string): KubeConfig {
  const config = new SharedConnections();
  if (kubeconfig === undefined) config.loadFromDefault();
  else config.loadFromFile(kubeconfig);
  return config;
}

/** For a server that wants no credentials, such as a test's. */
export function configOf(server: string): KubeConfig {
  const config = new SharedConnections();
  config.loadFromClusterAndUser({ name: 'given', server, skipTLSVerify: true }, { name: 'nobody' });
  return config;
}
