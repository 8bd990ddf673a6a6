import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { manualClock } from '../../test/support/manual-clock.ts';
import { scriptedApiServer, type ScriptedApiServer } from '../../test/support/scripted-api-server.ts';
import { agent } from '../../test/support/runtimes.ts';
import { until } from '../../test/support/until.ts';
import type { RuntimeKey } from '../../model/sandbox.ts';
import { connectKubernetes } from './client.ts';
import { clusterRuntimes } from './runtimes.ts';

const group = '/apis/runtime.agentcube.volcano.sh/v1alpha1';
const hello: RuntimeKey = { kind: 'AgentRuntime', namespace: 'default', name: 'hello' };
const stored = (more: object = {}) => ({
  ...agent(),
  metadata: { name: 'hello', namespace: 'default', uid: 'u', resourceVersion: '3', ...more },
});
const listOf = (...items: object[]) => ({ body: { metadata: { resourceVersion: '9' }, items } });
const refusal = (status: number, reason: string) => ({
  status,
  body: { kind: 'Status', reason, message: reason },
});

let server: ScriptedApiServer;
let source: ReturnType<typeof clusterRuntimes>;

const open = (namespace?: string) =>
  clusterRuntimes({
    cluster: connectKubernetes({ server: server.url }),
    clock: manualClock(),
    log: () => undefined,
    ...(namespace !== undefined && { namespace }),
  });

beforeEach(async () => {
  server = await scriptedApiServer(({ path }) =>
    path.endsWith('/agentruntimes') ? listOf(stored()) : listOf(),
  );
  source = open();
});
afterEach(async () => {
  source.stop();
  await server.close();
});

describe('what is deployed', () => {
  test('is both kinds, of all namespaces', async () => {
    await source.start();
    expect(source.list()).toMatchObject([{ key: hello, uid: 'u', leaving: false }]);
    expect(source.find(hello)?.object).toMatchObject(agent());
    const asked = new Set(server.requests.map(({ path }) => path));
    expect(asked).toEqual(new Set([`${group}/agentruntimes`, `${group}/codeinterpreters`]));
  });

  test('is that of one namespace, where only that is served', async () => {
    source = open('team');
    await source.start();
    const asked = new Set(server.requests.map(({ path }) => path));
    expect(asked).toEqual(
      new Set([`${group}/namespaces/team/agentruntimes`, `${group}/namespaces/team/codeinterpreters`]),
    );
  });

  test('is told when it changes, also that it is being deleted', async () => {
    const heard: RuntimeKey[] = [];
    await source.start();
    source.onChange((key) => heard.push(key));
    const watches = [await server.nextWatch(), await server.nextWatch()];
    const leaving = stored({ resourceVersion: '10', deletionTimestamp: '2026-01-01T00:00:00Z' });
    for (const watch of watches) watch.send('MODIFIED', leaving);
    await until(() => source.find(hello)?.leaving === true);
    expect(heard).toContainEqual(hello);
  });

  test('is not to be had without the right to list it', async () => {
    server.answer = () => refusal(403, 'Forbidden');
    await expect(source.start()).rejects.toMatchObject({ code: 'CLUSTER_UNAVAILABLE' });
  });
});

test('a cluster without the CRDs is told by that', async () => {
  server.answer = () => refusal(404, 'NotFound');
  const details = { reason: 'the CRDs of runtimes are not installed' };
  await expect(source.start()).rejects.toMatchObject({ code: 'CLUSTER_UNAVAILABLE', details });
});

describe('a status', () => {
  const status = { conditions: [], ready: true };

  test('is applied to that very object, by a manager of its own, over what others say', async () => {
    server.answer = () => ({ body: {} });
    expect(await source.tell(hello, 'u', status)).toBe('told');
    const [request] = server.requests;
    expect(request).toMatchObject({
      method: 'PATCH',
      path: `${group}/namespaces/default/agentruntimes/hello/status`,
      contentType: 'application/apply-patch+yaml',
      body: { kind: 'AgentRuntime', metadata: { name: 'hello', namespace: 'default', uid: 'u' }, status },
    });
    expect(Object.fromEntries(request?.query ?? [])).toEqual({
      fieldManager: 'agentcube-controller',
      force: 'true',
    });
  });

  test.each([
    ['is gone', refusal(404, 'NotFound')],
    ['is another of its name', refusal(409, 'Conflict')],
  ])('of what %s is told to nobody', async (_, answer) => {
    server.answer = () => answer;
    expect(await source.tell(hello, 'u', status)).toBe('gone');
  });

  test('that is not taken is a failure of the cluster', async () => {
    server.answer = () => refusal(422, 'Invalid');
    await expect(source.tell(hello, 'u', status)).rejects.toMatchObject({ code: 'CLUSTER_UNAVAILABLE' });
  });
});
