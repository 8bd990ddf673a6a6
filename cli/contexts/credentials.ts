// What a kubeconfig's user shows to the API server: token, certificate, password; plug-ins through Kubernetes' own client library,
// which is loaded only then. Reads files when the first request is made.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { CliError, textOf } from '../failure.ts';
import type { Access } from '../http/endpoint.ts';
import type { KubeContext } from './kubeconfig.ts';

const decoded = (data: string): string => Buffer.from(data, 'base64').toString();

function fileOrData(folder: string, file: string | undefined, data: string | undefined): string | undefined {
  if (data !== undefined && data !== '') return decoded(data);
  if (file === undefined || file === '') return undefined;
  try {
    return readFileSync(path.resolve(folder, file), 'utf8');
  } catch (fault) {
    throw new CliError('usage', `the kubeconfig names ${file}: ${textOf(fault)}`, 'correct the kubeconfig');
  }
}

function authorization({ user: { value: user, folder } }: KubeContext): string | undefined {
  const token = user.token ?? fileOrData(folder, user.tokenFile, undefined)?.trim();
  if (token !== undefined && token !== '') return `Bearer ${token}`;
  if (user.username === undefined) return undefined;
  return `Basic ${Buffer.from(`${user.username}:${user.password ?? ''}`).toString('base64')}`;
}

function plain(context: KubeContext): Access {
  const { value: cluster, folder } = context.cluster;
  const { value: user } = context.user;
  const shown = authorization(context);
  const ca = fileOrData(folder, cluster['certificate-authority'], cluster['certificate-authority-data']);
  const cert = fileOrData(context.user.folder, user['client-certificate'], user['client-certificate-data']);
  const key = fileOrData(context.user.folder, user['client-key'], user['client-key-data']);
  return {
    ...(shown !== undefined && { headers: { authorization: shown } }),
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(cluster['insecure-skip-tls-verify'] === true && { rejectUnauthorized: false }),
    ...(cluster['tls-server-name'] !== undefined && { servername: cluster['tls-server-name'] }),
  };
}

/** Whatever a plug-in answers, beside what the kubeconfig says itself. */
async function plugged(context: KubeContext): Promise<Access> {
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  config.loadFromOptions({
    clusters: [{ name: 'it', server: context.cluster.value.server ?? '' }],
    users: [{ name: 'it', ...(context.user.value as object) }],
    contexts: [{ name: 'it', cluster: 'it', user: 'it' }],
    currentContext: 'it',
  });
  const options: { headers?: Record<string, string>; cert?: string | Buffer; key?: string | Buffer } = {};
  try {
    await config.applyToHTTPSOptions(options);
  } catch (fault) {
    throw new CliError(
      'refused',
      `the plug-in of context ${context.name} failed: ${textOf(fault)}`,
      'run it by hand, as users[].user.exec of the kubeconfig says',
    );
  }
  const shown = options.headers?.['Authorization'] ?? options.headers?.['authorization'];
  return {
    ...plain(context),
    ...(shown !== undefined && { headers: { authorization: shown } }),
    ...(options.cert !== undefined && { cert: options.cert.toString() }),
    ...(options.key !== undefined && { key: options.key.toString() }),
  };
}

/** How requests of this context are let in. */
export async function accessOf(context: KubeContext): Promise<Access> {
  const { value: user } = context.user;
  return user.exec || user['auth-provider'] ? plugged(context) : plain(context);
}
