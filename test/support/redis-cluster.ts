// A Redis Cluster of three masters without replicas: enough to send every key to another server than its neighbour's.
import { setTimeout as sleep } from 'node:timers/promises';
import { startRedis, type RedisServer } from './redis-server.ts';

const slots = 16_384;
const agreesWithinMs = 20_000;

export interface RedisCluster {
  readonly nodes: readonly RedisServer[];
  /** `host:port` of all, with commas. */
  readonly addr: string;
  readonly close: () => Promise<void>;
}

const args = [
  '--cluster-enabled',
  'yes',
  '--cluster-node-timeout',
  '1000',
  '--cluster-config-file',
  'nodes.conf',
];

/** Each node gets its share of the slots and hears of the first; gossip does the rest. */
async function join(nodes: readonly RedisServer[]): Promise<void> {
  const share = Math.ceil(slots / nodes.length);
  for (const [index, node] of nodes.entries()) {
    const from = index * share;
    const range = Array.from({ length: Math.min(share, slots - from) }, (_, slot) => String(from + slot));
    await node.cli('CLUSTER', 'SET-CONFIG-EPOCH', String(index + 1));
    await node.cli('CLUSTER', 'ADDSLOTS', ...range);
  }
  const [first, ...others] = nodes;
  for (const other of others) await other.cli('CLUSTER', 'MEET', '127.0.0.1', String(first?.port));
}

const agrees = async (node: RedisServer, size: number): Promise<boolean> => {
  const info = await node.cli('CLUSTER', 'INFO');
  return info.includes('cluster_state:ok') && info.includes(`cluster_size:${size}`);
};

/** Resolves when every node knows every other and serves. */
export async function startRedisCluster(size = 3): Promise<RedisCluster> {
  const nodes: RedisServer[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => node.close()));
  };
  try {
    for (let index = 0; index < size; index += 1) nodes.push(await startRedis({ args }));
    await join(nodes);
    const deadline = Date.now() + agreesWithinMs;
    while (!(await Promise.all(nodes.map((node) => agrees(node, size)))).every(Boolean)) {
      if (Date.now() > deadline) throw new Error(`the nodes did not agree: ${nodes[0]?.output()}`);
      await sleep(50);
    }
  } catch (fault) {
    await close();
    throw fault;
  }
  return { nodes, addr: nodes.map(({ addr }) => addr).join(','), close };
}
