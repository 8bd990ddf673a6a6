// A Kubernetes client that knows nothing of us writes objects of a started platform, and finds them and their owners after a restart.
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import {
  CustomObjectsApi,
  KubeConfig,
  PatchStrategy,
  setHeaderOptions,
  type V1ObjectMeta,
} from '@kubernetes/client-node';
import { sweep } from '../support/leftovers.ts';
import { newDataDir, startPlatform, type Platform } from '../support/platform.ts';

jest.setTimeout(120_000);

interface Trigger {
  readonly metadata: V1ObjectMeta;
  readonly spec: Record<string, unknown>;
}

const of = {
  group: 'eventing.agentcube.volcano.sh',
  version: 'v1alpha1',
  namespace: 'default',
  plural: 'triggers',
} as const;
const one = { ...of, name: 'on-issue' };
const base = {
  apiVersion: `${of.group}/${of.version}`,
  kind: 'Trigger',
  metadata: { name: 'on-issue' },
};
const target = { kind: 'AgentRuntime', name: 'hello' };

let dataDir: string;
/** Deploys nothing. */
let folder: string;
let platform: Platform;

function clientOf({ controlUrl }: Platform): CustomObjectsApi {
  const config = new KubeConfig();
  // There is no TLS to verify; the client wants that said.
  config.loadFromClusterAndUser({ name: 'laptop', server: controlUrl, skipTLSVerify: true }, { name: 'me' });
  return config.makeApiClient(CustomObjectsApi);
}

beforeAll(async () => {
  dataDir = newDataDir();
  folder = newDataDir();
  platform = await startPlatform({ dataDir, folder });
});

afterAll(async () => {
  await platform.dispose();
  await sweep(dataDir);
  for (const at of [dataDir, folder]) rmSync(at, { recursive: true, force: true });
});

const applied = (client: CustomObjectsApi, spec: object, force = false): Promise<Trigger> =>
  client.patchNamespacedCustomObject(
    { ...one, body: { ...base, spec }, fieldManager: 'deployer', force },
    setHeaderOptions('Content-Type', PatchStrategy.ServerSideApply),
  ) as Promise<Trigger>;

const writers = ({ metadata }: Trigger): string[] =>
  (metadata.managedFields ?? []).map(({ manager, operation }) => `${operation} ${manager}`).sort();

test('owners of fields survive a restart, and an apply goes on where it was', async () => {
  const client = clientOf(platform);
  await applied(client, { target, broker: 'issues', delivery: { retry: 3 } });
  await client.patchNamespacedCustomObject(
    { ...one, body: { spec: { delivery: { retry: 4 } } }, fieldManager: 'hotfix' },
    setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
  );
  const before = (await client.getNamespacedCustomObject(one)) as Trigger;
  expect(writers(before)).toEqual(
    expect.arrayContaining(['Apply deployer', 'Update hotfix', 'Apply agentcube-controller']),
  );

  await platform.stop();
  platform = await startPlatform({ dataDir, folder });
  const again = clientOf(platform);
  const after = (await again.getNamespacedCustomObject(one)) as Trigger;
  expect(after.metadata).toMatchObject({ uid: before.metadata.uid, generation: 2 });
  expect(writers(after)).toEqual(writers(before));
  await expect(applied(again, { target, delivery: { retry: 3 } })).rejects.toMatchObject({
    code: 409,
    body: expect.stringContaining('conflict with \\"hotfix\\"'),
  });
  const forced = await applied(again, { target, delivery: { retry: 3 } }, true);
  expect(forced.spec).toEqual({ target, delivery: { retry: 3 } });
  expect(writers(forced)).not.toContain('Update hotfix');
});

test('a dry run stores nothing, and what is deleted is gone', async () => {
  const client = clientOf(platform);
  const body = { ...base, metadata: { generateName: 'on-' }, spec: { target } };
  const tried = (await client.createNamespacedCustomObject({ ...of, body, dryRun: 'All' })) as Trigger;
  expect(tried.metadata.name).toMatch(/^on-.{5}$/);
  const made = (await client.createNamespacedCustomObject({ ...of, body })) as Trigger;
  const name = made.metadata.name ?? '';
  await client.deleteNamespacedCustomObject({ ...of, name });
  await expect(client.getNamespacedCustomObject({ ...of, name })).rejects.toMatchObject({ code: 404 });
});
