// The platform's key in a cluster: the Secret that AgentCube 0.1's router makes, under its name, labels and fields, so that an
// installation of it keeps its key and PicoD's images work unchanged. Made by whoever comes first, never changed afterwards.
// Does not own what is signed with it, nor the shape of the key (it is handed a maker).
import { PlatformError } from '../../model/errors.ts';
import { asClusterFailure, isRefusal } from './cluster-failures.ts';
import type { Cluster } from './client.ts';

export interface IdentityPems {
  /** PKCS#1 (`RSA PRIVATE KEY`). */
  readonly privatePem: string;
  /** PKIX (`PUBLIC KEY`). */
  readonly publicPem: string;
}

export interface IdentityOptions {
  readonly cluster: Pick<Cluster, 'read' | 'create'>;
  readonly namespace: string;
  /** A new key; absent for whoever may only read: then a Secret that is not there yet is a failure. */
  readonly makeKey?: () => Promise<IdentityPems>;
}

export const identitySecret = 'picod-router-identity';

interface Secret {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly type?: string;
  /** Base64. */
  readonly data?: Readonly<Record<string, string>>;
}

const encoded = (text: string): string => Buffer.from(text).toString('base64');

const secretOf = (namespace: string, { privatePem, publicPem }: IdentityPems): Secret => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: {
    name: identitySecret,
    namespace,
    labels: { app: 'agentcube', component: 'router' },
  },
  type: 'Opaque',
  data: { 'private.pem': encoded(privatePem), 'public.pem': encoded(publicPem) },
});

/** The private key, in PEM, and where it came from, for words about one that is none. */
export interface FoundIdentity {
  readonly privatePem: string;
  readonly where: string;
}

/**
 * Reads the Secret, or makes it. Of two that make it at once both have the same key afterwards.
 * Rejects with CLUSTER_UNAVAILABLE (the reason in words: away, forbidden, not there), and with an Error when the Secret holds no key.
 */
export async function loadIdentity({ cluster, namespace, makeKey }: IdentityOptions): Promise<FoundIdentity> {
  const where = `the Secret ${namespace}/${identitySecret}`;
  try {
    const found = (await read(cluster, namespace)) ?? (makeKey && (await make(cluster, namespace, makeKey)));
    if (!found)
      throw new PlatformError('CLUSTER_UNAVAILABLE', `${where} is not there yet: a controller makes it`);
    const pem = found.data?.['private.pem'];
    if (pem === undefined) throw new Error(`${where} has no private.pem; delete it to have a new one made`);
    return { privatePem: Buffer.from(pem, 'base64').toString(), where };
  } catch (fault) {
    throw isRefusal(fault, 'Forbidden') ? asClusterFailure(fault) : fault;
  }
}

const read = (cluster: IdentityOptions['cluster'], namespace: string): Promise<Secret | undefined> =>
  cluster.read<Secret>({ apiVersion: 'v1', kind: 'Secret', metadata: { name: identitySecret, namespace } });

async function make(
  cluster: IdentityOptions['cluster'],
  namespace: string,
  makeKey: () => Promise<IdentityPems>,
): Promise<Secret | undefined> {
  const secret = secretOf(namespace, await makeKey());
  try {
    return await cluster.create(secret, { fieldManager: 'agentcube' });
  } catch (fault) {
    if (isRefusal(fault, 'AlreadyExists')) return read(cluster, namespace);
    throw fault;
  }
}
