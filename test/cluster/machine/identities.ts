// Owns: the cluster's certificates and kubeconfigs, made once per cluster with openssl.
// Does not own: rights; names and groups are the ones Kubernetes gives its own programs.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { apiServer, at, kubeconfigOf, kubernetesService, node } from './places.ts';

const openssl = (...args: readonly string[]): void =>
  void execFileSync('openssl', args, { cwd: at('identities'), stdio: ['ignore', 'ignore', 'pipe'] });

const file = (name: string): string => at('identities', name);

function authority(name: string): void {
  openssl(
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '3650'],
    ...['-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.crt`],
  );
}

interface Certificate {
  readonly name: string;
  readonly subject: string;
  readonly authority?: string;
  readonly names?: string;
}

function certificate({ name, subject, authority: signer = 'ca', names }: Certificate): void {
  openssl(
    ...['req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
    ...['-subj', subject, '-keyout', `${name}.key`, '-out', `${name}.csr`],
  );
  const usage = names === undefined ? 'clientAuth' : 'serverAuth';
  fs.writeFileSync(
    file(`${name}.ext`),
    `extendedKeyUsage=${usage}\n${names === undefined ? '' : `subjectAltName=${names}\n`}`,
  );
  openssl(
    ...[
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      '-CA',
      `${signer}.crt`,
      '-CAkey',
      `${signer}.key`,
      '-CAcreateserial',
    ],
    ...['-days', '3650', '-extfile', `${name}.ext`, '-out', `${name}.crt`],
  );
}

const base64 = (name: string): string => fs.readFileSync(file(name)).toString('base64');

function kubeconfigFor(who: string): void {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'agentcube-test',
    clusters: [
      {
        name: 'agentcube-test',
        cluster: { server: apiServer, 'certificate-authority-data': base64('ca.crt') },
      },
    ],
    users: [
      {
        name: who,
        user: { 'client-certificate-data': base64(`${who}.crt`), 'client-key-data': base64(`${who}.key`) },
      },
    ],
    contexts: [{ name: 'agentcube-test', context: { cluster: 'agentcube-test', user: who } }],
  };
  fs.writeFileSync(kubeconfigOf(who), JSON.stringify(config, null, 2), { mode: 0o600 });
}

const clients: readonly Certificate[] = [
  { name: 'admin', subject: '/O=system:masters/CN=admin' },
  { name: 'controller-manager', subject: '/CN=system:kube-controller-manager' },
  { name: 'scheduler', subject: '/CN=system:kube-scheduler' },
  { name: 'proxy', subject: '/CN=system:kube-proxy' },
  { name: 'kubelet', subject: `/O=system:nodes/CN=system:node:${node.name}` },
];

const serviceNames = [
  'kubernetes',
  'kubernetes.default',
  'kubernetes.default.svc',
  'kubernetes.default.svc.cluster.local',
];

/** Makes whatever is missing. The last file made is the mark that all are there. */
export function makeIdentities(): void {
  if (fs.existsSync(file('complete'))) return;
  fs.mkdirSync(at('identities'), { recursive: true, mode: 0o700 });
  authority('ca');
  authority('front-proxy-ca');
  for (const client of clients) {
    certificate(client);
    kubeconfigFor(client.name);
  }
  certificate({
    name: 'apiserver-to-kubelet',
    subject: '/O=system:masters/CN=kube-apiserver-kubelet-client',
  });
  certificate({ name: 'front-proxy-client', subject: '/CN=front-proxy-client', authority: 'front-proxy-ca' });
  const names = [...serviceNames, 'localhost'].map((name) => `DNS:${name}`);
  const addresses = [kubernetesService, node.address, '127.0.0.1'].map((address) => `IP:${address}`);
  certificate({
    name: 'apiserver',
    subject: '/CN=kube-apiserver',
    names: [...names, ...addresses].join(','),
  });
  openssl('genrsa', '-out', 'service-accounts.key', '2048');
  openssl('rsa', '-in', 'service-accounts.key', '-pubout', '-out', 'service-accounts.pub');
  fs.writeFileSync(file('complete'), '');
}
