// kubectl says the same to a laptop as to a cluster: each command line of the table comes to the same output, errors and exit code on
// both, but for times, uids and versions.
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { stringify } from 'yaml';
import { writeFolder } from '../support/folder.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import { startPlatform, type Platform } from '../support/platform.ts';
import { eventually, namespaceFor } from './kubectl.ts';
import { kubeconfig, program } from './machine/places.ts';
import { namespace } from './verbs/objects.ts';
import { Server, type Outcome } from './verbs/server.ts';
import { tables, watches, type Beside } from './verbs/table.ts';

jest.setTimeout(120_000);

const repository = path.resolve(import.meta.dirname, '../..');
const hello = path.resolve(repository, 'config/samples/hello-agent');
const images = stringify({
  images: [{ name: 'agentcube/hello-agent:dev', folder: hello, command: ['python3', '/app/agent.py'] }],
});

let space: Awaited<ReturnType<typeof namespaceFor>>;
let platform: Platform;
let cluster: Server;
let laptop: Server;
let oldCluster: Server;
let oldLaptop: Server;

beforeAll(async () => {
  space = await namespaceFor(namespace);
  platform = await startPlatform({ folder: writeFolder({ 'images.yaml': images }) });
  cluster = new Server(program('kubectl'), kubeconfig);
  const file = path.join(platform.dataDir, 'kubeconfig');
  laptop = new Server(program('kubectl'), file);
  const old = execFileSync(path.resolve(repository, '.ci/kubectl-1.20')).toString().trim();
  oldCluster = new Server(old, kubeconfig);
  oldLaptop = new Server(old, file);
});
afterAll(async () => {
  await platform?.dispose();
  await space?.remove();
});

const pick = (names: readonly string[]) => Object.entries(tables).filter(([name]) => names.includes(name));

describe.each([
  ['1.35', Object.entries(tables), (): [Server, Server] => [cluster, laptop]],
  ['1.20', pick(['apply on the client', 'waiting and going']), () => [oldCluster, oldLaptop]],
] as const)('kubectl %s', (_, chosen, servers) => {
  describe.each(chosen)('%s', (__, rows) => {
    test.each(rows)('kubectl $line', async (row) => {
      const [there, here] = await Promise.all(servers().map((server) => server.run(row)));
      expect(here).toEqual(there);
    });
  });
});

/** A watch says nothing when it has begun with nothing to tell. */
const beginsWithinMs = 1_000;

/** A status may be written in several steps; a watch begins when they are done. */
async function settled(server: Server): Promise<void> {
  const version = async (): Promise<string> =>
    (await server.run({ line: `get ar seven -n ${namespace} -o jsonpath='{.metadata.resourceVersion}'` }))
      .out;
  for (let [before, now] = ['', await version()]; before !== now; [before, now] = [now, await version()])
    await sleep(beginsWithinMs);
}

async function beside(server: Server, { line, before, during, lines }: Beside): Promise<Outcome> {
  const running = server.start({ line });
  const count = (least: number) =>
    eventually(
      line,
      async () => running.printed().split('\n').length - 1,
      (found) => found >= least,
      20_000,
    );
  await (before > 0 ? count(before) : sleep(beginsWithinMs));
  for (const row of during) await server.run(row);
  await Promise.race([count(lines), running.outcome]);
  running.end();
  return running.outcome;
}

test.each(watches)('kubectl $line, while it changes', async (watch) => {
  const all = async (server: Server): Promise<Outcome> => {
    for (const row of watch.first) await server.run(row);
    await settled(server);
    return beside(server, watch);
  };
  const [there, here] = await Promise.all([all(cluster), all(laptop)]);
  expect(here).toEqual(there);
});
