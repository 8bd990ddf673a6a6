// Owns: the ingress rules of the cluster's NetworkPolicies, put into this node's packet filter as a network plugin would.
// Does not own: egress, and address blocks as peers. Invariants: selectors are answered by the API server, not interpreted here;
// what is enforced is the state of the moment, until it is lifted; the node itself always reaches its pods.
import { execFileSync } from 'node:child_process';
import { list, type KubeObject } from './kubectl.ts';
import { node } from './machine/places.ts';
import { policyChain, removePolicies } from './machine/network.ts';
import type { Pod } from './node.ts';

interface Selector {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
    readonly values?: readonly string[];
  }[];
}

interface Peer {
  readonly podSelector?: Selector;
  readonly namespaceSelector?: Selector;
}

interface Policy extends KubeObject {
  readonly spec: {
    readonly podSelector: Selector;
    readonly policyTypes?: readonly string[];
    readonly ingress?: readonly {
      readonly from?: readonly Peer[];
      readonly ports?: readonly { readonly port?: number | string; readonly protocol?: string }[];
    }[];
  };
}

interface PodWithPorts extends Pod {
  readonly spec: Pod['spec'] & {
    readonly hostNetwork?: boolean;
    readonly containers: readonly {
      readonly ports?: readonly { readonly name?: string; readonly containerPort: number }[];
    }[];
  };
}

/** The selector as kubectl's -l has it. */
function labels({ matchLabels = {}, matchExpressions = [] }: Selector): string {
  const expressions = matchExpressions.map(({ key, operator, values = [] }) => {
    if (operator === 'Exists') return key;
    if (operator === 'DoesNotExist') return `!${key}`;
    return `${key} ${operator.toLowerCase()} (${values.join(',')})`;
  });
  return [...Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`), ...expressions].join(',');
}

const chosen = (selector: Selector | undefined): readonly string[] => {
  const text = labels(selector ?? {});
  return text === '' ? [] : ['-l', text];
};

const hasAddress = ({ spec, status }: PodWithPorts): boolean =>
  spec.hostNetwork !== true && status.podIP !== undefined && status.phase === 'Running';

async function pods(namespace: string, selector: Selector | undefined): Promise<readonly PodWithPorts[]> {
  return (await list<PodWithPorts>('pods', '-n', namespace, ...chosen(selector))).filter(hasAddress);
}

async function peerPods(
  { podSelector, namespaceSelector }: Peer,
  own: string,
): Promise<readonly PodWithPorts[]> {
  if (namespaceSelector === undefined) return pods(own, podSelector);
  const namespaces = await list('namespaces', ...chosen(namespaceSelector));
  return (await Promise.all(namespaces.map(({ metadata }) => pods(metadata.name, podSelector)))).flat();
}

const portOf = (pod: PodWithPorts, port: number | string): number | undefined =>
  typeof port === 'number'
    ? port
    : pod.spec.containers.flatMap(({ ports = [] }) => ports).find(({ name }) => name === port)?.containerPort;

type Rule = readonly string[];

const to = (pod: PodWithPorts): Rule => ['-d', `${pod.status.podIP}/32`];

function matches(
  pod: PodWithPorts,
  ports: readonly { readonly port?: number | string }[] | undefined,
): readonly Rule[] {
  if (ports === undefined || ports.length === 0) return [to(pod)];
  const numbers = ports.map(({ port }) => (port === undefined ? undefined : portOf(pod, port)));
  return numbers.map((number) => [
    ...to(pod),
    ...(number === undefined ? [] : ['-p', 'tcp', '--dport', `${number}`]),
  ]);
}

async function rulesOf(policy: Policy): Promise<readonly Rule[]> {
  const { namespace = '' } = policy.metadata;
  const selected = await pods(namespace, policy.spec.podSelector);
  const accepts: Rule[] = [];
  for (const { from, ports } of policy.spec.ingress ?? []) {
    const peers = from && (await Promise.all(from.map((peer) => peerPods(peer, namespace)))).flat();
    const sources = peers?.map(({ status }) => ['-s', `${status.podIP}/32`]) ?? [[]];
    for (const pod of selected)
      for (const match of matches(pod, ports))
        for (const source of sources) accepts.push([...match, ...source, '-j', 'RETURN']);
  }
  return accepts;
}

const iptables = (...args: readonly string[]): void =>
  void execFileSync('iptables', ['-w', ...args], { stdio: 'pipe' });

/** Enforces the ingress rules of all policies as they are now, for the pods that there are now. The answer lifts them. */
export async function enforcePolicies(): Promise<() => void> {
  const policies = (await list<Policy>('networkpolicies', '-A')).filter(
    ({ spec }) => spec.policyTypes?.includes('Ingress') ?? true,
  );
  const accepts = (await Promise.all(policies.map(rulesOf))).flat();
  const closed = (
    await Promise.all(policies.map(({ metadata, spec }) => pods(metadata.namespace ?? '', spec.podSelector)))
  ).flat();
  removePolicies();
  iptables('-N', policyChain);
  iptables('-A', policyChain, '-m', 'conntrack', '--ctstate', 'RELATED,ESTABLISHED', '-j', 'RETURN');
  iptables('-A', policyChain, '-s', `${node.address}/32`, '-j', 'RETURN');
  for (const rule of accepts) iptables('-A', policyChain, ...rule);
  for (const pod of closed) iptables('-A', policyChain, ...to(pod), '-j', 'REJECT');
  iptables('-I', 'FORWARD', '-j', policyChain);
  return removePolicies;
}
