// Owns: the cluster's programs on this machine, in the order of their start, with their flags.
// Does not own: how a program is kept running (daemons.ts) and the files they read (files.ts, identities.ts).
// All listen on loopback or on the pods' bridge, never on an address that others can reach.
import { execFileSync } from 'node:child_process';
import net from 'node:net';
import type { Daemon } from './daemons.ts';
import { at, containerdSocket, kubeconfig, kubeconfigOf, node, program, serviceRange } from './places.ts';

const identity = (name: string): string => at('identities', name);

const listens = (port: number, host = '127.0.0.1'): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = net.connect({ port, host }, () => resolve(true));
    socket.on('error', () => resolve(false)).on('connect', () => socket.destroy());
  });

const succeeds = (command: string, ...args: readonly string[]): Promise<boolean> => {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return Promise.resolve(true);
  } catch {
    return Promise.resolve(false);
  }
};

/** kubectl as the administrator. */
export const kubectl = (...args: readonly string[]): string =>
  execFileSync(program('kubectl'), ['--kubeconfig', kubeconfig, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 64 * 1024 * 1024,
  }).toString();

const asks = (...args: readonly string[]): Promise<boolean> =>
  succeeds(program('kubectl'), '--kubeconfig', kubeconfig, ...args);

const etcd = (): Daemon => ({
  name: 'etcd',
  command: 'etcd',
  args: [
    ...['--data-dir', at('etcd'), '--log-level', 'warn', '--quota-backend-bytes', '4294967296'],
    ...[
      '--listen-client-urls',
      'http://127.0.0.1:23790',
      '--advertise-client-urls',
      'http://127.0.0.1:23790',
    ],
    ...[
      '--listen-peer-urls',
      'http://127.0.0.1:23800',
      '--initial-advertise-peer-urls',
      'http://127.0.0.1:23800',
    ],
    ...['--initial-cluster', 'default=http://127.0.0.1:23800'],
  ],
  ready: () => listens(23790),
});

const serving = [
  `--advertise-address=${node.address}`,
  `--bind-address=${node.address}`,
  '--secure-port=6443',
  `--tls-cert-file=${identity('apiserver.crt')}`,
  `--tls-private-key-file=${identity('apiserver.key')}`,
  `--client-ca-file=${identity('ca.crt')}`,
  `--kubelet-client-certificate=${identity('apiserver-to-kubelet.crt')}`,
  `--kubelet-client-key=${identity('apiserver-to-kubelet.key')}`,
  // The node's name is known to nobody's name server.
  '--kubelet-preferred-address-types=InternalIP',
];

const aggregation = [
  `--requestheader-client-ca-file=${identity('front-proxy-ca.crt')}`,
  '--requestheader-allowed-names=front-proxy-client',
  '--requestheader-username-headers=X-Remote-User',
  '--requestheader-group-headers=X-Remote-Group',
  '--requestheader-extra-headers-prefix=X-Remote-Extra-',
  `--proxy-client-cert-file=${identity('front-proxy-client.crt')}`,
  `--proxy-client-key-file=${identity('front-proxy-client.key')}`,
  '--enable-aggregator-routing=true',
];

const serviceAccounts = [
  '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
  `--service-account-key-file=${identity('service-accounts.pub')}`,
  `--service-account-signing-key-file=${identity('service-accounts.key')}`,
];

const auditing = [
  `--audit-policy-file=${at('run', 'audit-policy.yaml')}`,
  `--audit-log-path=${at('logs', 'audit.log')}`,
  '--audit-log-mode=batch',
];

const apiserver = (): Daemon => ({
  name: 'kube-apiserver',
  command: program('kube-apiserver'),
  args: [
    '--etcd-servers=http://127.0.0.1:23790',
    '--authorization-mode=Node,RBAC',
    '--enable-admission-plugins=NodeRestriction',
    `--service-cluster-ip-range=${serviceRange}`,
    '--allow-privileged=true',
    '--profiling=false',
    // Debian's etcd is too old for it: the API server would ask again and again.
    '--feature-gates=SizeBasedListCostEstimate=false',
    ...[...serving, ...aggregation, ...serviceAccounts, ...auditing],
  ],
  ready: () => asks('get', '--raw', '/readyz'),
});

const controllerManager = (): Daemon => ({
  name: 'kube-controller-manager',
  command: program('kube-controller-manager'),
  args: [
    `--kubeconfig=${kubeconfigOf('controller-manager')}`,
    '--leader-elect=false',
    '--bind-address=127.0.0.1',
    '--use-service-account-credentials=true',
    `--root-ca-file=${identity('ca.crt')}`,
    `--cluster-signing-cert-file=${identity('ca.crt')}`,
    `--cluster-signing-key-file=${identity('ca.key')}`,
    `--service-account-private-key-file=${identity('service-accounts.key')}`,
    `--requestheader-client-ca-file=${identity('front-proxy-ca.crt')}`,
  ],
  ready: () => asks('get', 'serviceaccount', 'default'),
});

const scheduler = (): Daemon => ({
  name: 'kube-scheduler',
  command: program('kube-scheduler'),
  args: [`--kubeconfig=${kubeconfigOf('scheduler')}`, '--leader-elect=false', '--bind-address=127.0.0.1'],
  ready: () => listens(10259),
});

const containerd = (): Daemon => ({
  name: 'containerd',
  command: 'containerd',
  args: ['--config', at('run', 'containerd.toml')],
  ready: () => succeeds('ctr', '--address', containerdSocket, 'version'),
});

const kubelet = (): Daemon => ({
  name: 'kubelet',
  command: program('kubelet'),
  args: [
    `--config=${at('run', 'kubelet.yaml')}`,
    `--kubeconfig=${kubeconfigOf('kubelet')}`,
    `--hostname-override=${node.name}`,
    `--node-ip=${node.address}`,
    `--root-dir=${at('kubelet')}`,
    `--cert-dir=${at('kubelet', 'pki')}`,
  ],
  ready: () => asks('wait', `node/${node.name}`, '--for=condition=Ready', '--timeout=1s'),
});

const proxy = (): Daemon => ({
  name: 'kube-proxy',
  command: program('kube-proxy'),
  args: [`--config=${at('run', 'kube-proxy.yaml')}`, `--hostname-override=${node.name}`],
  ready: () => listens(10256, node.address),
});

const dns = (): Daemon => ({
  name: 'coredns',
  command: program('coredns'),
  args: ['-conf', at('run', 'Corefile')],
  ready: () => listens(53, node.address),
});

/** agent-sandbox's controller with its extensions, for clusters whose chart does not bring it. */
export const agentSandbox = (): Daemon => ({
  name: 'agent-sandbox-controller',
  command: program('agent-sandbox-controller'),
  args: [
    ...['--extensions', '--leader-elect=false', '--enable-webhook=false'],
    ...['--metrics-bind-address=127.0.0.1:18080', '--health-probe-bind-address=127.0.0.1:18081'],
  ],
  env: { KUBECONFIG: kubeconfig },
  ready: () => listens(18081),
});

/** Without agent-sandbox. What stands first is started first and stopped last. */
export const programs = (): readonly Daemon[] => [
  ...[etcd(), apiserver(), controllerManager(), scheduler()],
  ...[containerd(), kubelet(), proxy(), dns()],
];

/** Every name that can be running, the last started first. */
export const names = [
  ...['agent-sandbox-controller', 'coredns', 'kube-proxy', 'kubelet', 'containerd'],
  ...['kube-scheduler', 'kube-controller-manager', 'kube-apiserver', 'etcd'],
];
