// Reads kubeconfig files as kubectl does, as far as a platform is reached with them: contexts, clusters, users, the namespace.
// Of several files the first that has a name gives its meaning. Does not own proving who one is (credentials.ts).
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { CliError, textOf } from '../failure.ts';

export interface Cluster {
  readonly server?: string;
  readonly 'certificate-authority'?: string;
  readonly 'certificate-authority-data'?: string;
  readonly 'insecure-skip-tls-verify'?: boolean;
  readonly 'tls-server-name'?: string;
  readonly extensions?: readonly { readonly name?: string; readonly extension?: unknown }[];
}

export interface User {
  readonly token?: string;
  readonly tokenFile?: string;
  readonly 'client-certificate'?: string;
  readonly 'client-certificate-data'?: string;
  readonly 'client-key'?: string;
  readonly 'client-key-data'?: string;
  readonly username?: string;
  readonly password?: string;
  readonly exec?: unknown;
  readonly 'auth-provider'?: unknown;
}

interface ContextEntry {
  readonly cluster?: string;
  readonly user?: string;
  readonly namespace?: string;
}

interface Named {
  readonly name?: string;
}

interface File {
  readonly 'current-context'?: string;
  readonly contexts?: readonly (Named & { readonly context?: ContextEntry })[] | null;
  readonly clusters?: readonly (Named & { readonly cluster?: Cluster })[] | null;
  readonly users?: readonly (Named & { readonly user?: User })[] | null;
}

/** An entry, and the folder that its paths count from. */
interface Placed<T> {
  readonly value: T;
  readonly folder: string;
}

export interface KubeContext {
  readonly name: string;
  readonly namespace: string | undefined;
  readonly cluster: Placed<Cluster>;
  readonly user: Placed<User>;
}

export interface Kubeconfig {
  readonly current: string | undefined;
  readonly contexts: ReadonlyMap<string, Placed<ContextEntry>>;
  readonly clusters: ReadonlyMap<string, Placed<Cluster>>;
  readonly users: ReadonlyMap<string, Placed<User>>;
}

const wrong = (file: string, why: string): CliError =>
  new CliError('usage', `${file}: ${why}`, 'give another with --kubeconfig FILE');

/** JSON is YAML, and needs no parser of it. */
async function parse(file: string, content: string): Promise<File> {
  if (content.trimStart().startsWith('{')) {
    try {
      return JSON.parse(content) as File;
    } catch {
      // YAML's flow style looks the same.
    }
  }
  const { parse: parseYaml } = await import('yaml');
  try {
    const value: unknown = parseYaml(content) ?? {};
    if (typeof value === 'object' && !Array.isArray(value)) return value as File;
  } catch (fault) {
    throw wrong(file, `not YAML: ${textOf(fault).split('\n', 1)[0]}`);
  }
  throw wrong(file, 'this is no kubeconfig');
}

/** Undefined when there is no such file and it `may` be away. */
async function readOne(file: string, may: boolean): Promise<File | undefined> {
  let content: string;
  try {
    content = readFileSync(file, 'utf8');
  } catch (fault) {
    const { code } = fault as NodeJS.ErrnoException;
    if (may && (code === 'ENOENT' || code === 'EACCES')) return undefined;
    throw wrong(file, code === 'ENOENT' ? 'there is no such file' : textOf(fault));
  }
  return parse(file, content);
}

function collect<T, E extends Named>(
  into: Map<string, Placed<T>>,
  folder: string,
  entries: readonly E[] | null | undefined,
  value: (entry: E) => T | undefined,
): void {
  for (const entry of Array.isArray(entries) ? (entries as readonly E[]) : []) {
    const found = value(entry);
    if (entry.name !== undefined && found && !into.has(entry.name))
      into.set(entry.name, { value: found, folder });
  }
}

/** All files as one. Rejects with what is wrong with a file; one that is not there is passed over unless `must`. */
export async function readKubeconfig(files: readonly string[], must = false): Promise<Kubeconfig> {
  const contexts = new Map<string, Placed<ContextEntry>>();
  const clusters = new Map<string, Placed<Cluster>>();
  const users = new Map<string, Placed<User>>();
  let current: string | undefined;
  for (const file of files) {
    const read = await readOne(file, !must);
    if (!read) continue;
    const folder = path.dirname(path.resolve(file));
    current ??= read['current-context'] === '' ? undefined : read['current-context'];
    collect(contexts, folder, read.contexts, ({ context }) => context);
    collect(clusters, folder, read.clusters, ({ cluster }) => cluster);
    collect(users, folder, read.users, ({ user }) => user);
  }
  return { current, contexts, clusters, users };
}

/** A context with what it names. Throws when something of it is not there. */
export function contextNamed({ contexts, clusters, users }: Kubeconfig, name: string): KubeContext {
  const entry = contexts.get(name);
  if (!entry) {
    const known = [...contexts.keys()];
    const hint =
      known.length > 0
        ? `there are: ${known.join(', ')}`
        : 'no kubeconfig has any; KUBECONFIG or --kubeconfig names one';
    throw new CliError('usage', `there is no context ${JSON.stringify(name)}`, hint);
  }
  const cluster = clusters.get(entry.value.cluster ?? '');
  if (!cluster)
    throw new CliError(
      'usage',
      `context ${name}: there is no cluster ${JSON.stringify(entry.value.cluster ?? '')}`,
      'correct the kubeconfig',
    );
  const user = users.get(entry.value.user ?? '') ?? { value: {}, folder: cluster.folder };
  return { name, namespace: entry.value.namespace, cluster, user };
}
