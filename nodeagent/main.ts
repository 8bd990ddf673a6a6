// The node agent: pauses and resumes the pods of sandboxes on its node. Only wiring, the process and its signals are here; nothing
// imports this file.
import { cgroupFreezer } from '../adapters/cgroup/freezer.ts';
import { openCgroups, type CgroupTree } from '../adapters/cgroup/folders.ts';
import { cgroupReclaimer } from '../adapters/cgroup/reclaim.ts';
import { cgroupWatch } from '../adapters/cgroup/watch.ts';
import { containerdFreezer } from '../adapters/containerd/tasks.ts';
import { connectKubernetes } from '../adapters/kubernetes/client.ts';
import { watchNodePods, type NodePods } from '../adapters/kubernetes/node-pods.ts';
import { openRecords } from '../adapters/node-files/records.ts';
import { systemClock as clock } from '../adapters/system/clock.ts';
import { nodeAgentConfigSchema, type NodeAgentConfig } from '../config/nodeagent.ts';
import { closeServer } from '../process/draining.ts';
import { withHealth } from '../process/health.ts';
import { createHttpServer, listen, urlOf } from '../process/listening.ts';
import { openLog, warnings, type Log } from '../process/logging.ts';
import { version } from '../process/package.ts';
import { run, type OnStop } from '../process/running.ts';
import { readText, settingsOf } from '../process/settings.ts';
import { Callers } from './callers.ts';
import { anyFreezer } from './freezers.ts';
import { Housekeeping } from './housekeeping.ts';
import { createRoutes } from './http.ts';
import { KnownPods } from './known-pods.ts';
import { Node } from './node.ts';
import type { Records } from './ports.ts';

const about = `agentcube ${version}, node agent: pauses and resumes the pods of sandboxes on one node of a cluster

  npm run nodeagent -- --node-name worker-1   on that node, with KUBECONFIG

It acts only on pods with our label and for callers with our credentials. When it ends, what sleeps sleeps on and what runs runs on.`;

/** Whoever wakes pods keeps its connections; one that was given up here just then would cost a second try (ms). */
const connectionsLastMs = 600_000;
const limits = { keepAliveTimeout: connectionsLastMs, requestTimeout: 10_000, headersTimeout: 10_000 };

interface Wired {
  readonly config: NodeAgentConfig;
  readonly log: Log;
  readonly onStop: OnStop;
}

interface Parts {
  readonly tree: CgroupTree;
  readonly records: Records;
  readonly here: NodePods;
}

function openNode({ config, onStop }: Wired, { tree, records, here }: Parts): Node {
  const cgroups = cgroupFreezer(tree);
  const { containerdSocket: socket } = config;
  const machines = socket === undefined ? undefined : containerdFreezer({ socket });
  onStop(() => machines?.close());
  return new Node({
    known: new KnownPods({ here, kernel: cgroups, records, clock }),
    here,
    freezer: anyFreezer([cgroups, ...(machines ? [machines] : [])]),
    seesMachines: machines !== undefined,
    reclaimer: cgroupReclaimer(tree),
    records,
  });
}

function keepHouse({ log, onStop }: Wired, { tree, records, here }: Parts, node: Node): Housekeeping {
  const containers = cgroupWatch(tree, clock);
  const release = node.release.bind(node);
  const kernel = cgroupFreezer(tree);
  const house = new Housekeeping({ here, kernel, records, containers, release, clock, log });
  onStop(() => {
    house.stop();
    containers.close();
  });
  return house;
}

function openParts({ config, log }: Wired): Parts {
  const { nodeName, watchNamespace: namespace, kubeconfig } = config;
  const cluster = connectKubernetes(kubeconfig === undefined ? {} : { kubeconfig });
  return {
    tree: openCgroups(config.cgroupDir),
    records: openRecords(config.stateDir, (file) => log('this is no record of a pod', { file })),
    here: watchNodePods({ cluster, nodeName, namespace, clock, log }),
  };
}

async function start(say: (line: string) => void, onStop: OnStop): Promise<void> {
  const { config } = settingsOf({
    schema: nodeAgentConfigSchema,
    about,
    positionals: 0,
    helpCommand: 'npm run nodeagent -- --help',
  });
  const log = warnings(openLog(config.logFile, config.logLevel));
  const wired = { config, log, onStop };
  const parts = openParts(wired);
  const node = openNode(wired, parts);
  const house = keepHouse(wired, parts, node);
  const callers = new Callers({ readKey: () => readText(config.publicKeyFile), clock });
  const notReady = async (): Promise<string | undefined> => {
    if (!callers.ready()) return `no public key in ${config.publicKeyFile} yet`;
    return parts.here.listed() ? undefined : 'the pods of this node are not known yet';
  };
  const routes = createRoutes({ callers, node, onEvent: house.onEvent.bind(house), clock, log });
  const server = createHttpServer(limits, undefined, withHealth(notReady, routes));
  await listen(server, config.host, config.port, '--port');
  onStop(() => closeServer(server, 1_000));
  onStop(() => parts.here.stop());
  say(`${urlOf(server, config.host)}, version ${version}, node ${config.nodeName}`);
  await parts.here.start();
  house.start();
  say('serving');
}

await run({ name: 'nodeagent', start, stopped: 'what sleeps sleeps on' });
