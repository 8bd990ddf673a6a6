// Owns: the configuration files of the cluster's programs.
// Does not own: their flags (programs.ts). Each setting that is not Kubernetes' default has its reason beside it.
import fs from 'node:fs';
import path from 'node:path';
import { stringify } from 'yaml';
import { at, containerdSocket, kubeconfig, kubeconfigOf, node, pauseImage, podRange } from './places.ts';

// restrict_oom_score_adj: where the one who starts the cluster may not lower the score, runc fails otherwise.
// netns_mounts_under_state_dir: what is left behind is then found below the cluster's own folder.
const containerd = `version = 2
root = "${at('containerd')}"
state = "${at('containerd-state')}"
[grpc]
  address = "${containerdSocket}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${pauseImage}"
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "${process.env['CNI_PATH'] ?? '/usr/lib/cni'}"
    conf_dir = "${at('cni')}"
`;

const network = {
  cniVersion: '1.0.0',
  name: node.bridge,
  plugins: [
    {
      type: 'bridge',
      bridge: node.bridge,
      isGateway: true,
      hairpinMode: true,
      ipam: {
        type: 'host-local',
        dataDir: at('cni-addresses'),
        ranges: [[{ subnet: podRange, gateway: node.address }]],
        routes: [{ dst: '0.0.0.0/0' }],
      },
    },
  ],
};

const kubelet = {
  apiVersion: 'kubelet.config.k8s.io/v1beta1',
  kind: 'KubeletConfiguration',
  address: node.address,
  authentication: {
    anonymous: { enabled: false },
    webhook: { enabled: true },
    x509: { clientCAFile: at('identities', 'ca.crt') },
  },
  authorization: { mode: 'Webhook' },
  containerRuntimeEndpoint: `unix://${containerdSocket}`,
  cgroupDriver: 'cgroupfs',
  // Machines of continuous integration still have cgroup v1, and some have swap.
  failCgroupV1: false,
  failSwapOn: false,
  enforceNodeAllocatable: [] as readonly string[],
  localStorageCapacityIsolation: false,
  clusterDomain: 'cluster.local',
  clusterDNS: [node.address],
  resolvConf: '/etc/resolv.conf',
  podLogsDir: at('pod-logs'),
  staticPodPath: '',
  // Images come from nowhere but here: one that is collected is gone, and a full disk is not this cluster's business.
  imageGCHighThresholdPercent: 100,
  evictionHard: { 'memory.available': '100Mi', 'nodefs.available': '1%', 'imagefs.available': '1%' },
  maxPods: 250,
};

const proxy = {
  apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
  kind: 'KubeProxyConfiguration',
  clientConnection: { kubeconfig: kubeconfigOf('proxy') },
  mode: 'iptables',
  bindAddress: node.address,
  healthzBindAddress: `${node.address}:10256`,
  metricsBindAddress: '127.0.0.1:10249',
  detectLocalMode: 'ClusterCIDR',
  clusterCIDR: podRange,
  nodePortAddresses: [`${node.address}/32`],
  iptables: { minSyncPeriod: '0s', syncPeriod: '30s' },
  // The limits of the machine are its owner's.
  conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' },
};

const corefile = `.:53 {
  bind ${node.address}
  errors
  kubernetes cluster.local in-addr.arpa ip6.arpa {
    kubeconfig ${kubeconfig} agentcube-test
    pods insecure
  }
  forward . /etc/resolv.conf
  cache 5
}
`;

// Who wrote what: one line per change, to count writes by their author.
const audit = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [
    { level: 'Metadata', verbs: ['create', 'update', 'patch', 'delete', 'deletecollection'] },
    { level: 'None' },
  ],
};

const files: Readonly<Record<string, string>> = {
  'run/containerd.toml': containerd,
  'cni/10-agentcube-test.conflist': JSON.stringify(network, null, 2),
  // In block style: the kubelet reads a file that begins with a brace as JSON.
  'run/kubelet.yaml': stringify(kubelet),
  'run/kube-proxy.yaml': stringify(proxy),
  'run/Corefile': corefile,
  'run/audit-policy.yaml': stringify(audit),
};

// kube-proxy ends itself when somebody touches its file.
const isWritten = (file: string, content: string): boolean =>
  fs.existsSync(file) && fs.readFileSync(file, 'utf8') === content;

/** Writes every file that is not as it should be. */
export function writeFiles(): void {
  for (const [name, content] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(at(name)), { recursive: true });
    if (!isWritten(at(name), content)) fs.writeFileSync(at(name), content);
  }
  for (const name of ['logs', 'pod-logs', 'kubelet']) fs.mkdirSync(at(name), { recursive: true });
}
