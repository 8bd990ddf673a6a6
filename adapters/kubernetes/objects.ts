// The shape that every object of the API server has, as its JSON is (dates are text), and where each kind lives.
// Does not own what our own objects look like (sandbox-object.ts). Unknown kinds are a mistake of the caller.

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

export interface ObjectMeta {
  readonly name?: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly OwnerReference[];
  readonly finalizers?: readonly string[];
}

/** What the reflector needs of an object. */
export interface Named {
  readonly metadata?: {
    readonly name?: string | undefined;
    readonly namespace?: string | undefined;
    readonly uid?: string | undefined;
    readonly resourceVersion?: string | undefined;
  };
}

/** An object that names itself, as it is sent. */
export interface Identified {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

/** An absolute path without host, for a resource of a group and version: of one namespace, or of all. */
export function resourcePath(apiVersion: string, plural: string, namespace?: string): string {
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  return namespace === undefined ? `${root}/${plural}` : `${root}/namespaces/${namespace}/${plural}`;
}

const irregular: Readonly<Record<string, string>> = { NetworkPolicy: 'networkpolicies' };

/** Kubernetes' kinds and ours form their plurals by these rules; what does not is in `irregular`. */
export function pluralOf(kind: string): string {
  const lower = kind.toLowerCase();
  return irregular[kind] ?? (/(s|x|ch)$/.test(lower) ? `${lower}es` : `${lower}s`);
}

/** Path of one object; without `namespace` in its metadata it is the cluster's own. */
export function objectPath({ apiVersion, kind, metadata }: Identified, subresource?: string): string {
  const path = `${resourcePath(apiVersion, pluralOf(kind), metadata.namespace)}/${encodeURIComponent(metadata.name)}`;
  return subresource === undefined ? path : `${path}/${subresource}`;
}
