// The connection to the API server that everything else here shares. Owns how a request is made, its time limit, and what a
// failure means (cluster-failures.ts). Does not own what is asked, nor watching (reflector.ts).
// Invariant: a request is made once; only one that was refused for being one too many is made again.
import { setTimeout as wait } from 'node:timers/promises';
import {
  HttpMethod,
  KubernetesObjectApi,
  type ApiConstructor,
  type ApiType,
  type Configuration,
  type KubeConfig,
  type ResponseContext,
} from '@kubernetes/client-node';
import { clusterFault, isNotFound, refusalOf } from './cluster-failures.ts';
import { configOf, loadConfig } from './config.ts';
import { objectPath, pluralOf, resourcePath, type Identified } from './objects.ts';

export interface ConnectOptions {
  /** A file; without it KUBECONFIG, then `~/.kube/config`, then the pod's service account. */
  readonly kubeconfig?: string;
  /** Base URL of a server that wants no credentials. */
  readonly server?: string;
  /** Overrides the namespace of the service account or of the kubeconfig's context. */
  readonly namespace?: string;
}

export interface ClusterRequest {
  readonly method: keyof typeof HttpMethod;
  /** Absolute, without host: `/api/v1/pods`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: unknown;
  /** Of the body; JSON when not said. */
  readonly contentType?: string;
  readonly signal?: AbortSignal;
}

export type PatchKind = 'merge' | 'json' | 'strategic';

const patchTypes = {
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
  strategic: 'application/strategic-merge-patch+json',
} as const satisfies Record<PatchKind, string>;

/** Of a write: who makes it, and whether the object itself or a part of it (`status`). */
export interface WriteOptions {
  readonly fieldManager: string;
  readonly subresource?: string;
}

/** Every method rejects with ApiRefusal (the server said no) or PlatformError CLUSTER_UNAVAILABLE. */
export interface Cluster {
  readonly config: KubeConfig;
  /** The one this program runs in. */
  readonly namespace: string;
  readonly objects: KubernetesObjectApi;
  /** A typed API of the library. Its failures are the library's own: hand them to `clusterFault`. */
  api<T extends ApiType>(type: ApiConstructor<T>): T;
  /** The answer's JSON. */
  request<T>(request: ClusterRequest): Promise<T>;
  /** The answer while it comes, however long that takes; ends when `signal` says so. */
  stream(request: ClusterRequest & { readonly signal: AbortSignal }): Promise<ReadableStream<Uint8Array>>;
  read<T>(object: Identified): Promise<T | undefined>;
  create<T extends Identified>(object: T, options: WriteOptions): Promise<T>;
  /** Server-side apply. Fields that others own are taken over. */
  apply<T extends Identified>(object: T, options: WriteOptions): Promise<T>;
  patch<T>(object: Identified, body: unknown, options: WriteOptions & { kind?: PatchKind }): Promise<T>;
  /** Deletes; false when it was gone. `uid` deletes only that very object. */
  remove(object: Identified, options?: RemoveOptions): Promise<boolean>;
}

export interface RemoveOptions {
  readonly uid?: string;
  readonly graceSeconds?: number;
  readonly propagation?: 'Foreground' | 'Background' | 'Orphan';
}

/** Connects to nothing yet; throws when there is no configuration to be had. */
export function connectKubernetes(options: ConnectOptions = {}): Cluster {
  const config = options.server === undefined ? loadConfig(options.kubeconfig) : configOf(options.server);
  const context = config.getContextObject(config.getCurrentContext());
  return new Client(config, options.namespace ?? context?.namespace ?? 'default');
}

/** The library's transport without its typed layer: any path, any content type. */
class Transport {
  readonly configuration: Configuration;

  constructor(configuration: Configuration) {
    this.configuration = configuration;
  }

  async send(request: ClusterRequest): Promise<ResponseContext> {
    const { baseServer, authMethods, httpApi } = this.configuration;
    const context = baseServer.makeRequestContext(request.path, HttpMethod[request.method]);
    for (const [name, value] of Object.entries(request.query ?? {}))
      if (value !== undefined) context.setQueryParam(name, String(value));
    context.setHeaderParam('Accept', 'application/json');
    if (request.signal !== undefined) context.setSignal(request.signal);
    if (request.body !== undefined) {
      context.setHeaderParam('Content-Type', request.contentType ?? 'application/json');
      context.setBody(JSON.stringify(request.body));
    }
    await authMethods.default?.applySecurityAuthentication(context);
    return httpApi.send(context).toPromise();
  }
}

const TOO_MANY = 429;
const TRIES = 4;
const LONGEST_PATIENCE_MS = 2_000;

/** How long the server asks to wait (ms), of which no more than it is worth holding up somebody for. */
const patienceMs = ({ headers }: ResponseContext): number =>
  Math.min(LONGEST_PATIENCE_MS, (Number(headers['retry-after']) || 1) * 1000);

class Client implements Cluster {
  readonly config: KubeConfig;
  readonly namespace: string;
  readonly objects: KubernetesObjectApi;
  readonly #transport: Transport;

  constructor(config: KubeConfig, namespace: string) {
    this.config = config;
    this.namespace = namespace;
    this.objects = KubernetesObjectApi.makeApiClient(config);
    this.#transport = config.makeApiClient(Transport);
  }

  api<T extends ApiType>(type: ApiConstructor<T>): T {
    return this.config.makeApiClient(type);
  }

  async request<T>(request: ClusterRequest): Promise<T> {
    try {
      const answer = await this.#patiently(request);
      const text = await answer.body.text();
      if (answer.httpStatusCode >= 300) throw refusalOf(answer.httpStatusCode, text);
      return JSON.parse(text) as T;
    } catch (fault) {
      throw clusterFault(fault);
    }
  }

  async #patiently(request: ClusterRequest, left = TRIES): Promise<ResponseContext> {
    const answer = await this.#transport.send(request);
    if (answer.httpStatusCode !== TOO_MANY || left <= 1) return answer;
    await answer.body.text();
    await wait(patienceMs(answer), undefined, { ref: false });
    return this.#patiently(request, left - 1);
  }

  async stream(
    request: ClusterRequest & { readonly signal: AbortSignal },
  ): Promise<ReadableStream<Uint8Array>> {
    try {
      const { httpStatusCode, body } = await this.#transport.send(request);
      if (httpStatusCode >= 300) throw refusalOf(httpStatusCode, await body.text());
      const stream = body.stream();
      if (stream === null) throw new Error('the answer has no body');
      return stream;
    } catch (fault) {
      throw clusterFault(fault);
    }
  }

  async read<T>(object: Identified): Promise<T | undefined> {
    try {
      return await this.request<T>({ method: 'GET', path: objectPath(object) });
    } catch (fault) {
      if (isNotFound(fault)) return undefined;
      throw fault;
    }
  }

  create<T extends Identified>(object: T, { fieldManager, subresource }: WriteOptions): Promise<T> {
    const { apiVersion, kind, metadata } = object;
    const collection = resourcePath(apiVersion, pluralOf(kind), metadata.namespace);
    const path = subresource === undefined ? collection : objectPath(object, subresource);
    return this.request({ method: 'POST', path, query: { fieldManager }, body: object });
  }

  apply<T extends Identified>(object: T, { fieldManager, subresource }: WriteOptions): Promise<T> {
    return this.request({
      method: 'PATCH',
      path: objectPath(object, subresource),
      query: { fieldManager, force: true },
      body: object,
      // JSON is YAML.
      contentType: 'application/apply-patch+yaml',
    });
  }

  patch<T>(object: Identified, body: unknown, options: WriteOptions & { kind?: PatchKind }): Promise<T> {
    const { fieldManager, subresource, kind = 'merge' } = options;
    const path = objectPath(object, subresource);
    return this.request({
      method: 'PATCH',
      path,
      query: { fieldManager },
      body,
      contentType: patchTypes[kind],
    });
  }

  async remove(object: Identified, { uid, graceSeconds, propagation }: RemoveOptions = {}): Promise<boolean> {
    const body = {
      ...(uid !== undefined && { preconditions: { uid } }),
      ...(graceSeconds !== undefined && { gracePeriodSeconds: graceSeconds }),
      propagationPolicy: propagation ?? 'Background',
    };
    try {
      await this.request({ method: 'DELETE', path: objectPath(object), body });
      return true;
    } catch (fault) {
      if (isNotFound(fault)) return false;
      throw fault;
    }
  }
}
