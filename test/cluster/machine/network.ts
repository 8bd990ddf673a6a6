// Owns: what the pods' network needs of this machine's kernel: a bridge with the node's address, and packets that may pass.
// Does not own: Services (kube-proxy's) and pods' interfaces (CNI's). Invariant: both ways, each step may be done twice.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { node, podRange, serviceRange } from './places.ts';

const tries = (command: string, ...args: readonly string[]): boolean => {
  try {
    execFileSync(command, args, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

// A machine whose other programs drop what is forwarded (Docker does) must let the pods' packets through.
const passing = [
  ['FORWARD', '-i', node.bridge, '-j', 'ACCEPT'],
  ['FORWARD', '-o', node.bridge, '-j', 'ACCEPT'],
] as const;

/** Makes the bridge, so that the node has its address before the first pod. */
export function openNetwork(): void {
  tries('ip', 'link', 'add', node.bridge, 'type', 'bridge');
  tries('ip', 'address', 'add', `${node.address}/${podRange.split('/')[1]}`, 'dev', node.bridge);
  execFileSync('ip', ['link', 'set', node.bridge, 'up']);
  // While kube-proxy changes its rules a Service's address means nothing for a moment: such a packet must not leave this machine.
  tries('ip', 'route', 'add', serviceRange, 'dev', node.bridge);
  fs.writeFileSync('/proc/sys/net/ipv4/ip_forward', '1');
  tries('modprobe', 'br_netfilter');
  fs.writeFileSync('/proc/sys/net/bridge/bridge-nf-call-iptables', '1');
  for (const rule of passing) {
    if (!tries('iptables', '-C', ...rule)) execFileSync('iptables', ['-I', ...rule]);
  }
}

/** The chain with the rules of NetworkPolicies, while they are enforced. */
export const policyChain = 'AGENTCUBE-TEST-POLICY';

/** Lets everything through again. */
export function removePolicies(): void {
  while (tries('iptables', '-w', '-D', 'FORWARD', '-j', policyChain));
  tries('iptables', '-w', '-F', policyChain);
  tries('iptables', '-w', '-X', policyChain);
}

/** Removes the bridge and its rules. */
export function closeNetwork(): void {
  removePolicies();
  for (const rule of passing) while (tries('iptables', '-D', ...rule));
  tries('ip', 'link', 'delete', node.bridge);
}

const tables = ['nat', 'filter', 'mangle', 'raw'] as const;
const ours = /^KUBE-/;

function rulesOf(family: string, table: string): readonly string[] {
  try {
    return execFileSync(`${family}-save`, ['-t', table], { stdio: ['ignore', 'pipe', 'ignore'] })
      .toString()
      .split('\n');
  } catch {
    return [];
  }
}

const chainOf = (line: string): string => line.slice(1).split(' ')[0] ?? '';

function removeChains(family: string, table: string): void {
  const lines = rulesOf(family, table);
  const change = (...args: readonly string[]): boolean => tries(family, '-w', '-t', table, ...args);
  for (const line of lines) {
    const [command, chain = '', ...rule] = line.match(/"[^"]*"|\S+/g) ?? [];
    if (command !== '-A' || ours.test(chain) || !/ -j KUBE-/.test(line)) continue;
    change('-D', chain, ...rule.map((word) => word.replaceAll('"', '')));
  }
  const chains = lines.filter((line) => line.startsWith(':') && ours.test(chainOf(line))).map(chainOf);
  for (const chain of chains) change('-F', chain);
  for (const chain of chains) change('-X', chain);
}

/** True when this machine's packet filter has chains of a Kubernetes. */
export const hasKubernetesChains = (): boolean =>
  tables.some((table) =>
    rulesOf('iptables', table).some((line) => line.startsWith(':') && ours.test(chainOf(line))),
  );

/** Removes what kube-proxy and the kubelet leave in the packet filter when they end. */
export function removeKubernetesChains(): void {
  for (const family of ['iptables', 'ip6tables']) for (const table of tables) removeChains(family, table);
}
