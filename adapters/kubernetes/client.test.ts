import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  scriptedApiServer,
  type ScriptedAnswer,
  type ScriptedApiServer,
} from '../../test/support/scripted-api-server.ts';
import { connectKubernetes, type Cluster } from './client.ts';
import { asClusterFailure } from './cluster-failures.ts';

let server: ScriptedApiServer;
let cluster: Cluster;
beforeEach(async () => {
  server = await scriptedApiServer(({ body }) => ({ body: body ?? {} }));
  cluster = connectKubernetes({ server: server.url, namespace: 'agents' });
});
afterEach(() => server.close());

const sandbox = (name: string) => ({
  ...{ apiVersion: 'agents.x-k8s.io/v1beta1', kind: 'Sandbox' },
  metadata: { name, namespace: 'n' },
});
const sandboxes = '/apis/agents.x-k8s.io/v1beta1/namespaces/n/sandboxes';
const asked = () => {
  const { method, path, query, contentType, body } = server.requests.at(-1) ?? {};
  return { method, path, query: Object.fromEntries(query ?? []), contentType, body };
};
const writer = { fieldManager: 'me' };

describe('what is asked', () => {
  test('creating, applying, patching, deleting', async () => {
    await cluster.create(sandbox('a'), writer);
    expect(asked()).toMatchObject({ method: 'POST', path: sandboxes, query: writer, body: sandbox('a') });

    await cluster.apply(sandbox('a'), { ...writer, subresource: 'status' });
    expect(asked()).toMatchObject({
      method: 'PATCH',
      path: `${sandboxes}/a/status`,
      query: { ...writer, force: 'true' },
    });
    expect(asked().contentType).toBe('application/apply-patch+yaml');

    await cluster.patch(sandbox('a'), { spec: {} }, writer);
    expect(asked()).toMatchObject({ path: `${sandboxes}/a`, contentType: 'application/merge-patch+json' });

    expect(await cluster.remove(sandbox('a'), { uid: 'u', graceSeconds: 0 })).toBe(true);
    expect(asked()).toMatchObject({
      method: 'DELETE',
      body: { preconditions: { uid: 'u' }, gracePeriodSeconds: 0, propagationPolicy: 'Background' },
    });
  });

  test.each([
    ['NetworkPolicy', 'networking.k8s.io/v1', '/apis/networking.k8s.io/v1/namespaces/n/networkpolicies/x'],
    ['Ingress', 'networking.k8s.io/v1', '/apis/networking.k8s.io/v1/namespaces/n/ingresses/x'],
    ['Pod', 'v1', '/api/v1/namespaces/n/pods/x'],
  ])('a %s lies where Kubernetes has it', async (kind, apiVersion, path) => {
    await cluster.read({ apiVersion, kind, metadata: { name: 'x', namespace: 'n' } });
    expect(asked().path).toBe(path);
  });

  test('connections are used again', async () => {
    const seen = new Set<unknown>();
    const { config } = cluster;
    for (let i = 0; i < 3; i += 1) {
      const context = new (await import('@kubernetes/client-node')).RequestContext(server.url, 'GET');
      await config.applySecurityAuthentication(context);
      seen.add(context.getDispatcher());
    }
    expect(seen.size).toBe(1);
  });
});

describe('what a failure means', () => {
  const status = (code: number, reason: string) => ({
    status: code,
    body: { kind: 'Status', reason, message: `it is ${reason}`, code },
  });
  const failing = async (answer: ScriptedAnswer): Promise<unknown> => {
    server.answer = () => answer;
    return cluster.create(sandbox('a'), writer).catch((fault: unknown) => fault);
  };

  test.each([
    [409, 'AlreadyExists'],
    [409, 'Conflict'],
    [403, 'Forbidden'],
    [422, 'Invalid'],
  ])('%d %s says something about the object', async (code, reason) => {
    expect(await failing(status(code, reason))).toMatchObject({
      status: code,
      reason,
      message: `it is ${reason}`,
    });
  });

  test.each([
    ['credentials', status(401, 'Unauthorized'), 'unauthorized'],
    ['a server that fails', status(500, 'InternalError'), 'failed'],
    ['a server without its store', { status: 503, body: 'etcd is away' }, 'failed'],
  ])('%s say nothing about it', async (_, answer, reason) => {
    expect(await failing(answer)).toMatchObject({ code: 'CLUSTER_UNAVAILABLE', details: { reason } });
  });

  test('not found is undefined, or nothing to delete', async () => {
    server.answer = () => status(404, 'NotFound');
    expect(await cluster.read(sandbox('a'))).toBeUndefined();
    expect(await cluster.remove(sandbox('a'))).toBe(false);
  });

  test('too many at once are asked again', async () => {
    let refused = 0;
    server.answer = ({ body }) =>
      (refused += 1) <= 1
        ? { ...status(429, 'TooManyRequests'), headers: { 'retry-after': '0.01' } }
        : { body };
    expect(await cluster.create(sandbox('a'), writer)).toEqual(sandbox('a'));
  });

  test('a server that is away', async () => {
    await server.close();
    const fault: unknown = await cluster.read(sandbox('a')).catch((thrown: unknown) => thrown);
    expect(fault).toMatchObject({ code: 'CLUSTER_UNAVAILABLE', details: { reason: 'unreachable' } });
    expect(String(fault)).toContain('ECONNREFUSED');
  });

  test('for whoever has no use for a refusal it is unavailable too', async () => {
    const refusal = await failing(status(403, 'Forbidden'));
    expect(asClusterFailure(refusal)).toMatchObject({
      code: 'CLUSTER_UNAVAILABLE',
      details: { reason: 'forbidden' },
    });
  });
});

test('the namespace is the one given', () => expect(cluster.namespace).toBe('agents'));
