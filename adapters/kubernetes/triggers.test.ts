import { afterEach, expect, test } from '@jest/globals';
import { manualClock } from '../../test/support/manual-clock.ts';
import { scriptedApiServer, type ScriptedApiServer } from '../../test/support/scripted-api-server.ts';
import { triggerObject } from '../../test/support/triggers.ts';
import { until } from '../../test/support/until.ts';
import { connectKubernetes } from './client.ts';
import { clusterTriggers } from './triggers.ts';

const path = '/apis/eventing.agentcube.volcano.sh/v1alpha1/triggers';
const key = { namespace: 'default', name: 'on-issue' };
const stored = triggerObject({}, { namespace: 'default', uid: 'u', resourceVersion: '3' });
const refusal = (status: number, reason: string) => ({
  status,
  body: { kind: 'Status', reason, message: reason },
});

let server: ScriptedApiServer;
let source: ReturnType<typeof clusterTriggers>;
const open = async (answer: Parameters<typeof scriptedApiServer>[0], namespace?: string) => {
  server = await scriptedApiServer(answer);
  source = clusterTriggers({
    cluster: connectKubernetes({ server: server.url }),
    clock: manualClock(),
    log: () => undefined,
    ...(namespace !== undefined && { namespace }),
  });
};
afterEach(async () => {
  source.stop();
  await server.close();
});

const listed = () => ({ body: { metadata: { resourceVersion: '9' }, items: [stored] } });

test('all of them are known after the start', async () => {
  await open(listed);
  expect(await source.start()).toBe(true);
  expect(source.list()).toMatchObject([{ key, uid: 'u', leaving: false }]);
  expect(source.find(key)?.object).toMatchObject({ spec: stored.spec });
  expect(server.requests[0]?.path).toBe(path);
});

test('or those of one namespace, where only that is served', async () => {
  await open(listed, 'team');
  await source.start();
  expect(server.requests[0]?.path).toBe(path.replace('triggers', 'namespaces/team/triggers'));
});

test('a cluster that does not know what a trigger is has none; one that refuses says so', async () => {
  await open(() => refusal(404, 'NotFound'));
  expect(await source.start()).toBe(false);
  expect(source.list()).toEqual([]);
  await server.close();
  await open(() => refusal(403, 'Forbidden'));
  await expect(source.start()).rejects.toMatchObject({ code: 'CLUSTER_UNAVAILABLE' });
});

test('a status is applied to that very object, and to no other of its name', async () => {
  let answer: object = { body: stored };
  await open(({ method }) => (method === 'PATCH' ? answer : listed()));
  await source.start();
  const status = { conditions: [], ready: true, observedGeneration: 1 };
  expect(await source.tell(key, 'u', status)).toBe('told');
  await until(() => server.requests.some(({ method }) => method === 'PATCH'));
  const patch = server.requests.find(({ method }) => method === 'PATCH');
  expect(patch?.path).toContain('/namespaces/default/triggers/on-issue/status');
  answer = refusal(409, 'Conflict');
  expect(await source.tell(key, 'another', status)).toBe('gone');
});
